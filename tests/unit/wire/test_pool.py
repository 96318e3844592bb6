"""Which connection a call takes, how long it waits, and when it is tried again."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.wire.conftest import HEAD, OK, Clock, Run, answer, ask, backend, pool_to

from gatewright.wire.client import AnswerTimedOut, Client, ClientLimits, ConnectFailed, ConnectionLost, Target


def test_connections_are_used_again(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK] * 50) as playing, pool_to(playing) as pool:
            for _ in range(50):
                assert (await ask(pool)).body == b"ok"
            assert playing.connections == pool.connections == 1

    run(scenario())


def test_the_last_one_used_is_the_first_taken(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK, 1, OK]) as playing, pool_to(playing) as pool:
            calls = [pool.send(HEAD, timeout=5.0, method="GET") for _ in range(3)]
            for call in calls:
                await answer(call)
            assert playing.connections == 3
            await ask(pool)
            assert playing.connections == 3
            assert len(playing.heads) == 4

    run(scenario())


def test_a_call_made_on_hearing_an_answer_finds_its_connection(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK, 1, OK]) as playing, pool_to(playing) as pool:
            second = []
            first = pool.send(HEAD, timeout=5.0, method="GET")
            first.then(lambda done: second.append(pool.send(HEAD, timeout=5.0, method="GET")))
            while not second:
                await asyncio.sleep(0)
            assert (await answer(second[0])).body == b"ok"
            assert playing.connections == 1

    run(scenario())


class TestBounds:
    def test_calls_over_the_limit_of_connections_wait(self, run: Run) -> None:
        async def scenario() -> None:
            limits = ClientLimits(connections=2)
            async with backend([1, OK] * 100) as playing, pool_to(playing, limits) as pool:
                calls = [pool.send(HEAD, timeout=5.0, method="GET") for _ in range(100)]
                assert [(await answer(call)).body for call in calls] == [b"ok"] * 100
                assert playing.connections == 2

        run(scenario())

    def test_calls_over_the_limit_of_waiting_fail_at_once(self, run: Run) -> None:
        async def scenario() -> None:
            limits = ClientLimits(connections=1, waiting=2)
            async with backend([1, OK] * 3) as playing, pool_to(playing, limits) as pool:
                calls = [pool.send(HEAD, timeout=5.0, method="GET") for _ in range(3)]
                assert [call.done for call in calls] == [False, False, True]
                with pytest.raises(ConnectFailed, match="2 calls wait for a connection to 127"):
                    calls[2].result()
                assert (await answer(calls[1])).body == b"ok"

        run(scenario())

    def test_the_time_spent_waiting_counts(self, run: Run) -> None:
        async def scenario() -> None:
            limits = ClientLimits(connections=1)
            async with backend([1, b"HTTP/1.1 200 OK\r\n"]) as playing, pool_to(playing, limits) as pool:
                first = pool.send(HEAD, timeout=5.0, method="GET")
                second = pool.send(HEAD, timeout=0.05, method="GET")
                with pytest.raises(AnswerTimedOut):
                    await answer(second)
                assert not first.done
                assert playing.heads == [HEAD]

        run(scenario())

    def test_forgotten_pools(self, run: Run) -> None:
        async def scenario() -> None:
            client = Client(asyncio.get_running_loop(), limits=ClientLimits(pools=10))
            first = client.pool(Target("http", "a", 80))
            assert client.pool(Target("http", "a", 80)) is first
            for port in range(100):
                client.pool(Target("http", "b", port))
            assert client.pool(Target("http", "a", 80)) is not first
            await client.close()

        run(scenario())


class TestClosedConnections:
    """A backend may close an idle connection at any time, also while a request is on its way to it."""

    def test_one_that_closed_while_idle_is_not_used(self, run: Run) -> None:
        async def scenario() -> None:
            async with backend([1, OK, None], [1, OK]) as playing, pool_to(playing) as pool:
                await ask(pool)
                while pool.connections:
                    await asyncio.sleep(0)
                assert (await ask(pool, "POST")).body == b"ok"

        run(scenario())

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
    def test_an_idempotent_call_is_tried_again(self, run: Run, method: str) -> None:
        async def scenario() -> None:
            async with backend([1, OK, 1, None], [1, OK]) as playing, pool_to(playing) as pool:
                await ask(pool)
                assert (await ask(pool, method)).status == 200
                assert len(playing.heads) == 3

        run(scenario())

    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    def test_another_is_not_once_it_may_have_been_read(self, run: Run, method: str) -> None:
        async def scenario() -> None:
            async with backend([1, OK, 1, None], [1, OK]) as playing, pool_to(playing) as pool:
                await ask(pool)
                with pytest.raises(ConnectionLost):
                    await ask(pool, method)
                assert len(playing.heads) == 2

        run(scenario())

    def test_none_is_after_a_byte_of_the_answer(self, run: Run) -> None:
        async def scenario() -> None:
            async with backend([1, OK, 1, b"H", None], [1, OK]) as playing, pool_to(playing) as pool:
                await ask(pool)
                with pytest.raises(ConnectionLost):
                    await ask(pool)
                assert len(playing.heads) == 2

        run(scenario())

    def test_it_is_tried_again_on_a_fresh_connection(self, run: Run) -> None:
        async def scenario() -> None:
            closing: list[bytes | int | None] = [1, OK, 1, None]
            async with backend(closing, closing, [1, OK]) as playing, pool_to(playing) as pool:
                first, second = (pool.send(HEAD, timeout=5.0, method="GET") for _ in range(2))
                await answer(first)
                await answer(second)  # two idle connections that will close on their next request
                assert (await ask(pool)).body == b"ok"
                assert (len(playing.heads), playing.connections) == (4, 3)

        run(scenario())

    def test_only_once(self, run: Run) -> None:
        async def scenario() -> None:
            async with backend([1, OK, 1, None], [1, None]) as playing, pool_to(playing) as pool:
                await ask(pool)
                with pytest.raises(ConnectionLost):
                    await ask(pool)
                assert len(playing.heads) == 3

        run(scenario())

    def test_a_post_finds_a_close_that_the_loop_has_not_seen(self, run: Run) -> None:
        """The backend's close has reached our kernel, but the loop has not polled since."""

        async def scenario() -> None:
            async with backend([1, OK, 1, OK]) as playing, pool_to(playing) as pool:
                await ask(pool)
                playing.close_at_once()
                assert (await ask(pool, "POST")).body == b"ok"
                assert playing.connections == 2

        run(scenario())

    def test_an_unasked_word_on_an_idle_connection_closes_it(self, run: Run) -> None:
        async def scenario() -> None:
            unasked = b"HTTP/1.1 408 Request Timeout\r\n\r\n"
            async with backend([1, OK, unasked], [1, OK]) as playing, pool_to(playing) as pool:
                await ask(pool)
                await playing.closed.wait()
                assert (await ask(pool)).body == b"ok"
                assert playing.connections == 2

        run(scenario())


