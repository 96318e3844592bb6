"""How large a document may be, and the error for one that is larger or that cannot be read."""

from __future__ import annotations

from typing import Any

Pointer = tuple[str | int, ...]  # ("paths", "/pets", "get", "parameters", 0)

MOST_BYTES = 6 * 2**20  # Amazon's quota for an import
MOST_DEPTH = 100
# Aliases let a short YAML text stand for a long one. Without them a document is about as large as its text.
MOST_EXPANDED = 20 * 2**20


class Unreadable(ValueError):
    """The text is no document. `line` counts from 1; None when it is not known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists stand in each other more than `levels` deep."""
    if isinstance(value, dict):
        return levels == 0 or any(is_deeper(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(is_deeper(item, levels - 1) for item in value)
    return False
