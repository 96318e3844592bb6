"""What is written on a timer goes on being written when the disk fills up and empties again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import pytest

from gatewright.server.ticker import Ticker


class ManualClock:
    """A clock whose next timer a test fires by hand."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.fire: Callable[[], None] = lambda: None

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        self.fire = callback
        return asyncio.TimerHandle(delay, callback, (), self._loop)


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    loop = asyncio.new_event_loop()
    yield ManualClock(loop)
    loop.close()


def test_every_action_runs_each_tick_and_a_last_time_at_the_end(clock: ManualClock) -> None:
    ran: list[str] = []
    ticker = Ticker(clock, lambda: ran.append("metrics"), lambda: ran.append("log"))
    clock.fire()
    clock.fire()
    ticker.stop()
    assert ran == ["metrics", "log"] * 3


def test_a_failure_is_said_once_and_its_end_too(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    full = True

    def write() -> None:
        if full:
            raise OSError(28, "No space left on device")

    Ticker(clock, write)
    clock.fire()
    clock.fire()
    full = False
    clock.fire()
    clock.fire()
    assert [record.message for record in caplog.records] == [
        "metrics or logs cannot be written: [Errno 28] No space left on device",
        "metrics and logs are written again",
    ]
