"""A text that is being parsed, and where its characters stand in the template."""

from __future__ import annotations

import re
from bisect import bisect_right

from gatewright.vtl.errors import Position, TemplateSyntaxError

_LINE_END = re.compile(r"\r\n|\n|\r")
_SHOWN = 120  # characters of source in an error


class Source:
    """A template, or the contents of a double-quoted string of one.

    `outer` and `base` say where in the outer text this one begins. Where `exact` is false the texts differ
    (doubled quotes, `\\u` escapes), and all of it is said to stand at `base`.
    """

    def __init__(self, text: str, outer: Source | None = None, base: int = 0, exact: bool = True) -> None:
        self.text = text
        self._outer = outer
        self._base = base
        self._exact = exact
        self._line_starts = [0, *(end.end() for end in _LINE_END.finditer(text))] if outer is None else []

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both from 1; a line ends with a line feed, a carriage return or both."""
        if self._outer is not None:
            return self._outer.line_and_column(self._base + (offset if self._exact else 0))
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def position(self, start: int, end: int) -> Position:
        line, column = self.line_and_column(start)
        text = self.text[start:end]
        return Position(line, column, text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")

    def error(self, message: str, offset: int) -> TemplateSyntaxError:
        return TemplateSyntaxError(message, *self.line_and_column(offset))
