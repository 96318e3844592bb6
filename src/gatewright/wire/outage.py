"""What the owner is told of a server that is away: why, other reasons that come up later, and its end."""

from __future__ import annotations

import time
from collections.abc import Callable

AGAIN_SECONDS = 10.0  # at least, between two reasons that are told of one outage


class Outage:
    """Whether there is one, and what was told of it. For one thread at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._why: str | None = None
        self._told_at = 0.0

    @property
    def lasts(self) -> bool:
        return self._why is not None

    def goes_on(self, why: str) -> bool:
        """Note that the server is away; whether `why` is news, and the last news old enough."""
        now = self._clock()
        if why == self._why or (self._why is not None and now - self._told_at < AGAIN_SECONDS):
            return False
        self._why, self._told_at = why, now
        return True

    def ends(self) -> bool:
        """Note that it is back; whether it was away."""
        was, self._why = self._why, None
        return was is not None
