"""Leaving gently: what is in flight is answered, and clients are told to go."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

import pytest
from tests.unit.wire.conftest import Echo, Hold, Run, connected, listening_socket, serving

from gatewright.wire.limits import ServerLimits
from gatewright.wire.server import Server
from gatewright.wire.types import Response

T = TypeVar("T")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_an_idle_connection_is_closed(run: Run) -> None:
    async def scenario() -> None:
        async with (
            serving(Echo(), limits=ServerLimits(drain_grace=0.0)) as running,
            connected(running.port) as wire,
        ):
            wire.send(GET)
            await wire.answer()
            assert await running.server.drain(5.0) is True
            assert await wire.closed() == b""
            assert running.server.connections == 0

    run(scenario())


def test_a_request_in_flight_is_answered_and_told_to_close(run: Run) -> None:
    hold = Hold()

    async def scenario() -> None:
        async with serving(hold) as running, connected(running.port) as wire:
            wire.send(GET * 3)
            await hold.wait_for(1)
            draining = asyncio.create_task(running.server.drain(5.0))
            await asyncio.sleep(0)
            assert running.server.draining
            hold.held[0][1].send(Response(200))
            answer = await wire.answer()
            assert (answer.status, answer["Connection"]) == (200, "close")
            assert await wire.closed() == b""
            await wire.close()
            assert await draining is True

    run(scenario())


def test_a_busy_client_is_told_with_its_next_answer(run: Run) -> None:
    async def scenario() -> None:
        async with serving(Echo()) as running, connected(running.port) as wire:
            wire.send(GET)
            assert (await wire.answer())["Connection"] == "keep-alive"
            draining = asyncio.create_task(running.server.drain(5.0))
            await asyncio.sleep(0)
            wire.send(GET)
            assert (await wire.answer())["Connection"] == "close"
            assert await wire.closed() == b""
            await wire.close()
            assert await draining is True

    run(scenario())


def test_a_request_that_only_the_kernel_has_seen_is_answered(run: Run) -> None:
    async def scenario() -> None:
        limits = ServerLimits(drain_grace=0.0)
        async with serving(Echo(), limits=limits) as running:
            client = socket.create_connection(("127.0.0.1", running.port))
            while running.server.connections == 0:
                await asyncio.sleep(0)
            answers: list[bytes] = []

            def readable() -> None:
                answers.append(client.recv(65_536))
                loop.remove_reader(client)
                client.close()

            loop = asyncio.get_running_loop()
            loop.add_reader(client, readable)
            client.send(GET)  # the loop does not poll before the server looks for idle connections
            assert await running.server.drain(5.0) is True
            assert answers[0].startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\nConnection: close\r\n" in answers[0]

    run(scenario())


def test_what_does_not_end_is_cut_at_the_bound(run: Run) -> None:
    hold = Hold()

    async def scenario() -> None:
        async with serving(hold) as running, connected(running.port) as wire:
            wire.send(GET)
            await hold.wait_for(1)
            assert await running.server.drain(0.05) is False
            assert await wire.closed() == b""
            hold.held[0][1].send(Response(200))

    run(scenario())


@pytest.mark.parametrize("clients", [20])
def test_no_request_fails_while_one_server_takes_over_from_another(run: Run, clients: int) -> None:
    """Clients under load follow `Connection: close` to the next server on a shared listener."""

    async def client(port: int, stop: asyncio.Event) -> int:
        answered = 0
        while not stop.is_set():
            async with connected(port) as wire:
                last = False
                while not last and not stop.is_set():
                    wire.send(GET)
                    answer = await wire.answer()
                    assert answer.status == 200
                    answered += 1
                    last = answer["Connection"] == "close"
        return answered

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        sock = listening_socket()
        port = sock.getsockname()[1]
        old = Server(Echo(), loop=loop)
        await old.listen(sock.dup())
        stop = asyncio.Event()
        load = [asyncio.create_task(client(port, stop)) for _ in range(clients)]
        while old.connections < clients:
            await asyncio.sleep(0)
        for _ in range(2):
            new = Server(Echo(), loop=loop)
            await new.listen(sock.dup())
            old.stop_accepting()
            assert await old.drain(5.0) is True
            old = new
        stop.set()
        assert sum(await asyncio.gather(*load)) > clients
        old.stop_accepting()
        await old.drain(5.0)
        sock.close()

    run(scenario())


def test_closing_a_listener_leaves_the_socket_of_others_open(run: Run) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        sock = listening_socket()
        first, second = Server(Echo(), loop=loop), Server(Echo(), loop=loop)
        await first.listen(sock.dup())
        first.stop_accepting()
        assert await first.drain(1.0) is True
        await second.listen(sock.dup())
        async with connected(sock.getsockname()[1]) as wire:
            wire.send(GET)
            assert (await wire.answer()).status == 200
        second.stop_accepting()
        await second.drain(1.0)
        sock.close()

    run(scenario())


class HalfwayClient:
    """A TLS client that shakes hands step by step."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    async def say_hello(self) -> None:
        """Begin, and wait for the server's part."""
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self._writer.write(self._outgoing.read())
        self._incoming.write(await self._reader.read(65_536))

    async def finish(self) -> None:
        await self._do(self._tls.do_handshake)

    async def ask(self, request: bytes) -> bytes:
        """The beginning of the answer."""
        self._tls.write(request)
        return await self._do(lambda: self._tls.read(65_536))

    async def _do(self, step: Callable[[], T]) -> T:
        """Do a step as soon as the server has said what it needs."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._incoming.write(await self._reader.read(65_536))
            finally:
                self._writer.write(self._outgoing.read())


@pytest.mark.parametrize("proxied", [False, True])
def test_a_handshake_is_in_flight_too(
    run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, proxied: bool
) -> None:
    async def scenario() -> None:
        async with (
            serving(Echo(), tls=server_tls, proxy_protocol=proxied) as running,
            connected(running.port) as wire,
        ):
            if proxied:
                wire.send(b"PROXY UNKNOWN\r\n")
            client = HalfwayClient(wire.reader, wire.writer, client_tls)
            await client.say_hello()
            running.server.stop_accepting()
            draining = asyncio.create_task(running.server.drain(20.0))
            await asyncio.sleep(0)
            assert not draining.done()
            await client.finish()
            answer = await client.ask(GET)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert b"Connection: close" in answer
            await wire.close()
            assert await draining is True

    run(scenario())


def test_a_handshake_that_does_not_end_is_cut(
    run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with serving(Echo(), tls=server_tls) as running, connected(running.port) as wire:
            await HalfwayClient(wire.reader, wire.writer, client_tls).say_hello()
            running.server.stop_accepting()
            assert await running.server.drain(0.2) is False
            assert await wire.closed() == b""

    run(scenario())


def test_a_handshake_that_failed_holds_nothing_up(run: Run, server_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with serving(Echo(), tls=server_tls) as running:
            async with connected(running.port) as wire:
                wire.send(GET)
                await wire.closed()
            running.server.stop_accepting()
            assert await running.server.drain(20.0) is True

    run(scenario())
