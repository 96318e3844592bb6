"""The states that tests of the protocol run on: `state` is each in turn, `embedded` and `valkey` are one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.moved_clock import MovedClock, open_small
from tests.support.valkey import ValkeyServer, valkey_server
from tests.support.valkey_state import WaitedState

from gatewright.state.api import State
from gatewright.state.lmdb_store import LEAST_BYTES, open_state


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with valkey_server(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def embedded(tmp_path: Path, clock: MovedClock) -> Iterator[State]:
    state = open_small(tmp_path / "state", clock)
    yield state
    state.close()


@pytest.fixture
def unmoved(tmp_path: Path) -> Iterator[State]:
    """An embedded one by the machine's clocks, for tests with several processes."""
    state = open_state(
        tmp_path, counters_bytes=LEAST_BYTES, policies_bytes=LEAST_BYTES, responses_bytes=4 * LEAST_BYTES
    )
    yield state
    state.close()


@pytest.fixture
def valkey(server: ValkeyServer, clock: MovedClock) -> Iterator[WaitedState]:
    server.client.flushall()
    state = WaitedState(server, clock)
    yield state
    state.close()


@pytest.fixture(params=["embedded", "valkey"])
def state(request: pytest.FixtureRequest) -> State:
    state: State = request.getfixturevalue(request.param)
    return state
