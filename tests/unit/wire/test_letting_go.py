"""What has ended is gone at once: nothing of a connection waits for the collector, which seldom comes."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.unit.wire.conftest import (
    HEAD,
    OK,
    Clock,
    Echo,
    Run,
    Script,
    backend,
    connected,
    serving,
)

from gatewright.wire.client import Client, Patience, Pool, StreamedAnswer, Target
from gatewright.wire.flow import Collected
from gatewright.wire.pending import Pending, drive

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
LATE = 100.0
PATIENCE = Patience(head=LATE, idle=LATE)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fails if only the collector finds objects of ours that ended meanwhile."""
    gc.disable()
    gc.freeze()  # what there is already is not looked at
    try:
        yield
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = [type(found) for found in gc.garbage]
        left = Counter(kind.__name__ for kind in kinds if str(kind.__module__).startswith("gatewright."))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.unfreeze()
        gc.enable()
    assert left == Counter()


async def _settle() -> None:
    for _ in range(3):  # turns of the loop in which it lets go of a transport
        await asyncio.sleep(0)


# ---- clients of ours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(GET + b"\r\n", id="answered"),
        pytest.param(GET + b"Content-Length: 3\r\n\r\nabc", id="answered with its body"),
        pytest.param(GET + b"X-Half: ", id="within its head"),
        pytest.param(GET + b"Content-Length: 3\r\n\r\na", id="within its body"),
        pytest.param(b"\x00 junk\r\n\r\n", id="refused"),
    ],
)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_a_client_that_has_gone(
    run: Run, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, sent: bytes, secure: bool
) -> None:
    async def scenario() -> None:
        tls = (server_tls, client_tls) if secure else (None, None)
        echo = Echo()
        async with serving(echo, tls=tls[0]) as running:
            with nothing_left():
                async with connected(running.port, tls[1]) as wire:
                    while not running.server.connections:
                        await asyncio.sleep(0)
                    wire.send(sent)
                while running.server.connections:
                    await asyncio.sleep(0)
                echo.requests.clear()
                await _settle()

    run(scenario())


def test_a_client_that_does_not_shake_hands(run: Run, server_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with serving(Echo(), tls=server_tls) as running:
            with nothing_left():
                async with connected(running.port) as wire:
                    wire.send(b"no hello\r\n\r\n")
                    await wire.closed()
                await _settle()

    run(scenario())


# ---- backends ----------------------------------------------------------------------------------------------

SCRIPTS: dict[str, Script] = {
    "answers and closes": [1, OK, None],
    "ends its answer by closing": [1, b"HTTP/1.1 200 OK\r\n\r\nabc", None],
    "says nothing": [1, None],
    "dies within its head": [1, b"HTTP/1.1 200", None],
    "dies within its length": [1, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", None],
    "dies within its chunks": [1, CHUNKED, None],
    "speaks no HTTP": [1, b"garbage\r\n\r\n"],
    "switches protocols": [1, b"HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    "breaks its chunks": [1, CHUNKED + b"zz\r\n"],
    "never answers": [1],
    "never ends its answer": [1, CHUNKED],
}


def _send(pool: Pool) -> Pending[Any]:
    return pool.send(HEAD, timeout=LATE, method="GET")


def _whole(answer: StreamedAnswer) -> Pending[bytes]:
    collected = Collected(1000)
    answer.body.pour(collected)
    return collected


def _stream(pool: Pool) -> Pending[Any]:
    """Takes the whole body too."""
    over: Pending[None] = Pending()

    async def taken() -> None:
        try:
            await _whole(await pool.stream(HEAD, patience=PATIENCE, method="GET"))
        except Exception:
            pass

    drive(taken(), over.resolve)
    return over


def _leave(pool: Pool) -> Pending[Any]:
    """Takes the head of the answer and lets the body be."""
    over: Pending[None] = Pending()

    async def left() -> None:
        try:
            answer: StreamedAnswer = await pool.stream(HEAD, patience=PATIENCE, method="GET")
            answer.body.cancel()
        except Exception:
            pass

    drive(left(), over.resolve)
    return over


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
@pytest.mark.parametrize("call", [_send, _stream, _leave])
def test_a_backend_that_has_gone(run: Run, script: Script, call: Any) -> None:
    async def scenario() -> None:
        clock = Clock()
        client = Client(asyncio.get_running_loop(), clock=clock)
        clock.wheel = client.timers
        async with backend(script) as playing:
            pool = client.pool(Target("http", "127.0.0.1", playing.port))
            with nothing_left():
                pending = call(pool)
                while not playing.heads:
                    await asyncio.sleep(0)
                if len(script) == 1 or script[-1] == CHUNKED:
                    await _settle()
                    clock.move(LATE + 1)
                while not pending.done or pool.connections:
                    await asyncio.sleep(0)
                del pending
                await _settle()
        await client.close()

    run(scenario())


@pytest.mark.parametrize("call", [_send, _stream])
def test_a_backend_that_is_not_there(run: Run, call: Any) -> None:
    async def scenario() -> None:
        async with backend([1]) as playing:
            pass
        client = Client(asyncio.get_running_loop())
        pool = client.pool(Target("http", "127.0.0.1", playing.port))
        with nothing_left():
            pending = call(pool)
            while not pending.done or pool.connections:
                await asyncio.sleep(0)
            del pending
            await _settle()
        await client.close()

    run(scenario())
