"""Bounds on bytes, time and connections; what the server answers when one is passed."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.wire.conftest import Echo, Hold, Run, connected, in_memory, serving

from gatewright.wire.limits import PlainRefusals, ServerLimits
from gatewright.wire.types import Reply, Request, Response

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
SMALL = ServerLimits(header_bytes=100, target_bytes=50, body_bytes=10, linger_bytes=1000)


def head(target: int, fields: int) -> bytes:
    """A head with a target and header lines of exactly so many bytes."""
    lines = b"Host: a\r\nX: "
    return b"GET /%b HTTP/1.1\r\n%b%b\r\n\r\n" % (
        b"t" * (target - 1),
        lines,
        b"x" * (fields - len(lines) - 2),
    )


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(head(50, 100), 200, id="both at the limit"),
        pytest.param(head(51, 100), 414, id="target over the limit"),
        pytest.param(head(50, 101), 431, id="header lines over the limit"),
        pytest.param(head(51, 101), 414, id="both over the limit"),
        pytest.param(b"GET /" + b"t" * 200, 414, id="target without an end"),
        pytest.param(GET + b"X: " + b"x" * 200, 431, id="field without an end"),
        pytest.param(GET + b"X: x\r\n" * 40, 431, id="fields without an end"),
        pytest.param(POST + b"Content-Length: 10\r\n\r\n" + b"b" * 10, 200, id="body at the limit"),
        pytest.param(POST + b"Content-Length: 11\r\n\r\n", 413, id="length over the limit"),
        pytest.param(
            POST + b"Content-Length: 18446744073709551615\r\n\r\n", 413, id="length far over the limit"
        ),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbbbbb\r\n5\r\nbbbbb\r\n0\r\n\r\n",
            200,
            id="chunks at the limit",
        ),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbbbbb\r\n6\r\n", 413, id="chunks over the limit"
        ),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", 413, id="a huge chunk"
        ),
    ],
)
@pytest.mark.parametrize("split", [False, True], ids=["whole", "byte by byte"])
def test_bytes(sent: bytes, status: int, split: bool) -> None:
    with in_memory(Echo(), SMALL) as client:
        for piece in [sent[i : i + 1] for i in range(len(sent))] if split else [sent]:
            client.receive(piece)
        assert client.statuses() == [status]


def test_the_default_limits_are_those_of_api_gateway() -> None:
    limits = ServerLimits()
    assert (limits.header_bytes, limits.body_bytes, limits.idle_timeout) == (10_240, 10_485_760, 310.0)


def test_a_refused_upload_can_read_the_refusal(run: Run) -> None:
    body = b"x" * 8_000_000

    async def scenario() -> None:
        limits = ServerLimits(body_bytes=1000)
        async with serving(Echo(), limits=limits) as running, connected(running.port) as wire:
            wire.send(POST + b"Content-Length: %d\r\n\r\n" % len(body))
            wire.send(body)
            await wire.writer.drain()
            answer = await wire.answer()
            assert (answer.status, answer["Connection"]) == (413, "close")
            assert await wire.closed() == b""

    run(scenario())


def test_a_refused_client_that_does_not_stop_is_cut() -> None:
    with in_memory(Echo(), SMALL) as client:
        client.receive(b"garbage\r\n\r\n")
        client.receive(b"x" * 1000)
        assert not client.closed()
        client.receive(b"x")
        assert client.closed()


def test_the_application_chooses_the_refusals(run: Run) -> None:
    class Refusals(PlainRefusals):
        def body_too_large(self) -> Response:
            return Response(413, b"Content-Type: text/plain\r\n", b"too much")

    async def scenario() -> None:
        async with (
            serving(Echo(), limits=SMALL, refusals=Refusals()) as running,
            connected(running.port) as wire,
        ):
            wire.send(POST + b"Content-Length: 11\r\n\r\n")
            answer = await wire.answer()
            assert (answer.status, answer["Content-Type"], answer.body) == (413, "text/plain", b"too much")

    run(scenario())


class TestTimeouts:
    LIMITS = ServerLimits(
        header_timeout=10, body_timeout=30, body_rate=10, idle_timeout=310, write_timeout=20, linger_timeout=2
    )

    def test_a_head_that_does_not_end(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.receive(b"GET / HT")
            client.clock.move(5)
            client.receive(b"TP/1.1\r\n")  # a byte now and then does not help
            client.clock.move(4)
            assert client.statuses() == []
            client.clock.move(2)
            assert client.statuses() == [408]
            client.clock.move(3)
            assert client.closed()

    def test_a_body_that_does_not_come(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.receive(POST + b"Content-Length: 1000\r\n\r\nx")
            client.clock.move(29)
            assert client.statuses() == []
            client.clock.move(2)
            assert client.statuses() == [408]

    def test_a_slow_body_that_keeps_its_rate(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.receive(POST + b"Content-Length: 1000\r\n\r\n")
            for _ in range(10):
                client.clock.move(9)
                client.receive(b"x" * 100)
            assert client.statuses() == [200]

    def test_a_connection_without_a_request(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.clock.move(309)
            assert not client.closed()
            client.clock.move(2)
            assert client.closed()
            assert client.statuses() == []

    def test_a_connection_between_requests(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.clock.move(300)
            client.receive(GET + b"\r\n")
            client.clock.move(309)
            assert not client.closed()
            client.clock.move(2)
            assert client.closed()

    def test_the_time_a_handler_takes_is_its_own(self) -> None:
        hold = Hold()
        with in_memory(hold, self.LIMITS) as client:
            client.receive(GET + b"\r\n")
            client.clock.move(900)
            hold.held[0][1].send(Response(200))
            client.clock.move(300)
            assert client.statuses() == [200]
            assert not client.closed()

    def test_a_slow_head_does_not_shorten_what_comes_after(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.receive(b"GET / HT")
            client.clock.move(5)
            client.receive(b"TP/1.1\r\nHost: a\r\n\r\n")
            client.clock.move(300)
            assert not client.closed()

    def test_a_client_that_takes_no_byte(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.transport.unsent = 1000
            client.connection.pause_writing()
            client.clock.move(21)
            assert client.closed()

    def test_a_client_that_takes_bytes_slowly(self) -> None:
        with in_memory(Echo(), self.LIMITS) as client:
            client.transport.unsent = 1000
            client.connection.pause_writing()
            for unsent in range(900, 0, -100):
                client.transport.unsent = unsent
                client.clock.move(19)
                client.clock.move(2)
            assert not client.closed()

    def test_the_last_answer_is_waited_for(self) -> None:
        """A connection that closes is not cut while its client still reads."""
        with in_memory(Echo(), self.LIMITS) as client:
            client.receive(GET + b"Connection: close\r\n\r\n")
            client.transport.unsent = 1000
            client.clock.move(3)
            assert not client.closed()
            client.transport.unsent = 0
            client.clock.move(21)
            assert client.closed()


class TestConnections:
    def test_one_too_many_is_answered_503(self, run: Run) -> None:
        async def scenario() -> None:
            async with serving(Echo(), limits=ServerLimits(connections=1)) as running:
                async with connected(running.port) as first, connected(running.port) as second:
                    second.send(GET + b"\r\n")
                    answer = await second.answer()
                    assert (answer.status, answer["Connection"]) == (503, "close")
                    assert await second.closed() == b""
                    first.send(GET + b"\r\n")
                    assert (await first.answer()).status == 200
                while running.server.connections:
                    await asyncio.sleep(0)
                async with connected(running.port) as third:
                    third.send(GET + b"\r\n")
                    assert (await third.answer()).status == 200

        run(scenario())


class TestBackPressure:
    def test_a_client_that_does_not_read_is_not_read(self) -> None:
        echo = Echo()
        with in_memory(echo) as client:
            client.transport.high_water = 150
            client.receive((GET + b"\r\n") * 5)
            assert len(echo.requests) == 2  # the second answer passed the mark
            client.receive(GET + b"\r\n")
            assert not client.reading()
            client.transport.high_water = 10_000
            client.connection.resume_writing()
            assert client.statuses() == [200] * 6
            assert client.reading()

    def test_thousands_of_answers_to_one_that_reads_late(self, run: Run) -> None:
        def handler(request: Request, reply: Reply) -> None:
            reply.send(Response(200, body=b"x" * 5_000))

        async def scenario() -> None:
            async with serving(handler) as running, connected(running.port) as wire:
                wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
                wire.send((GET + b"\r\n") * 5_000)
                await wire.writer.drain()
                wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
                for _ in range(5_000):
                    assert len((await wire.answer()).body) == 5_000

        run(scenario())
