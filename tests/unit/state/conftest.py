from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.moved_clock import MovedClock, open_small

from gatewright.state.api import State


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def state(tmp_path: Path, clock: MovedClock) -> Iterator[State]:
    state = open_small(tmp_path / "state", clock)
    yield state
    state.close()
