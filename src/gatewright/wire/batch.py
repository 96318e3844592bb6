"""Small writes that a turn of the event loop makes, done together at its end.

A write wakes the process that reads at the other end. Writes that come one by one wake it again and again,
as it has gone to sleep since the last; of those that come together, only the first does.
Under load that is a third of the kernel's time for a request: 5 of 22 µs of a proxied one, 4 of 11 of a MOCK.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

MOST: Final = 16
"""Writes that wait for each other; so others begin on them while the turn goes on."""


class End(Protocol):
    """One of our ends of connections."""

    write_alone: Callable[[bytes], None]
    """Its transport's. Whoever calls it, or closes the transport, flushes the batch before."""

    def write_failed(self) -> None:
        """The transport has failed, and will say so in a moment: what was added is not written."""


class Batch:
    """One for a server, and one for a client."""

    __slots__ = ("_call_soon", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon = loop.call_soon
        self._waiting: list[tuple[End, bytes]] = []

    def add(self, end: End, data: bytes) -> None:
        """Write `data` before the turn is over."""
        waiting = self._waiting
        if not waiting:
            self._call_soon(self.flush)
        waiting.append((end, data))
        if len(waiting) >= MOST:
            self.flush()

    def flush(self) -> None:
        waiting = self._waiting
        if waiting:
            self._waiting = []
            for end, data in waiting:
                try:
                    end.write_alone(data)
                except RuntimeError:
                    end.write_failed()
