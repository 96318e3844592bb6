"""Whether a client takes what waits for it."""

from __future__ import annotations


class Outlet:
    """What was unsent when it was last looked at."""

    __slots__ = ("_taken", "_watched")

    def __init__(self) -> None:
        self._watched = False
        self._taken = (
            0  # of what was streamed, so that a steady supply does not hide a reader, nor its absence
        )

    def watch(self, unsent: int, streamed: int) -> None:
        self._watched = True
        self._taken = streamed - unsent

    def clear(self) -> None:
        self._watched = False

    def stuck(self, unsent: int, streamed: int) -> bool:
        """Whether not a byte was taken since the last look; `streamed` bytes were written in all."""
        if self._watched and streamed - unsent <= self._taken:
            return True
        self.watch(unsent, streamed)
        return False
