"""How much one rendering may take. A template past a limit fails with a message that names the limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

LONG = 1_024  # characters of a string from which on it is counted


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one rendering; sizes in characters, times in seconds."""

    loop_iterations: int = 1_000  # of one #foreach; Amazon's quota
    total_iterations: int = 100_000  # of all loops together
    output_chars: int = 10 * 1024 * 1024  # Amazon's payload limit
    string_chars: int = 10 * 1024 * 1024  # of any string on the way
    collection_items: int = 100_000  # of a list, map or range that the template builds, or a value it prints
    depth: int = 20  # of macros, defines and evaluates inside one another; Velocity's own limit for macros
    seconds: float = 2.0  # wall time
    regex_seconds: float = 0.5  # of one regular expression
    clock: Callable[[], float] = time.monotonic


DEFAULT_LIMITS = Limits()
