"""What a cache does with misses that meet, failures, and a store that cannot be used. More is tested with
real nodes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock, open_small
from tests.unit.gateway.conftest import make_exchange

from gatewright.gateway.access import Access
from gatewright.gateway.cache import ResponseCache
from gatewright.gateway.cache_compile import CacheCompiler
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.plan import MethodResponse
from gatewright.gateway.settings import GatewaySettings
from gatewright.state.api import State
from gatewright.telemetry.series import Series
from gatewright.wire.pending import Pending, drive

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
def state(tmp_path: Path) -> Iterator[State]:
    state = open_small(tmp_path, MovedClock())
    yield state
    state.close()


def cache_of(*, join: bool = True) -> ResponseCache:
    stage = {
        "stageName": "dev",
        "deploymentId": "d1",
        "cacheClusterEnabled": True,
        "methodSettings": {"*/*": {"cachingEnabled": True}},
    }
    caches = CacheCompiler("a1b2c3d4e5", stage, GatewaySettings(join_cache_misses=join)).compile(
        RESOURCE, METHOD, {}
    )
    assert caches is not None
    return caches["GET"]


class Asking:
    """Asks as requests do; what comes of each."""

    def __init__(self, state: State, cache: ResponseCache) -> None:
        nothing = cast(Any, None)
        self._access = Access(state, nothing, nothing, nothing, nothing)
        self._cache = cache
        self.backend = Backend()
        self.came: list[MethodResponse | str] = []

    def ask(self) -> None:
        exchange = make_exchange()
        exchange.outside = replace(exchange.outside, access=self._access)
        assert exchange.method is not None
        exchange.method = replace(exchange.method, series=Series())
        drive(self._respond(exchange), self.came.append)

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
    *others, kept = asking.came
    assert [response.body for response in others if isinstance(response, MethodResponse)] == [b"none"] * 3
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
    assert [response.body for response in asking.came if isinstance(response, MethodResponse)] == [
        b"new",
        b"old",
        b"new",
    ]


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
    exchange = make_exchange()
    exchange.outside = replace(exchange.outside, access=asking._access)
    assert exchange.method is not None
    exchange.method = replace(exchange.method, series=Series())
    assert answer(cache_of().respond(exchange, asking.backend)).body == b"cats"
    assert (exchange.method.series.cache_hits, exchange.method.series.cache_misses) == (1, 0)
