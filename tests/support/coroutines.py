"""Coroutines run from code that is not one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from queue import SimpleQueue
from typing import Any, TypeVar

from gatewright.wire.pending import Pending

Result = TypeVar("Result")

BOUND = 30.0  # seconds that an answer from another thread may take


class Deliveries:
    """What a test has in place of an event loop: callbacks of other threads run when it waits for them, those
    of timers when it says so."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._timers: list[Callable[[], object]] = []

    def call_soon_threadsafe(self, callback: Callable[..., object], *arguments: Any) -> None:
        self._calls.put(lambda: callback(*arguments))

    def call_later(self, _delay: float, callback: Callable[[], object]) -> Deliveries:
        self._timers.append(callback)
        return self

    def cancel(self) -> None:
        self._timers.clear()

    def tick(self) -> None:
        """Let every timer be over."""
        timers, self._timers = self._timers, []
        for timer in timers:
            timer()

    def run_one(self) -> None:
        """Wait for a callback and run it."""
        self._calls.get(timeout=BOUND)()

    def run_until(self, done: Callable[[], bool]) -> None:
        while not done():
            self.run_one()


def answer(coroutine: Coroutine[Any, Any, Result], loop: Deliveries | None = None) -> Result:
    """What it returns; `loop` delivers what it waits for, if it may wait."""
    try:
        while True:
            waiting: Pending[Any] = coroutine.send(None)
            assert loop is not None, "the coroutine suspended: whoever asked for it would wait"
            loop.run_until(lambda waiting=waiting: waiting.done)  # type: ignore[misc]
    except StopIteration as stop:
        result: Result = stop.value
        return result
