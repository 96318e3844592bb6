"""A shared state whose time stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gatewright.state.api import State
from gatewright.state.batches import Later
from gatewright.state.lmdb_store import LEAST_BYTES, LEAST_RESPONSES_BYTES, open_state


class MovedClock:
    """Unix time and monotonic time, which move together unless only one is set."""

    def __init__(self) -> None:
        self.unix = datetime(2026, 3, 11, 12, tzinfo=UTC).timestamp()  # a Wednesday
        self.monotonic = 1000.0

    def move(self, *, seconds: float = 0, days: int = 0) -> None:
        self.unix += seconds + days * 86_400
        self.monotonic += seconds + days * 86_400


def open_small(
    directory: Path, clock: MovedClock, boot: str = "this boot", later: Later | None = None
) -> State:
    return open_state(
        directory,
        counters_bytes=LEAST_BYTES,
        policies_bytes=LEAST_BYTES,
        responses_bytes=LEAST_RESPONSES_BYTES,
        clock=lambda: clock.unix,
        monotonic=lambda: clock.monotonic,
        boot=boot,
        later=later,
    )
