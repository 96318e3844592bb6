"""Bodies that pass piece by piece: through the client, through the server, and the flow between them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.wire.conftest import HEAD, OK, Backend, Clock, Run, backend

from gatewright.wire.client import (
    AnswerTimedOut,
    AnswerTooLarge,
    BadAnswer,
    Client,
    ClientLimits,
    ConnectionLost,
    Patience,
    Pool,
    StreamedAnswer,
    Target,
    Upload,
    UpstreamError,
)
from gatewright.wire.flow import Collected, Flow, Rejoined
from gatewright.wire.inflow import BodyLost, StreamedRequest
from gatewright.wire.pending import Pending, drive, future_from
from gatewright.wire.types import Request

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENCE = Patience(head=10.0, idle=20.0, whole=50.0)


@asynccontextmanager
async def pooled(playing: Backend, limits: ClientLimits | None = None) -> AsyncIterator[tuple[Pool, Clock]]:
    """A pool whose clock stands still until it is moved."""
    clock = Clock()
    client = Client(asyncio.get_running_loop(), limits=limits, clock=clock)
    clock.wheel = client.timers
    try:
        yield client.pool(Target("http", "127.0.0.1", playing.port)), clock
    finally:
        await client.close()


async def head(pool: Pool, method: str = "GET", upload: Upload | None = None) -> StreamedAnswer:
    pending = pool.stream(HEAD, b"", upload, patience=PATIENCE, method=method)
    return await future_from(pending, asyncio.get_running_loop())


async def value(pending: Pending[bytes]) -> bytes:
    return await future_from(pending, asyncio.get_running_loop())


async def body(answer: StreamedAnswer, limit: int = 1_000_000) -> bytes:
    collected = Collected(limit)
    answer.body.pour(collected)
    return await value(collected)


@pytest.mark.parametrize(
    ("pieces", "length", "expected", "connections"),
    [
        ([OK], 2, b"ok", 1),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab", b"cd", b"ef"], 6, b"abcdef", 1),
        ([CHUNKED + b"2\r\nab\r\n", b"2\r\ncd\r\n0\r\n\r\n"], None, b"abcd", 1),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" + OK], 2, b"ok", 1),
        ([b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n", b"ok"], 2, b"ok", 2),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], None, b"", 1),
    ],
)
def test_an_answer_passes_and_its_connection_is_used_again(
    run: Run, pieces: list[bytes], length: int | None, expected: bytes, connections: int
) -> None:
    async def scenario() -> None:
        script: list[bytes | int | None] = [1, *pieces, 1, *pieces]
        async with backend(script) as playing, pooled(playing) as (pool, _):
            for _ in range(2):
                answer = await head(pool)
                assert answer.length == length
                assert await body(answer) == expected
            assert playing.connections == connections

    run(scenario())


def test_an_answer_that_ends_with_its_connection(run: Run) -> None:
    async def scenario() -> None:
        async with (
            backend([1, b"HTTP/1.1 200 OK\r\n\r\n", b"all", None]) as playing,
            pooled(playing) as (pool, _),
        ):
            assert await body(await head(pool)) == b"all"

    run(scenario())


def test_an_answer_without_a_body_that_nobody_takes_keeps_its_connection(run: Run) -> None:
    async def scenario() -> None:
        answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        async with backend([1, answer, 1, answer]) as playing, pooled(playing) as (pool, _):
            for _ in range(2):
                told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

                def not_wanted(pending: Pending[StreamedAnswer], told: asyncio.Future[int] = told) -> None:
                    pending.result().body.cancel()
                    told.set_result(pending.result().status)

                pool.stream(HEAD, b"", None, patience=PATIENCE, method="GET").then(not_wanted)
                assert await told == 204
            assert playing.connections == 1

    run(scenario())


def test_an_answer_to_head_has_no_body(run: Run) -> None:
    async def scenario() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        async with backend([1, answer, 1, answer]) as playing, pooled(playing) as (pool, _):
            for _ in range(2):
                got = await head(pool, "HEAD")
                assert (got.length, await body(got)) == (9, b"")
            assert playing.connections == 1

    run(scenario())


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ([1, b"HTTP/1.1 200", None], ConnectionLost),
        ([1, b"garbage\r\n\r\n"], BadAnswer),
        ([1, b"HTTP/1.1 101 Switching Protocols\r\n\r\n"], BadAnswer),
        ([1, b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000], AnswerTooLarge),
    ],
)
def test_an_answer_without_a_head_fails_the_call(
    run: Run, script: list[bytes | int | None], error: type[UpstreamError]
) -> None:
    async def scenario() -> None:
        async with backend(script) as playing, pooled(playing) as (pool, _):
            with pytest.raises(error):
                await head(pool)

    run(scenario())


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ([1, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly", None], ConnectionLost),
        ([1, CHUNKED + b"4\r\non", None], ConnectionLost),
        ([1, CHUNKED, b"zz\r\n"], BadAnswer),
    ],
)
def test_a_body_that_breaks_off_fails_its_sink(
    run: Run, script: list[bytes | int | None], error: type[UpstreamError]
) -> None:
    async def scenario() -> None:
        async with backend(script) as playing, pooled(playing) as (pool, _):
            with pytest.raises(error):
                await body(await head(pool))

    run(scenario())


def test_a_head_has_its_time(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1]) as playing, pooled(playing) as (pool, clock):
            pending = pool.stream(HEAD, patience=PATIENCE, method="GET")
            while not playing.heads:
                await asyncio.sleep(0)
            clock.move(PATIENCE.head + 1)
            with pytest.raises(AnswerTimedOut):
                await future_from(pending, asyncio.get_running_loop())

    run(scenario())


def test_a_pause_has_its_time(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, CHUNKED]) as playing, pooled(playing) as (pool, clock):
            answer = await head(pool)
            collected = Collected(100)
            answer.body.pour(collected)
            clock.move(PATIENCE.idle - 1)
            assert not collected.done
            clock.move(2)
            with pytest.raises(AnswerTimedOut, match="not going on"):
                await value(collected)
            await playing.closed.wait()

    run(scenario())


def test_while_the_sink_is_full_only_the_whole_time_counts(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, CHUNKED + b"1\r\nx\r\n"]) as playing, pooled(playing) as (pool, clock):
            answer = await head(pool)
            full = Collected(0)
            answer.body.pour(full)
            assert await value(full) == b"x"
            clock.move(PATIENCE.idle + 1)
            rest = Collected(100)
            answer.body.pour(rest)
            assert not rest.done
            clock.move(PATIENCE.whole)
            with pytest.raises(AnswerTimedOut, match="not whole"):
                await value(rest)

    run(scenario())


def test_what_is_kept_comes_first_and_a_full_sink_is_waited_for() -> None:
    class Tap:
        opened = 0
        shut = 0
        dropped = 0

        def resume(self) -> None:
            self.opened += 1

        def pause(self) -> None:
            self.shut += 1

        def cancel(self) -> None:
            self.dropped += 1

    tap = Tap()
    flow = Flow(tap)
    flow.give(b"a")
    flow.give(b"b")
    assert tap.opened == 0
    first = Collected(1)
    flow.pour(first)
    assert first.result() == b"ab"
    assert not first.whole
    rejoined = Rejoined(first.result(), flow)
    second = Collected(100)
    rejoined.source.pour(second)
    assert tap.opened == 1
    flow.give(b"c")
    flow.finish()
    assert second.result() == b"abc"
    assert second.whole
    other = Flow(tap)
    other.cancel()
    other.give(b"for nobody")
    other.pour(Collected(1))
    assert tap.dropped == 1


class Piece(bytearray):
    """One that tells when it is gone; and the valve that it comes out of."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def cancel(self) -> None: ...


def test_what_was_collected_of_a_body_that_broke_off_is_not_kept() -> None:
    flow = Flow(Piece())
    piece = Piece(b"begun")
    gone = weakref.ref(piece)
    ended: list[str] = []

    async def collect() -> None:
        try:
            await StreamedRequest(Request("POST", "/"), flow, None, []).whole(1_000)
        except BodyLost as lost:
            ended.append(str(lost))

    drive(collect(), lambda _: None)
    flow.give(piece)  # type: ignore[arg-type]
    del piece
    gc.disable()
    try:
        flow.fail(BodyLost("the client is gone"))
        assert gone() is None
    finally:
        gc.enable()
    assert ended == ["the client is gone"]
