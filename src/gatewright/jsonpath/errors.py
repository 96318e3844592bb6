"""What can be wrong with a path, and the value that stands for "nothing there"."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Missing(Enum):
    """The type of `MISSING`, so that mypy narrows `value is MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class InvalidPath(ValueError):
    """The path's text is not in the dialect; `position` is the character of the text where that shows."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class PathError(ValueError):
    """The path cannot be applied to this document: where Jayway raises instead of finding nothing."""
