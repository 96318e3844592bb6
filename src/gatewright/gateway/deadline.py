"""Bounds on how long something may stay pending, and pauses."""

from __future__ import annotations

from typing import Generic, TypeVar

from gatewright.wire.pending import Pending
from gatewright.wire.timers import Timer, TimerWheel

T = TypeVar("T")


class _Bounded(Pending[T], Generic[T]):
    """Another pending value's outcome, or TimeoutError: whichever comes first."""

    __slots__ = ()

    def expired(self) -> None:
        self.fail(TimeoutError())

    def settle(self, done: Pending[T]) -> None:
        try:
            self.resolve(done.result())
        except Exception as error:
            self.fail(error)


async def within(seconds: float, pending: Pending[T], timers: TimerWheel) -> T:
    """The value of `pending`, or TimeoutError after `seconds`; a value that comes later is dropped."""
    if pending.done:
        return pending.result()
    bounded: _Bounded[T] = _Bounded()
    timer = Timer(timers, bounded)
    timer.set(seconds)
    pending.then(bounded.settle)
    try:
        return await bounded
    finally:
        timer.close()


class _Pause(Pending[None]):
    """Resolved once it is over."""

    __slots__ = ()

    def expired(self) -> None:
        self.resolve(None)


async def pause(seconds: float, timers: TimerWheel) -> None:
    """Let others go on for `seconds`, and up to a tick of the timers more."""
    over = _Pause()
    Timer(timers, over).set(seconds)
    await over
