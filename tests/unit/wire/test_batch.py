"""Small writes wait for the end of a turn of the loop: in order, bounded, never lost to what comes then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from tests.unit.wire.conftest import Echo, Hold, MemoryClient, in_memory

from gatewright.wire.batch import MOST, Batch
from gatewright.wire.types import Response

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Recorded:
    """An end that shares its record with others."""

    def __init__(self, name: bytes, record: list[bytes], *, broken: bool = False) -> None:
        self.name, self.record, self.broken = name, record, broken
        self.write_alone: Callable[[bytes], None] = self._write

    def _write(self, data: bytes) -> None:
        if self.broken:
            raise RuntimeError("the handler is closed")
        self.record.append(self.name + data)

    def write_failed(self) -> None:
        self.record.append(self.name + b"failed")


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_writes_of_a_turn_are_done_in_order_at_its_end(loop: asyncio.AbstractEventLoop) -> None:
    batch, record = Batch(loop), list[bytes]()
    one, broken, two = (Recorded(name, record, broken=name == b"b") for name in (b"a", b"b", b"c"))

    async def turn() -> None:
        for end in (one, broken, two, one):
            batch.add(end, b"1")
        assert record == []
        await asyncio.sleep(0)
        assert record == [b"a1", b"bfailed", b"c1", b"a1"]

    loop.run_until_complete(turn())


def test_no_more_than_so_many_wait(loop: asyncio.AbstractEventLoop) -> None:
    batch, record = Batch(loop), list[bytes]()
    for _ in range(2 * MOST + 1):
        batch.add(Recorded(b"a", record), b"")
    assert len(record) == 2 * MOST


def answered(client: MemoryClient) -> bool:
    """Whether an answer is written; the turn is not over."""
    return b" 200 OK" in client.transport.written


ENDS: dict[str, Callable[[MemoryClient], object]] = {
    "the client sends no more": lambda client: client.connection.eof_received(),
    "cut": lambda client: client.connection.abort(),
    "idle for too long": lambda client: client.clock.move(400),
    "a bad request behind it": lambda client: client.connection.data_received(b"bad\r\n\r\n"),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_answer_is_written_before_the_connection_ends(end: str) -> None:
    with in_memory(Echo()) as client:
        client.connection.data_received(GET + b"\r\n")
        assert not answered(client)
        ENDS[end](client)
        assert answered(client)


def test_a_streamed_answer_comes_behind_the_one_before() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive((GET + b"\r\n") * 2)
        hold.held[0][1].send(Response(200, body=b"first"))
        hold.held[1][1].start(200, b"", 6)
        hold.held[1][1].write(b"second")
        hold.held[1][1].end()
        assert client.bodies() == [b"first", b"second"]
