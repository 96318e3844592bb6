"""What a client may send, and what the handler sees of it."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.wire.conftest import Echo, Hold, RawAnswer, Run, connected, in_memory, serving

from gatewright.wire.types import Reply, Request, Response

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


def test_a_request_and_its_answer(run: Run) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with serving(echo) as running, connected(running.port) as wire:
            wire.send(b"GET /pets/1?a=b&c HTTP/1.1\r\nHost: api.local:8080\r\nX-A: 1 \r\nx-a:\t2\r\n\r\n")
            answer = await wire.answer()
            assert answer.status == 200
            assert answer["Content-Length"] == "22"
            assert answer["Connection"] == "keep-alive"
            assert answer["Date"].endswith(" GMT")
            assert answer["Content-Type"] == "text/plain"
            assert answer.body == b"GET /pets/1?a=b&c 1.1 "
            (request,) = echo.requests
            assert request.headers.fields == [(b"Host", b"api.local:8080"), (b"X-A", b"1"), (b"x-a", b"2")]
            assert request.client == "127.0.0.1"
            assert request.client_port == wire.writer.get_extra_info("sockname")[1]
            assert request.server_port == running.port
            assert request.scheme == "http"

    run(scenario())


SEEN = {
    "the least": (GET + b"\r\n", b"GET / 1.1 "),
    "an empty line before": (b"\r\n" + GET + b"\r\n", b"GET / 1.1 "),
    "an empty query is a query": (b"GET /? HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /? 1.1 "),
    "nothing decoded": (b"GET /%2F+%zz/../x HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /%2F+%zz/../x 1.1 "),
    "absolute form of Host": (b"GET http://a/x?y HTTP/1.1\r\nHost: A\r\n\r\n", b"GET /x?y 1.1 "),
    "absolute form without path": (b"GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /?y 1.1 "),
    "an empty Host": (b"GET / HTTP/1.1\r\nhost:\r\n\r\n", b"GET / 1.1 "),
    "an IPv6 Host": (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", b"GET / 1.1 "),
    "keep-alive": (GET + b"Connection: keep-alive, x\r\n\r\n", b"GET / 1.1 "),
    "upgrade not taken": (GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"GET / 1.1 "),
    "a value beyond ASCII": (GET + b"X: \xe9\r\n\r\n", b"GET / 1.1 "),
    "length": (POST + b"Content-Length: 3\r\n\r\nabc", b"POST / 1.1 abc"),
    "length 0": (POST + b"Content-Length: 0\r\n\r\n", b"POST / 1.1 "),
    "neither length nor chunks": (POST + b"\r\n", b"POST / 1.1 "),
    "upgrade and a body": (
        POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
        b"POST / 1.1 abc",
    ),
    "chunks": (
        POST + b"Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0002;a=b\r\nde\r\n0\r\n\r\n",
        b"POST / 1.1 abcde",
    ),
    "trailers are not fields": (
        POST
        + b"Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nContent-Length: 9\r\nHost: b\r\n\r\n",
        b"POST / 1.1 0123456789",
    ),
}


@pytest.mark.parametrize(("sent", "seen"), SEEN.values(), ids=SEEN.keys())
def test_what_the_handler_sees(run: Run, sent: bytes, seen: bytes) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with serving(echo) as running, connected(running.port) as wire:
            wire.send(sent + b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert (await wire.answer()).body == seen
            last = await wire.answer()
            assert last.body == b"GET /next 1.1 "
            assert last["Connection"] == "close"
            assert await wire.closed() == b""
            assert b"content-length" not in echo.requests[1].headers

    run(scenario())


STREAM = b"".join(sent for sent, _ in SEEN.values())
ANSWERS = [seen for _, seen in SEEN.values()]


@given(cuts=st.lists(st.integers(1, len(STREAM) - 1), max_size=60))
@settings(max_examples=100, deadline=None)
def test_how_the_bytes_are_split_makes_no_difference(cuts: list[int]) -> None:
    places = [0, *sorted(set(cuts)), len(STREAM)]
    with in_memory(Echo()) as client:
        for start, stop in itertools.pairwise(places):
            client.receive(STREAM[start:stop])
        assert client.bodies() == ANSWERS


def test_byte_by_byte() -> None:
    with in_memory(Echo()) as client:
        for number in range(len(STREAM)):
            client.receive(STREAM[number : number + 1])
        assert client.bodies() == ANSWERS


@given(garbage=st.binary(min_size=1, max_size=300), cut=st.integers(0, 300))
@settings(max_examples=200, deadline=None)
def test_garbage_is_refused_or_waited_for(garbage: bytes, cut: int) -> None:
    echo = Echo()
    with in_memory(echo) as client:
        client.receive(garbage[:cut])
        client.receive(garbage[cut:])
        client.clock.move(1000.0)
        client.clock.move(1000.0)
        assert client.closed()
        assert all(status in (400, 408, 414, 431) for status in client.statuses())
        assert echo.requests == []


class TestExpect:
    HEAD = POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"

    def test_100_is_sent_when_the_body_is_wanted(self, run: Run) -> None:
        async def scenario() -> None:
            async with serving(Echo()) as running, connected(running.port) as wire:
                wire.send(self.HEAD)
                assert (await wire.answer()).status == 100
                wire.send(b"abc")
                assert (await wire.answer()).body == b"POST / 1.1 abc"

        run(scenario())

    def test_no_100_when_the_body_came_along(self) -> None:
        with in_memory(Echo()) as client:
            client.receive(self.HEAD + b"a")
            client.receive(b"bc")
            assert client.statuses() == [200]

    @pytest.mark.parametrize(
        ("head", "statuses"),
        [
            pytest.param(
                POST + b"Content-Length: 10485761\r\nExpect: 100-continue\r\n\r\n", [413], id="too large"
            ),
            pytest.param(POST + b"Content-Length: 3\r\nExpect: tea\r\n\r\n", [417], id="something else"),
            pytest.param(GET + b"Expect: 100-continue\r\n\r\n", [200], id="no body"),
            pytest.param(b"GET / HTTP/1.0\r\nExpect: tea\r\n\r\n", [200], id="unknown to HTTP/1.0"),
        ],
    )
    def test_otherwise(self, head: bytes, statuses: list[int]) -> None:
        with in_memory(Echo()) as client:
            client.receive(head)
            assert client.statuses() == statuses


@pytest.mark.parametrize(
    ("fields", "connection"),
    [(b"", "close"), (b"Connection: keep-alive\r\n", "keep-alive"), (b"Connection: close\r\n", "close")],
)
def test_http_1_0(run: Run, fields: bytes, connection: str) -> None:
    async def scenario() -> None:
        async with serving(Echo()) as running, connected(running.port) as wire:
            wire.send(b"GET /x HTTP/1.0\r\n" + fields + b"\r\n")
            answer = await wire.answer()
            assert answer.body == b"GET /x 1.0 "
            assert answer["Connection"] == connection
            if connection == "close":
                assert await wire.closed() == b""

    run(scenario())


def test_head_has_the_length_and_no_body(run: Run) -> None:
    async def scenario() -> None:
        async with serving(Echo()) as running, connected(running.port) as wire:
            wire.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + GET + b"\r\n")
            assert (await wire.answer(to_head=True))["Content-Length"] == "11"
            assert (await wire.answer()).body == b"GET / 1.1 "

    run(scenario())


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body(run: Run, status: int) -> None:
    def handler(request: Request, reply: Reply) -> None:
        reply.send(Response(status, b"X: 1\r\n", b"unwanted"))

    async def scenario() -> None:
        async with serving(handler) as running, connected(running.port) as wire:
            wire.send((GET + b"\r\n") * 2)
            for _ in range(2):
                answer = await wire.answer()
                assert answer.status == status
                assert answer["X"] == "1"
                assert "Content-Length" not in answer

    run(scenario())


def test_a_status_without_a_name() -> None:
    with in_memory(lambda request, reply: reply.send(Response(799))) as client:
        client.receive(GET + b"\r\n")
        assert client.transport.written.startswith(b"HTTP/1.1 799 \r\nContent-Length: 0\r\n")


def test_pipelined_requests_are_answered_in_order(run: Run) -> None:
    hold = Hold()

    async def scenario() -> list[RawAnswer]:
        async with serving(hold) as running, connected(running.port) as wire:
            wire.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(3)))
            for count in range(3):
                await hold.wait_for(count + 1)
                assert len(hold.held) == count + 1  # the next one waits for this answer
                request, reply = hold.held[count]
                reply.send(Response(200, body=request.path.encode()))
            return [await wire.answer() for _ in range(3)]

    assert [answer.body for answer in run(scenario())] == [b"/0", b"/1", b"/2"]


def test_reading_pauses_while_a_request_waits() -> None:
    hold = Hold()
    with in_memory(hold) as client:
        client.receive(GET + b"\r\n")
        assert client.reading()
        client.receive(GET + b"\r\n")
        assert not client.reading()
        hold.held[0][1].send(Response(200))
        hold.held[1][1].send(Response(200))
        assert client.reading()
        assert client.statuses() == [200, 200]


def test_a_client_that_ends_its_side_is_still_answered(run: Run) -> None:
    hold = Hold()

    async def scenario() -> None:
        async with serving(hold) as running, connected(running.port) as wire:
            wire.send((GET + b"\r\n") * 2)
            wire.writer.write_eof()
            for count in range(2):
                await hold.wait_for(count + 1)
                await asyncio.sleep(0)
                hold.held[count][1].send(Response(200))
            assert (await wire.answer()).status == 200
            assert (await wire.answer()).status == 200
            assert await wire.closed() == b""

    run(scenario())


def test_a_handler_that_raises_is_logged_and_answered_500(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Request, reply: Reply) -> None:
        if request.path == "/late":
            reply.start(200, b"", 10)
        raise RuntimeError("a bug")

    async def scenario() -> None:
        async with serving(handler) as running:
            async with connected(running.port) as wire:
                wire.send(GET + b"\r\n")
                answer = await wire.answer()
                assert (answer.status, answer["Connection"], answer.body) == (500, "close", b"")
            async with connected(running.port) as wire:
                wire.send(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
                await wire.closed()

    run(scenario())
    assert [record.getMessage() for record in caplog.records] == [
        "the handler of GET / raised",
        "the handler of GET /late raised",
    ]


def test_an_answer_after_the_client_left_is_ignored(run: Run) -> None:
    hold = Hold()

    async def scenario() -> None:
        async with serving(hold) as running:
            async with connected(running.port) as wire:
                wire.send(GET + b"\r\n")
                await hold.wait_for(1)
                wire.writer.transport.abort()
            await running.server.drain(0)
            reply = hold.held[0][1]
            reply.send(Response(200))
            reply.start(200, b"")
            assert reply.write(b"x") is True
            reply.end()
            reply.abort()

    run(scenario())


def test_a_request_line_that_was_seen_before() -> None:
    host, elsewhere = b"Host: a\r\n\r\n", b"Host: b\r\n\r\n"
    with in_memory(Echo()) as client:
        for _ in range(2):
            client.receive(b"GET /x?y HTTP/1.1\r\n" + host)
            client.receive(b"GET http://a/x?z HTTP/1.1\r\n" + host)
        client.receive(b"HEAD /x?y HTTP/1.1\r\n" + host)
        client.receive(b"GET http://a/x?z HTTP/1.1\r\n" + elsewhere)
        assert client.statuses() == [200] * 5 + [400]


def test_the_versions_of_one_target_are_apart() -> None:
    with in_memory(Echo()) as client:
        client.receive(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        client.receive(b"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        client.receive(b"GET /x HTTP/1.0\r\n\r\n")
        assert client.bodies() == [b"GET /x 1.1 ", b"GET /x 1.0 ", b"GET /x 1.0 "]
