"""Waiting for what comes a moment later."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.support.processes import BOUND

PAUSE = 0.002  # seconds between two looks


def until(found: Callable[[], object], what: str = "", bound: float = BOUND) -> None:
    """Look again and again; fails, with `what` was to be, after `bound` seconds."""
    deadline = time.monotonic() + bound
    while not found():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(PAUSE)
