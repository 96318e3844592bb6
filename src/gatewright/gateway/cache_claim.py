"""Which of all workers, on all nodes that share a state, calls the backend for a missing response."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from gatewright.state.api import Responses, StateUnavailable
from gatewright.wire.pending import drive

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's claim to one entry, which ends by itself after `seconds`."""

    responses: Responses
    space: bytes
    name: bytes  # of the entry and the generation it would be of: nobody waits for what was flushed
    seconds: float

    async def take(self) -> bool:
        """Whether the entry is this worker's to fetch; it is where the store cannot be used."""
        try:
            return await self.responses.claim(self.space, self.name, self.seconds)
        except StateUnavailable as error:
            log.warning("a missing response cannot be claimed: %s", error)
            return True

    async def hold(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` comes to; the claim ends with it, in any case. Nobody waits for the store to know."""
        try:
            return await work()
        finally:
            drive(self._give_up(), _told)

    async def _give_up(self) -> None:
        try:
            await self.responses.release(self.space, self.name)
        except StateUnavailable:
            pass  # it ends by itself


def _told(_: None) -> None:
    """The store knows."""
