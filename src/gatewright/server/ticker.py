"""One timer for what a process writes now and then: its metrics and its log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger("gatewright")

INTERVAL = 1.0  # seconds; as old as a metric or a log line may be


class Clock(Protocol):
    """The part of an event loop that a ticker needs."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle: ...


class Ticker:
    """Calls `actions` every second until stopped. A failure is logged when it begins and when it ends."""

    def __init__(self, loop: Clock, *actions: Callable[[], None]) -> None:
        self._loop = loop
        self._actions = actions
        self._failing = False
        self._timer = loop.call_later(INTERVAL, self._tick)

    def stop(self) -> None:
        """Act a last time."""
        self._timer.cancel()
        self._act()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(INTERVAL, self._tick)
        self._act()

    def _act(self) -> None:
        failed = False
        for action in self._actions:
            try:
                action()
            except OSError as error:
                failed = True
                if not self._failing:
                    log.error("metrics or logs cannot be written: %s", error)
        if self._failing and not failed:
            log.info("metrics and logs are written again")
        self._failing = failed
