"""Coarse time-outs: one timer of the loop for any number of them.

A deadline that moves later costs one attribute store: the timer stays in its slot and, when the slot comes
up, moves itself to where its deadline is now. Only a deadline that moves earlier takes a new slot. A timer
that is closed leaves its slot: connections end much sooner than the longest of their time-outs.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Protocol

NEVER = math.inf

TICK = 0.02
"""Width of a slot in seconds: no time-out fires early, none later than this (and the loop's own delay)."""

_NOWHERE: Final = -1
"""The slot of a timer that is in none."""

_LEFT_SLOTS: Final = 64
"""How many numbers of slots that nobody waits for are kept, besides as many as there are slots."""


class Expiring(Protocol):
    def expired(self) -> None:
        """The deadline has passed; the timer is at rest until it is set again."""


class Timer:
    """One deadline. `deadline` may be stored directly when it only moves later."""

    __slots__ = ("_owner", "_slot", "_soon", "_wheel", "deadline")

    def __init__(self, wheel: TimerWheel, owner: Expiring) -> None:
        self._wheel = wheel
        self._owner: Expiring | None = owner
        self._slot = _NOWHERE
        self._soon: float = NEVER  # a deadline up to here needs an earlier slot
        self.deadline: float = NEVER

    def set(self, seconds: float) -> None:
        """Expire `seconds` from now, whatever was set before."""
        deadline = self.deadline = self._wheel.clock() + seconds
        if deadline <= self._soon:
            self._take_slot(deadline)

    def set_at(self, deadline: float) -> None:
        """Expire at `deadline` on the wheel's clock."""
        self.deadline = deadline
        if deadline <= self._soon:
            self._take_slot(deadline)

    def _take_slot(self, deadline: float) -> None:
        self._wheel.remove(self, self._slot)
        slot = self._slot = self._wheel.insert(self, deadline)
        self._soon = (slot - 1) * TICK

    def clear(self) -> None:
        """Never expire, until it is set again."""
        self.deadline = NEVER

    def close(self) -> None:
        """Never expire again, whatever is set, and let go of the owner."""
        self.deadline = NEVER
        self._owner = None
        self._wheel.remove(self, self._slot)
        self._slot = _NOWHERE
        self._soon = -NEVER

    def due(self, slot: int, now: float) -> None:
        """The wheel has come to `slot`: expire, move on, or fall out."""
        if slot != self._slot:
            return
        self._slot = _NOWHERE
        self._soon = NEVER
        if self.deadline > now:
            if self.deadline < NEVER:
                self._take_slot(self.deadline)
            return
        self.deadline = NEVER
        if self._owner is not None:
            self._owner.expired()


class TimerWheel:
    """Slots of timers in order of time; the loop is asked to wake up for the first one only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] | None = None) -> None:
        self._loop = loop
        self.clock = clock or loop.time
        self._slots: dict[int, set[Timer]] = {}
        self._order: list[int] = []  # a heap of the slots, and of some that were left by all their timers
        self._wake: asyncio.TimerHandle | None = None
        self._passed = _NOWHERE  # the last slot that the wheel has come to

    def insert(self, timer: Timer, deadline: float) -> int:
        """Put `timer` in the first slot to come that begins at or after `deadline`; answers the slot.

        Never in the slot that the wheel is at: a deadline that is later than it by less than rounding shows
        would come up in it for ever.
        """
        slot = max(math.ceil(deadline / TICK), self._passed + 1)
        timers = self._slots.get(slot)
        if timers is None:
            self._slots[slot] = {timer}
            heappush(self._order, slot)
            if self._order[0] == slot:
                self._schedule()
        else:
            timers.add(timer)
        return slot

    def remove(self, timer: Timer, slot: int) -> None:
        """Take `timer` out of `slot`, if it is there."""
        timers = self._slots.get(slot)
        if timers is None:
            return
        timers.discard(timer)
        if not timers:
            del self._slots[slot]
            if len(self._order) > 2 * len(self._slots) + _LEFT_SLOTS:
                self._order = list(self._slots)
                heapify(self._order)

    def _schedule(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if self._order:
            delay = self._order[0] * TICK - self.clock()
            self._wake = self._loop.call_later(max(delay, 0.0), self._woken)

    def _woken(self) -> None:
        self._wake = None
        self.advance()
        self._schedule()

    def advance(self) -> None:
        """Expire what is due by the clock. The loop calls it; so does a test that moved the clock."""
        now = self.clock()
        while self._order and self._order[0] * TICK <= now:
            slot = self._passed = heappop(self._order)
            for timer in self._slots.pop(slot, ()):
                timer.due(slot, now)

    def close(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        self._slots.clear()
        self._order.clear()
