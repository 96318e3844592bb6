"""What a cache does with misses that meet, failures, and a store that cannot be used. More is tested with
real nodes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.coroutines import Deliveries, answer
from tests.support.moved_clock import MovedClock, open_small
from tests.unit.gateway.conftest import make_exchange

from gatewright.gateway.access import Access
from gatewright.gateway.cache import MOST_BODY_BYTES, ResponseCache
from gatewright.gateway.cache_compile import CacheCompiler
from gatewright.gateway.cache_control import IGNORED
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.plan import MethodResponse
from gatewright.gateway.settings import GatewaySettings
from gatewright.state.api import State
from gatewright.telemetry.series import Series
from gatewright.wire.pending import Pending, drive
from gatewright.wire.timers import TimerWheel

RESOURCE = {"id": "r1", "path": "/pets"}
METHOD = {"httpMethod": "GET"}


class Backend:
    """An integration whose answers a test gives."""

    def __init__(self) -> None:
        self.asked: list[Pending[MethodResponse]] = []

    async def run(self, exchange: Exchange) -> MethodResponse:
        self.asked.append(Pending())
        return await self.asked[-1]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def state(tmp_path: Path, clock: MovedClock) -> Iterator[State]:
    state = open_small(tmp_path, clock)
    yield state
    state.close()


def cache_of(*, join: bool = True, authorized_only: bool = False) -> ResponseCache:
    stage = {
        "stageName": "dev",
        "deploymentId": "d1",
        "cacheClusterEnabled": True,
        "methodSettings": {
            "*/*": {"cachingEnabled": True, "requireAuthorizationForCacheControl": authorized_only}
        },
    }
    caches = CacheCompiler("a1b2c3d4e5", stage, GatewaySettings(join_cache_misses=join)).compile(
        RESOURCE, METHOD, {}
    )
    assert caches is not None
    return caches["GET"]


class Asking:
    """Asks as requests to one worker do; what comes of each. Without a `clock` time stands still."""

    def __init__(self, state: State, cache: ResponseCache, clock: MovedClock | None = None) -> None:
        nothing = cast(Any, None)
        time = clock or MovedClock()
        self._access = Access(state, nothing, nothing, nothing, nothing)
        self._timers = TimerWheel(cast(Any, Deliveries()), lambda: time.monotonic)
        self._cache = cache
        self.backend = Backend()
        self.came: list[MethodResponse | str] = []

    def ask(self, **headers: str) -> None:
        drive(self._respond(self.exchange(**headers)), self.came.append)

    def exchange(self, **headers: str) -> Exchange:
        """Header names have underscores for dashes."""
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        exchange = make_exchange(headers=fields)
        exchange.outside = replace(exchange.outside, access=self._access, timers=self._timers)
        assert exchange.method is not None
        exchange.method = replace(exchange.method, series=Series())
        return exchange

    def wake(self) -> None:
        """Let those go on whose pause is over."""
        self._timers.advance()

    @property
    def bodies(self) -> list[bytes]:
        return [response.body for response in self.came if isinstance(response, MethodResponse)]

    async def _respond(self, exchange: Exchange) -> MethodResponse | str:
        try:
            return await self._cache.respond(exchange, self.backend)
        except GatewayError as error:
            return error.reason


@pytest.mark.parametrize(("join", "calls"), [(True, 1), (False, 3)])
def test_misses_that_meet_make_one_call_unless_told_otherwise(state: State, join: bool, calls: int) -> None:
    asking = Asking(state, cache_of(join=join))
    for _ in range(3):
        asking.ask()
    assert len(asking.backend.asked) == calls
    for pending in asking.backend.asked:
        pending.resolve(MethodResponse(404, [(b"X-Kind", b"cat")], b"none"))
    asking.ask()
    assert len(asking.backend.asked) == calls
    assert asking.bodies == [b"none"] * 4
    kept = asking.came[-1]
    assert isinstance(kept, MethodResponse)
    assert (kept.status, kept.rendered, kept.body) == (404, b"X-Kind: cat\r\n", b"none")


def test_a_failure_is_everybodys_who_waited_and_is_not_kept(state: State) -> None:
    asking = Asking(state, cache_of())
    asking.ask()
    asking.ask()
    asking.backend.asked[0].fail(configuration_error("gone"))
    assert asking.came == ["Execution failed due to configuration error: gone"] * 2
    asking.ask()
    assert len(asking.backend.asked) == 2


def test_what_was_asked_for_before_a_flush_is_not_waited_for(state: State) -> None:
    asking = Asking(state, cache_of())
    asking.ask()
    state.responses.flush(b"a1b2c3d4e5/dev")
    asking.ask()
    old, new = asking.backend.asked
    new.resolve(MethodResponse(200, [], b"new"))
    old.resolve(MethodResponse(200, [], b"old"))
    asking.ask()
    assert asking.bodies == [b"new", b"old", b"new"]


class Workers:
    """Two, of which the first was asked, then the second."""

    def __init__(self, state: State, clock: MovedClock) -> None:
        self._clock = clock
        self.first, self.second = (Asking(state, cache_of(), clock) for _ in range(2))
        self.first.ask()
        self.second.ask()

    def pause(self, seconds: float = 0.1, *, first_lives: bool = True) -> None:
        self._clock.move(seconds=seconds)
        if first_lives:
            self.first.wake()
        self.second.wake()


@pytest.fixture
def workers(state: State, clock: MovedClock) -> Workers:
    return Workers(state, clock)


def test_a_miss_waits_for_another_workers_call(workers: Workers) -> None:
    workers.second.ask()
    workers.pause()
    assert workers.second.came == []
    workers.first.backend.asked[0].resolve(MethodResponse(200, [], b"cats"))
    workers.pause()
    assert workers.second.bodies == [b"cats"] * 2
    assert workers.second.backend.asked == []


@pytest.mark.parametrize("end", ["failed", "too large"])
def test_a_call_that_leaves_nothing_is_waited_for_no_longer(workers: Workers, end: str) -> None:
    (asked,) = workers.first.backend.asked
    if end == "failed":
        asked.fail(configuration_error("gone"))
    else:
        asked.resolve(MethodResponse(200, [], b"x" * (MOST_BODY_BYTES + 1)))
    workers.pause()
    (again,) = workers.second.backend.asked
    again.resolve(MethodResponse(200, [], b"cats"))
    workers.first.ask()
    assert workers.first.bodies[-1] == workers.second.bodies[0] == b"cats"


def test_a_call_of_before_a_flush_is_not_waited_for_after_it(state: State, workers: Workers) -> None:
    state.responses.flush(b"a1b2c3d4e5/dev")
    for _ in range(2):  # it learns of the flush, then fetches
        workers.pause()
    workers.second.backend.asked[0].resolve(MethodResponse(200, [], b"new"))
    workers.first.ask()
    assert workers.first.bodies == workers.second.bodies == [b"new"]


def test_another_workers_call_is_waited_for_as_long_as_one_may_take(workers: Workers) -> None:
    for _ in range(28):
        workers.pause(1.0)
    workers.pause(0.9)
    assert workers.second.backend.asked == []
    workers.pause()
    assert len(workers.second.backend.asked) == 1


def test_a_worker_that_died_during_its_call_is_not_waited_for_so_long(workers: Workers) -> None:
    workers.pause(0.9)
    workers.pause(2.9, first_lives=False)
    assert workers.second.backend.asked == []
    workers.pause(first_lives=False)
    assert len(workers.second.backend.asked) == 1


def test_who_asks_anew_waits_for_nobody_and_keeps_nobody_waiting(state: State, clock: MovedClock) -> None:
    first, second = (Asking(state, cache_of(), clock) for _ in range(2))
    for _ in range(2):
        first.ask(Cache_Control="max-age=0")
    second.ask()
    assert [len(worker.backend.asked) for worker in (first, second)] == [2, 1]


def test_a_store_that_cannot_be_used_costs_the_cache_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = open_small(tmp_path, MovedClock())
    state.close()
    asking = Asking(state, cache_of())
    with caplog.at_level(logging.WARNING):
        asking.ask()
    asking.backend.asked[0].resolve(MethodResponse(200, [], b"cats"))
    (response,) = asking.came
    assert isinstance(response, MethodResponse)
    assert response.body == b"cats"
    assert "cached responses cannot be read" in caplog.text


def test_who_may_not_ask_anew_is_warned_though_the_store_cannot_be_used(tmp_path: Path) -> None:
    state = open_small(tmp_path, MovedClock())
    state.close()
    asking = Asking(state, cache_of(authorized_only=True))
    asking.ask(Cache_Control="max-age=0")
    asking.ask()
    for asked in asking.backend.asked:
        asked.resolve(MethodResponse(200, [], b"cats", b"Content-Type: text/plain\r\n"))
    heads = [response.rendered for response in asking.came if isinstance(response, MethodResponse)]
    assert heads == [IGNORED + b"Content-Type: text/plain\r\n", b"Content-Type: text/plain\r\n"]


def test_a_key_parameter_that_nothing_is_mapped_to() -> None:
    compiler = CacheCompiler("a1b2c3d4e5", {"stageName": "dev", "deploymentId": "d1"}, GatewaySettings())
    integration = {"cacheKeyParameters": ["integration.request.header.x"], "requestParameters": {}}
    with pytest.raises(
        ValueError, match=r"integration\.request\.header\.x is not among the integration's req"
    ):
        compiler.compile(RESOURCE, METHOD, integration)


def test_the_store_answers_at_once(state: State) -> None:
    """A hit awaits nothing: it is answered from the parser's callback."""
    asking = Asking(state, cache_of())
    asking.ask()
    asking.backend.asked[0].resolve(MethodResponse(200, [], b"cats"))
    exchange = asking.exchange()
    assert exchange.method is not None
    assert answer(cache_of().respond(exchange, asking.backend)).body == b"cats"
    assert (exchange.method.series.cache_hits, exchange.method.series.cache_misses) == (1, 0)
