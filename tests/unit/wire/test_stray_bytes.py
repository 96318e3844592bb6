"""What a backend says behind an answer, or without being asked, is never taken for the next call's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.unit.wire.conftest import HEAD, OK, Run, Script, ask, backend, pool_to

from gatewright.wire.client import BadAnswer, Patience, Pool
from gatewright.wire.flow import Collected
from gatewright.wire.pending import future_from

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"

Ask = Callable[[Pool, str], Awaitable[bytes]]


async def whole(pool: Pool, method: str) -> bytes:
    return (await ask(pool, method)).body


async def streamed(pool: Pool, method: str) -> bytes:
    loop = asyncio.get_running_loop()
    pending = pool.stream(HEAD, patience=Patience(head=5.0, idle=5.0), method=method)
    answer = await future_from(pending, loop)
    collected = Collected(1_000)
    answer.body.pour(collected)
    return await future_from(collected, loop)


both = pytest.mark.parametrize("call", [whole, streamed])


@both
@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("HEAD", LENGTH + b"hello"),
        ("HEAD", CHUNKED + b"5\r\n"),
        ("HEAD", CHUNKED + b"5\r\nhello\r\n0\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 103 Early Hints\r\n\r\n" + LENGTH + b"hello"),
        ("GET", NO_CONTENT + b"hello"),
        ("GET", NOT_MODIFIED + b"hello"),
        ("GET", LENGTH + b"hello" + b"more"),
        ("GET", CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" + OK),
    ],
)
def test_bytes_that_come_with_the_answer_end_its_connection(
    run: Run, call: Ask, method: str, sent: bytes
) -> None:
    async def scenario() -> None:
        async with backend([1, sent, 1, OK], [1, OK]) as playing, pool_to(playing) as pool:
            assert await call(pool, method) in (b"", b"hello")
            assert await call(pool, "POST") == b"ok"
            assert playing.connections == 2

    run(scenario())


@both
@pytest.mark.parametrize("sent", [LENGTH, CHUNKED])
def test_bytes_that_come_as_the_next_call_goes_out_do_not_spoil_it(run: Run, call: Ask, sent: bytes) -> None:
    async def scenario() -> None:
        script: Script = [1, sent, 1, b"hello", OK]
        async with backend(script, [1, OK]) as playing, pool_to(playing) as pool:
            assert await call(pool, "HEAD") == b""
            assert await call(pool, "GET") == b"ok"
            assert playing.connections == 2

    run(scenario())


@both
def test_what_a_backend_says_to_begin_with_is_not_asked_for_twice(run: Run, call: Ask) -> None:
    async def scenario() -> None:
        async with backend([1, b"hello"], [1, OK]) as playing, pool_to(playing) as pool:
            with pytest.raises(BadAnswer, match="not proper HTTP"):
                await call(pool, "GET")
            assert playing.connections == 1

    run(scenario())


@both
def test_a_call_that_may_not_be_made_twice_is_told(run: Run, call: Ask) -> None:
    async def scenario() -> None:
        async with backend([1, OK, 1, b"hello"], [1, OK]) as playing, pool_to(playing) as pool:
            assert await call(pool, "GET") == b"ok"
            with pytest.raises(BadAnswer, match="not proper HTTP"):
                await call(pool, "POST")
            assert len(playing.heads) == 2

    run(scenario())


@both
@pytest.mark.parametrize(("first", "then"), [("HEAD", "GET"), ("HEAD", "POST"), ("GET", "POST")])
def test_bytes_that_wait_unread_on_an_idle_connection_end_it(
    run: Run, call: Ask, first: str, then: str
) -> None:
    """They have reached our kernel, but the loop has not polled since. They are like an answer."""

    async def scenario() -> None:
        sent = LENGTH if first == "HEAD" else OK
        async with backend([1, sent, 1, OK], [1, OK]) as playing, pool_to(playing) as pool:
            await call(pool, first)
            playing.say_at_once(LENGTH + b"wrong")
            assert await call(pool, then) == b"ok"
            assert playing.connections == 2

    run(scenario())
