"""Which of all workers, on all nodes that share a state, calls the backend for a missing response.

A claim stands for a few seconds and is renewed while the call lasts: one of a worker that died is free soon.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from gatewright.state.api import Responses, StateUnavailable
from gatewright.wire.pending import drive
from gatewright.wire.timers import Timer, TimerWheel

T = TypeVar("T")

STANDS = 3.0  # seconds
RENEWED = 0.5  # seconds from one renewal to the next

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's claim to one entry."""

    responses: Responses
    space: bytes
    name: bytes  # of the entry and the generation it would be of: nobody waits for what was flushed
    timers: TimerWheel

    async def take(self) -> bool:
        """Whether the entry is this worker's to fetch; it is where the store cannot be used."""
        try:
            return await self.responses.claim(self.space, self.name, STANDS)
        except StateUnavailable as error:
            log.warning("a missing response cannot be claimed: %s", error)
            return True

    async def hold(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` comes to; the claim ends with it, in any case. Nobody waits for the store to know."""
        renewal = _Renewal(self)
        try:
            return await work()
        finally:
            renewal.end()
            drive(self._give_up(), _told)

    async def renew(self) -> None:
        """Let it stand for another while, unless it is lost."""
        try:
            await self.responses.renew(self.space, self.name, STANDS)
        except StateUnavailable:
            pass  # others may fetch it too

    async def _give_up(self) -> None:
        try:
            await self.responses.release(self.space, self.name)
        except StateUnavailable:
            pass  # it ends by itself


class _Renewal:
    """Renews a claim until it ends."""

    __slots__ = ("_claim", "_timer")

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._timer = Timer(claim.timers, self)
        self._timer.set(RENEWED)

    def expired(self) -> None:
        drive(self._claim.renew(), _told)
        self._timer.set(RENEWED)

    def end(self) -> None:
        self._timer.close()


def _told(_: None) -> None:
    """The store knows."""
