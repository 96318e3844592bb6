"""Bytes that leave in doubt where a request ends, or what it asks for, are refused."""

from __future__ import annotations

import pytest
from tests.unit.wire.conftest import Echo, Run, connected, in_memory, serving

HOST = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"

REFUSED = {
    "bare LF everywhere": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare LF after the request line": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "bare LF after a field": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "bare LF at the end": GET + b"\n",
    "bare LF before the request line": b"\n" + GET + b"\r\n",
    "bare CR in a value": GET + b"X: a\rb\r\n\r\n",
    "bare CR for a line end": GET + b"X: a\rY: b\r\n\r\n",
    "bare CR at the end": GET + b"\r\r\n\r\n",
    "folded value": GET + b"X: a\r\n b\r\n\r\n",
    "folded value with a tab": GET + b"X: a\r\n\tb\r\n\r\n",
    "folded empty value": GET + b"X:\r\n b\r\n\r\n",
    "space before the first field": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "space before the colon": GET + b"X : a\r\n\r\n",
    "tab before the colon": GET + b"X\t: a\r\n\r\n",
    "no colon": GET + b"abc\r\n\r\n",
    "empty name": GET + b": a\r\n\r\n",
    "NUL in a value": GET + b"X: a\0b\r\n\r\n",
    "NUL in a name": GET + b"X\0: a\r\n\r\n",
    "control character in a value": GET + b"X: a\x01b\r\n\r\n",
    "DEL in a value": GET + b"X: a\x7fb\r\n\r\n",
    "control character in a name": GET + b"X\x01: a\r\n\r\n",
    "name beyond ASCII": GET + b"X\xff: a\r\n\r\n",
    "two lengths": GET + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two equal lengths": GET + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": GET + b"Content-Length: 3, 3\r\n\r\nabc",
    "length with a sign": GET + b"Content-Length: +3\r\n\r\nabc",
    "negative length": GET + b"Content-Length: -3\r\n\r\nabc",
    "hexadecimal length": GET + b"Content-Length: 0x3\r\n\r\nabc",
    "empty length": GET + b"Content-Length: \r\n\r\nabc",
    "underscored length": GET + b"Content-Length: 1_0\r\n\r\n0123456789",
    "length of 30 digits": GET + b"Content-Length: 999999999999999999999999999999\r\n\r\n",
    "length, then chunked": GET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST,
    "chunked, then length": GET + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + LAST,
    "transfer coding gzip": GET + b"Transfer-Encoding: gzip\r\n\r\n" + LAST,
    "transfer codings gzip, chunked": GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + LAST,
    "transfer codings chunked, gzip": GET + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + LAST,
    "transfer coding identity": GET + b"Transfer-Encoding: identity\r\n\r\n",
    "chunked twice": GET + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST,
    "almost chunked": GET + b"Transfer-Encoding: xchunked\r\n\r\n" + LAST,
    "vertical tab before chunked": GET + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + LAST,
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST,
    "chunk with bare LFs": CHUNKED + b"3\nabc\n0\n\n",
    "chunk size ended by LF": CHUNKED + b"3\r\nabc\r\n0\n\r\n",
    "chunk ended by LF": CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "chunk size with a space before": CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n",
    "chunk size with a space behind": CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "chunk size with a sign": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "chunk size with 0x": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "chunk size underscored": CHUNKED + b"1_0\r\nabc\r\n0\r\n\r\n",
    "chunk size of 17 digits": CHUNKED + b"00000000000000003\r\nabc\r\n0\r\n\r\n",
    "empty chunk size": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "CR in a chunk extension": CHUNKED + b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "NUL in a chunk extension": CHUNKED + b"3;\0\r\nabc\r\n0\r\n\r\n",
    "endless chunk extension": CHUNKED + b"3;" + b"a" * 5000,
    "folded trailer": CHUNKED + b"0\r\nX: y\r\n z\r\n\r\n",
    "trailer ended by LF": CHUNKED + b"0\r\nX: y\n\r\n",
    "endless trailers": CHUNKED + b"0\r\n" + b"X: y\r\n" * 101,
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": GET + b"Host: a\r\n\r\n",
    "two Hosts in HTTP/1.0": b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "a list in Host": b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "a path in Host": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a user in Host": b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "absolute form of another host": b"GET http://b/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute form of another port": b"GET http://a:81/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute form with a user": b"GET http://u@a/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute form of another scheme": b"GET ftp://a/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "target without a slash": b"GET x HTTP/1.1\r\n" + HOST + b"\r\n",
    "fragment in the target": b"GET /x#y HTTP/1.1\r\n" + HOST + b"\r\n",
    "pipe in the target": b"GET /x|y HTTP/1.1\r\n" + HOST + b"\r\n",
    "braces in the target": b"GET /{x} HTTP/1.1\r\n" + HOST + b"\r\n",
    "quotes in the target": b'GET /"x" HTTP/1.1\r\n' + HOST + b"\r\n",
    "backslash in the target": b"GET /\\x HTTP/1.1\r\n" + HOST + b"\r\n",
    "control character in the target": b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "target beyond ASCII": b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces before the target": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces behind the target": b"GET /  HTTP/1.1\r\n" + HOST + b"\r\n",
    "space at the end of the request line": b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
    "tab in the request line": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "lower-case http": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "RTSP": b"GET / RTSP/1.0\r\n" + HOST + b"\r\n",
    "ICE": b"SOURCE / ICE/1.0\r\n" + HOST + b"\r\n",
    "unknown method": b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n",
    "lower-case method": b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "PROXY header where none is expected": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + GET + b"\r\n",
    "letters without end": b"A" * 30,
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("split", [False, True], ids=["whole", "byte by byte"])
def test_refused(sent: bytes, split: bool) -> None:
    echo = Echo()
    with in_memory(echo) as client:
        for piece in [sent[i : i + 1] for i in range(len(sent))] if split else [sent]:
            client.receive(piece)
        client.receive(GET + b"\r\n")
        assert client.statuses() == [400]
        assert b"Connection: close\r\n" in client.transport.written
        assert echo.requests == []


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED.keys())
def test_refused_behind_a_good_request(sent: bytes) -> None:
    echo = Echo()
    with in_memory(echo) as client:
        client.receive(GET + b"\r\n" + sent + GET + b"\r\n")
        assert client.statuses() == [200, 400]
        assert len(echo.requests) == 1


def test_the_connection_is_closed(run: Run) -> None:
    async def scenario() -> None:
        async with serving(Echo()) as running, connected(running.port) as wire:
            wire.send(b"garbage\r\n\r\n" + b"x" * 100_000)
            answer = await wire.answer()
            assert (answer.status, answer["Connection"], answer["Content-Length"]) == (400, "close", "0")
            assert await wire.closed() == b""
            assert running.server.connections == 1  # until the client closes too, or the linger is over
            running.clock.move(3.0)
            running.clock.move(31.0)

    run(scenario())