def test_idle_connections_expire(run: Run) -> None:
    async def scenario() -> None:
        clock = Clock()
        async with backend([1, OK], [1, OK]) as playing:
            client = Client(asyncio.get_running_loop(), clock=clock)
            clock.wheel = client.timers
            pool = client.pool(Target("http", "127.0.0.1", playing.port))
            await ask(pool, timeout=900.0)
            clock.move(49.0)
            assert pool.connections == 1
            clock.move(2.0)
            assert pool.connections == 0
            await playing.closed.wait()
            await client.close()

    run(scenario())


def test_close_fails_what_is_in_flight_or_waits(run: Run) -> None:
    async def scenario() -> None:
        limits = ClientLimits(connections=1)
        async with backend([1, b"HTTP/1.1 200 OK\r\n"]) as playing:
            client = Client(asyncio.get_running_loop(), limits=limits)
            pool = client.pool(Target("http", "127.0.0.1", playing.port))
            calls = [pool.send(HEAD, timeout=5.0, method="GET") for _ in range(2)]
            while not playing.heads:
                await asyncio.sleep(0)
            await client.close()
            for call in calls:
                with pytest.raises(ConnectionLost):
                    call.result()
            with pytest.raises(ConnectFailed):
                pool.send(HEAD, timeout=5.0, method="GET").result()

    run(scenario())


def test_every_waiting_call_hears_that_nobody_listens(run: Run) -> None:
    async def scenario() -> None:
        async with backend([1, OK]) as playing:
            pass
        async with pool_to(playing, ClientLimits(connections=2)) as pool:
            calls = [pool.send(HEAD, timeout=5.0, method="GET") for _ in range(10)]
            for call in calls:
                with pytest.raises(ConnectFailed):
                    await answer(call)

    run(scenario())
