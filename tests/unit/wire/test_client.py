"""Answers of backends, well and badly behaved, that listen on real sockets."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.wire.conftest import HEAD, OK, Run, Script, ask, backend, pool_to

from gatewright.wire.client import (
    AnswerTimedOut,
    AnswerTooLarge,
    BadAnswer,
    Client,
    ClientLimits,
    ConnectFailed,
    ConnectionLost,
    Target,
    UpstreamError,
)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ABC = b"Content-Length: 3\r\n\r\nabc"


ANSWERS = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc", True),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "no reason": (b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n", 299, b"", True),
    "chunks": (
        CHUNKED + b"2;x=y\r\nab\r\n1\r\nc\r\n0\r\nX: trailer\r\n\r\n",
        200,
        b"abc",
        True,
    ),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "304 with a length": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
    "100 before": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok", True),
    "103 with fields before": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, 200, b"ok", True),
    "until it closes": (b"HTTP/1.1 200 OK\r\n\r\nabc", 200, b"abc", False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc", False),
    "HTTP/1.0 kept": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + ABC,
        200,
        b"abc",
        True,
    ),
    "it says close": (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + ABC,
        200,
        b"abc",
        False,
    ),
    "bytes behind": (OK + b"more", 200, b"ok", False),
    "another answer behind": (OK + OK, 200, b"ok", False),
}


@pytest.mark.parametrize(("sent", "status", "body", "kept"), ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "byte by byte"])
def test_answers(run: Run, sent: bytes, status: int, body: bytes, kept: bool, bytewise: bool) -> None:
    pieces = [sent[i : i + 1] for i in range(len(sent))] if bytewise else [sent]

    async def scenario() -> None:
        script: Script = [1, *pieces, *([1, OK] if kept else [None])]
        async with backend(script, [1, OK]) as playing, pool_to(playing) as pool:
            first = await ask(pool)
            assert (first.status, first.body) == (status, body)
            assert (await ask(pool)).body == b"ok"
            if not bytewise:
                assert playing.connections == (1 if kept else 2)

    run(scenario())


def test_fields_are_as_received(run: Run) -> None:
    async def scenario() -> None:
        sent = b"HTTP/1.1 200 Fine\r\nX-a: 1 \r\nCONTENT-length: 2\r\nx-A:\t2\r\nEmpty:\r\n\r\nok"
        async with backend([1, sent]) as playing, pool_to(playing) as pool:
            received = await ask(pool)
            assert received.status == 200
            assert received.fields == [
                (b"X-a", b"1"),
                (b"CONTENT-length", b"2"),
                (b"x-A", b"2"),
                (b"Empty", b""),
            ]

    run(scenario())


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_trailers_are_not_fields(run: Run, pieces: int) -> None:
    end = [b"2\r\nok\r\n", b"0\r\nSet-Cookie: a=b\r\n", b"Connection: close\r\n\r\n"]
    sent = [CHUNKED + b"".join(end[: 4 - pieces]), *end[4 - pieces :]]

    async def scenario() -> None:
        async with backend([1, *sent, 1, OK]) as playing, pool_to(playing) as pool:
            received = await ask(pool)
            assert received.fields == [(b"Transfer-Encoding", b"chunked")]
            assert received.body == b"ok"
            assert (await ask(pool)).body == b"ok"

    run(scenario())


def test_the_request_is_written_as_it_is(run: Run) -> None:
    received = bytearray()

    async def backend_of_bodies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.readexactly(len(HEAD) + 200_000))
        writer.write(OK)
        await reader.read()
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(backend_of_bodies, "127.0.0.1", 0)
        client = Client(asyncio.get_running_loop())
        pool = client.pool(Target("http", "127.0.0.1", server.sockets[0].getsockname()[1]))
        assert (await ask(pool, "POST", b"x" * 200_000)).body == b"ok"
        await client.close()
        server.close()

    run(scenario())
    assert received == HEAD + b"x" * 200_000


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", False),
    ],
)
def test_an_answer_to_head_has_no_body(run: Run, sent: bytes, kept: bool) -> None:
    async def scenario() -> None:
        async with backend([1, sent, 1, OK], [1, OK]) as playing, pool_to(playing) as pool:
            first = await ask(pool, "HEAD")
            assert (first.status, first.body) == (200, b"")
            assert (await ask(pool)).body == b"ok"
            assert playing.connections == (1 if kept else 2)

    run(scenario())


BAD = {
    "not HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/0.9": b"hello",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + ABC,
    "gzip, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "bad chunk size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "NUL": b"HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    "101 without Upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD.keys())
def test_bad_answers(run: Run, sent: bytes) -> None:
    async def scenario() -> None:
        async with backend([1, sent], [1, OK]) as playing, pool_to(playing) as pool:
            with pytest.raises(BadAnswer):
                await ask(pool)
            assert (await ask(pool)).body == b"ok"
            assert playing.connections == 2

    run(scenario())


LOST = {
    "before a byte": b"",
    "within the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "within the length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "within the chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
}


@pytest.mark.parametrize("sent", LOST.values(), ids=LOST.keys())
def test_a_backend_that_dies_within_its_answer(run: Run, sent: bytes) -> None:
    async def scenario() -> None:
        async with backend([1, sent, None], [1, OK]) as playing, pool_to(playing) as pool:
            with pytest.raises(ConnectionLost):
                await ask(pool)
            assert playing.connections == 1  # a new connection that dies is not tried again
            assert (await ask(pool)).body == b"ok"

    run(scenario())


class TestLimits:
    LIMITS = ClientLimits(head_bytes=1000, answer_bytes=100)

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000, id="head"),
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"x" * 101, id="length"),
            pytest.param(
                b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 5000, id="long before its end"
            ),
            pytest.param(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 500, id="chunks"
            ),
            pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000, id="without an end"),
        ],
    )
    def test_too_large(self, run: Run, sent: bytes) -> None:
        async def scenario() -> None:
            async with backend([1, sent]) as playing, pool_to(playing, self.LIMITS) as pool:
                with pytest.raises(AnswerTooLarge):
                    await ask(pool)

        run(scenario())

    def test_at_the_limit(self, run: Run) -> None:
        async def scenario() -> None:
            chunks = b"1\r\nx\r\n" * 100 + b"0\r\n\r\n"
            sent = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
            async with backend([1, sent]) as playing, pool_to(playing, self.LIMITS) as pool:
                assert len((await ask(pool)).body) == 100

        run(scenario())


def test_an_answer_that_does_not_come(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, b"HTTP/1.1 200 OK\r\n"], [1, OK]) as playing, pool_to(playing) as pool:
            with pytest.raises(AnswerTimedOut):
                await ask(pool, timeout=0.05)
            await playing.closed.wait()
            assert (await ask(pool)).body == b"ok"

    run(scenario())


def test_nobody_listens(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK]) as playing:
            pass
        async with pool_to(playing) as pool:
            with pytest.raises(ConnectFailed, match=f"127.0.0.1:{playing.port} cannot be reached"):
                await ask(pool)

    run(scenario())


def test_errors_share_a_family() -> None:
    assert all(
        issubclass(kind, UpstreamError) for kind in (AnswerTimedOut, BadAnswer, ConnectFailed, ConnectionLost)
    )
