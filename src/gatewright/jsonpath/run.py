"""What one reading of a path may cost: documents come from strangers, and some paths multiply."""

from __future__ import annotations

import time

import regex

from gatewright.jsonpath.errors import PathError

MAX_VISITS = 2_000_000  # values looked at: about a second. One pass over a usual payload of 10 MB takes fewer
CONTAINER_COST = 4  # a container takes as long to visit as so many values in one
MAX_REGEX_SECONDS = 0.5  # for all the matches of one reading


class Run:
    """One reading: the document it began at, what it may still spend, and the paths from `$` it has read."""

    __slots__ = ("_regex_seconds", "_visits", "read_once", "root")

    def __init__(self, root: object) -> None:
        self.root = root
        self.read_once: dict[int, object] = {}
        self._visits = MAX_VISITS
        self._regex_seconds = MAX_REGEX_SECONDS

    def spend(self, visits: int) -> None:
        self._visits -= visits
        if self._visits < 0:
            raise PathError(
                f"The path looks at more than {MAX_VISITS} values of this document: make it narrower"
            )

    def matches(self, pattern: regex.Pattern[str], text: str) -> bool:
        began = time.monotonic()
        try:
            return pattern.fullmatch(text, timeout=self._regex_seconds) is not None
        except TimeoutError:
            raise PathError(f"The filter's regular expression took over {MAX_REGEX_SECONDS} s") from None
        finally:
            self._regex_seconds = max(self._regex_seconds - (time.monotonic() - began), 0.001)
