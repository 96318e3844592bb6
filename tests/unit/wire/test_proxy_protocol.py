"""The PROXY protocol, versions 1 and 2."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.wire.conftest import Echo, Run, connected, serving

from gatewright.wire.limits import ServerLimits
from gatewright.wire.proxy_protocol import SIGNATURE_V2, NotProxiedError, read_header, wanted

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def version_2(command: int, family: int, addresses: bytes) -> bytes:
    return SIGNATURE_V2 + bytes([0x20 | command, family]) + struct.pack("!H", len(addresses)) + addresses


V4 = socket.inet_aton("203.0.113.7") + socket.inet_aton("10.0.0.1") + struct.pack("!HH", 56324, 443)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + bytes(16) + struct.pack("!HH", 56324, 443)

HEADERS = {
    "v1 TCP4": (b"PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\r\n", ("203.0.113.7", 56324)),
    "v1 TCP6": (b"PROXY TCP6 2001:db8::7 ::1 56324 443\r\n", ("2001:db8::7", 56324)),
    "v1 UNKNOWN": (b"PROXY UNKNOWN\r\n", None),
    "v1 UNKNOWN with a rest": (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
    "v2 TCP4": (version_2(1, 0x11, V4), ("203.0.113.7", 56324)),
    "v2 TCP4 with records": (version_2(1, 0x11, V4 + b"\x04\x00\x03abc"), ("203.0.113.7", 56324)),
    "v2 TCP6": (version_2(1, 0x21, V6), ("2001:db8::7", 56324)),
    "v2 LOCAL": (version_2(0, 0x00, b""), None),
    "v2 unix": (version_2(1, 0x31, bytes(216)), None),
}

MALFORMED = {
    "none": GET,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20),
    "v1 without addresses": b"PROXY TCP4 \r\n" + GET,
    "v1 ended by LF": b"PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\n" + GET,
    "v1 of another family": b"PROXY TCP4 ::1 ::1 56324 443\r\n" + GET,
    "v1 unknown family": b"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n" + GET,
    "v1 port too large": b"PROXY TCP4 203.0.113.7 10.0.0.1 65536 443\r\n" + GET,
    "v1 signed port": b"PROXY TCP4 203.0.113.7 10.0.0.1 +1 443\r\n" + GET,
    "v1 not an address": b"PROXY TCP4 203.0.113.256 10.0.0.1 1 443\r\n" + GET,
    "v1 two spaces": b"PROXY  TCP4 203.0.113.7 10.0.0.1 1 443\r\n" + GET,
    "v1 too long": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n" + GET,
    "v2 another version": SIGNATURE_V2 + b"\x31\x11\x00\x0c" + V4 + GET,
    "v2 unknown command": SIGNATURE_V2 + b"\x22\x11\x00\x0c" + V4 + GET,
    "v2 too short": version_2(1, 0x11, V4[:8]) + GET,
    "v2 too long": SIGNATURE_V2 + b"\x21\x11\xff\xff" + bytes(100),
}


@pytest.mark.parametrize(("header", "client"), HEADERS.values(), ids=HEADERS.keys())
def test_the_client_is_whom_the_header_names(run: Run, header: bytes, client: tuple[str, int] | None) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with serving(echo, proxy_protocol=True) as running, connected(running.port) as wire:
            wire.send(header + GET * 2)
            for _ in range(2):
                assert (await wire.answer()).status == 200
            own = wire.writer.get_extra_info("sockname")
            assert [(seen.client, seen.client_port) for seen in echo.requests] == [client or own] * 2

    run(scenario())


@pytest.mark.parametrize("header", [HEADERS["v1 TCP4"][0], HEADERS["v2 TCP4"][0]])
def test_piece_by_piece(run: Run, header: bytes) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with serving(echo, proxy_protocol=True) as running, connected(running.port) as wire:
            wire.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in header + GET:
                wire.send(bytes([byte]))
                await wire.writer.drain()
            assert (await wire.answer()).status == 200
            assert echo.requests[0].client == "203.0.113.7"

    run(scenario())


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_connection_without_a_proper_header_is_closed(
    run: Run, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with serving(echo, proxy_protocol=True) as running, connected(running.port) as wire:
            wire.send(sent)
            assert await wire.closed() == b""

    run(scenario())
    assert echo.requests == []
    assert caplog.records[0].getMessage().startswith("a connection from ('127.0.0.1', ")


def test_a_header_that_does_not_end_times_out(run: Run) -> None:
    async def scenario() -> None:
        limits = ServerLimits(header_timeout=10.0)
        async with (
            serving(Echo(), limits=limits, proxy_protocol=True) as running,
            connected(running.port) as wire,
            connected(running.port) as later,
        ):
            wire.send(b"PROXY TCP4 ")
            later.send(b"PROXY UNKNOWN\r\n" + GET)
            await later.answer()  # so the other connection has been accepted too
            running.clock.move(11.0)
            assert await wire.closed() == b""

    run(scenario())


def test_a_listener_that_closes_lets_go_of_unread_headers(run: Run) -> None:
    async def scenario() -> None:
        async with (
            serving(Echo(), proxy_protocol=True) as running,
            connected(running.port) as first,
            connected(running.port) as second,
        ):
            first.send(b"PROXY")
            second.send(b"PROXY UNKNOWN\r\n" + GET)
            await second.answer()
            running.server.stop_accepting()
            assert await first.closed() == b""

    run(scenario())


def test_the_header_comes_before_tls(
    run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with (
            serving(echo, proxy_protocol=True, tls=server_tls) as running,
            connected(running.port) as wire,
        ):
            wire.send(HEADERS["v2 TCP4"][0])
            await wire.writer.start_tls(client_tls, server_hostname="localhost")
            wire.send(GET)
            assert (await wire.answer()).status == 200
            assert (echo.requests[0].client, echo.requests[0].scheme) == ("203.0.113.7", "https")

    run(scenario())


@given(data=st.binary(max_size=300), start=st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE_V2]))
@settings(max_examples=200, deadline=None)
def test_garbage_never_takes_a_byte_too_many(data: bytes, start: bytes) -> None:
    data = start + data
    header = b""
    try:
        while count := wanted(header):
            assert len(header) + count <= 5000
            if len(header) + max(count, 1) > len(data):
                return
            header = data[: len(header) + max(count, 1)]
        read_header(header)
    except NotProxiedError:
        pass
