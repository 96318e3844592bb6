"""Answers written piece by piece."""

from __future__ import annotations

import pytest
from tests.unit.wire.conftest import Hold, Run, connected, in_memory, serving

from gatewright.wire.exchange import Exchange
from gatewright.wire.types import Reply, Request, Response

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("request_line", "length", "framing", "connection"),
    [
        (b"GET / HTTP/1.1", None, ("Transfer-Encoding", "chunked"), "keep-alive"),
        (b"GET / HTTP/1.1", 5, ("Content-Length", "5"), "keep-alive"),
        (b"GET / HTTP/1.0", None, None, "close"),
        (b"GET / HTTP/1.0", 5, ("Content-Length", "5"), "close"),
    ],
)
def test_framing(
    run: Run, request_line: bytes, length: int | None, framing: tuple[str, str] | None, connection: str
) -> None:
    def handler(request: Request, reply: Reply) -> None:
        reply.start(200, b"X: 1\r\n", length)
        for piece in (b"abc", b"", b"de"):
            assert reply.write(piece)
        reply.end()

    async def scenario() -> None:
        async with serving(handler) as running, connected(running.port) as wire:
            wire.send(request_line + b"\r\nHost: a\r\n\r\n")
            answer = await wire.answer()
            assert (answer.status, answer["X"], answer["Connection"]) == (200, "1", connection)
            assert answer.body == b"abcde"
            assert framing is None or answer[framing[0]] == framing[1]
            assert framing is not None or "Content-Length" not in answer
            if connection == "close":
                assert await wire.closed() == b""

    run(scenario())


def test_pieces_arrive_as_they_are_written(run: Run) -> None:
    hold = Hold()

    async def scenario() -> None:
        async with serving(hold) as running, connected(running.port) as wire:
            wire.send((GET + b"\r\n") * 2)
            await hold.wait_for(1)
            reply = hold.held[0][1]
            reply.start(200, b"")
            await wire.reader.readuntil(b"\r\n\r\n")
            reply.write(b"abc")
            assert await wire.reader.readexactly(8) == b"3\r\nabc\r\n"
            reply.end()
            assert await wire.reader.readexactly(5) == b"0\r\n\r\n"
            await hold.wait_for(2)
            hold.held[1][1].send(Response(204))
            assert (await wire.answer()).status == 204

    run(scenario())


@pytest.mark.parametrize("length", [None, 5])
def test_head_gets_no_pieces(run: Run, length: int | None) -> None:
    def handler(request: Request, reply: Reply) -> None:
        reply.start(200, b"", length)
        reply.write(b"abc")
        reply.end()

    async def scenario() -> None:
        async with serving(handler) as running, connected(running.port) as wire:
            wire.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
            for _ in range(2):
                answer = await wire.answer(to_head=True)
                assert ("Content-Length" in answer) == (length is not None)

    run(scenario())


def test_a_status_without_body_gets_no_framing() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive((GET + b"\r\n") * 2)
        for number in range(2):
            reply = hold.held[number][1]
            reply.start(204, b"")
            reply.write(b"abc")
            reply.end()
        assert client.statuses() == [204, 204]
        assert b"abc" not in client.transport.written
        assert b"Content-Length" not in client.transport.written
        assert b"chunked" not in client.transport.written


def test_an_answer_short_of_its_length_cuts_the_connection() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive(GET + b"\r\n")
        reply = hold.held[0][1]
        reply.start(200, b"", 5)
        reply.write(b"abc")
        reply.end()
        assert client.closed()


def test_an_answer_longer_than_its_length_is_the_callers_fault() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive(GET + b"\r\n")
        reply = hold.held[0][1]
        reply.start(200, b"", 5)
        with pytest.raises(ValueError, match="the answer is 1 bytes longer than the length it began with"):
            reply.write(b"abcdef")
        assert client.closed()
        assert b"abcdef" not in client.transport.written


def test_abort_says_no_further_word() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive(GET + b"\r\n")
        hold.held[0][1].abort()
        assert client.closed()
        assert client.transport.written == b""


def test_a_second_answer_is_ignored() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive((GET + b"\r\n") * 2)
        reply = hold.held[0][1]
        reply.send(Response(200))
        reply.send(Response(201))
        reply.start(202, b"")
        assert client.statuses() == [200]
        second = hold.held[1][1]
        second.start(203, b"", 0)
        second.send(Response(204))
        second.start(205, b"", 0)
        second.end()
        assert client.statuses() == [200, 203]


class TestBackPressure:
    def test_write_asks_to_wait_and_on_drain_tells_when_to_go_on(self) -> None:
        hold = Hold()
        told = []
        with in_memory(hold) as client:
            client.receive(GET + b"\r\n")
            reply = hold.held[0][1]
            assert isinstance(reply, Exchange)
            reply.start(200, b"")
            client.transport.high_water = 200
            assert reply.write(b"x" * 200) is False
            reply.on_drain = lambda: told.append("drained")
            client.transport.high_water = None
            client.connection.resume_writing()
            assert told == ["drained"]
            assert reply.write(b"x") is True

    def test_on_drain_tells_too_when_the_client_is_gone(self) -> None:
        hold = Hold()
        told = []
        with in_memory(hold) as client:
            client.receive(GET + b"\r\n")
            reply = hold.held[0][1]
            assert isinstance(reply, Exchange)
            reply.start(200, b"")
            reply.on_drain = lambda: told.append("drained")
            client.connection.connection_lost(None)
            assert told == ["drained"]
            assert reply.write(b"ignored") is True


@pytest.mark.parametrize("streamed", [False, True])
def test_a_transport_that_failed_before_it_told(streamed: bool) -> None:
    """Between the failure of a write and `connection_lost` the transport refuses every further write."""
    hold = Hold()
    with in_memory(hold) as client:
        client.receive((GET + b"\r\n") * 2)
        client.transport.broken = True
        reply = hold.held[0][1]
        if streamed:
            reply.start(200, b"")
            reply.end()
        else:
            reply.send(Response(200))
        assert client.closed()
        assert len(hold.held) == 1


def test_a_large_answer_is_whole(run: Run) -> None:
    body = bytes(range(256)) * 20_000

    async def scenario() -> None:
        async with (
            serving(lambda request, reply: reply.send(Response(200, body=body))) as running,
            connected(running.port) as wire,
        ):
            wire.send((GET + b"\r\n") * 2)
            for _ in range(2):
                assert (await wire.answer()).body == body

    run(scenario())
