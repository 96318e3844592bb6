"""The server behind TLS."""

from __future__ import annotations

import ssl

from tests.unit.wire.conftest import Echo, Hold, Run, connected, in_memory, serving

from gatewright.wire.types import Response

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_requests(run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with serving(echo, tls=server_tls) as running, connected(running.port, client_tls) as wire:
            wire.send(GET * 2)
            assert (await wire.answer()).body == b"GET / 1.1 "
            assert (await wire.answer()).body == b"GET / 1.1 "
            assert echo.requests[0].scheme == "https"
            assert wire.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
            body = b"x" * 300_000
            wire.send(
                b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n" + body
            )
            assert (await wire.answer()).body == b"POST / 1.1 " + body
            assert await wire.closed() == b""

    run(scenario())


def test_a_refusal_can_be_read(run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with serving(Echo(), tls=server_tls) as running, connected(running.port, client_tls) as wire:
            wire.send(b"garbage\r\n\r\n" + b"x" * 100_000)
            assert (await wire.answer()).status == 400
            running.clock.move(3.0)
            assert await wire.closed() == b""

    run(scenario())


def test_plain_http_on_a_tls_port_is_closed(run: Run, server_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with serving(Echo(), tls=server_tls) as running:
            async with connected(running.port) as wire:
                wire.send(GET)
                assert b"HTTP/1.1 200" not in await wire.closed()
            assert running.server.connections == 0

    run(scenario())


def test_a_client_that_leaves_within_an_answer(
    run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    hold = Hold()

    async def scenario() -> None:
        async with serving(hold, tls=server_tls) as running:
            async with connected(running.port, client_tls) as wire:
                wire.send(GET)
                await hold.wait_for(1)
                wire.writer.transport.abort()
            await running.server.drain(5.0)
            hold.held[0][1].send(Response(200))

    run(scenario())


def test_the_linger_without_a_half_close() -> None:
    with in_memory(Echo()) as client:
        client.transport.half_closes = False
        client.receive(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.closed()
