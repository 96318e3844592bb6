"""A position in a path's text, shared by the parsers of paths and filters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gatewright.jsonpath.errors import InvalidPath

MAX_LENGTH = 4096  # characters of a path
MAX_NESTING = 20  # filters in filters, parentheses, negations

_blanks = re.compile(r"[ \t\r\n]*")
_escape = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "b": "\b"}


class Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.nesting = 0
        if len(text) > MAX_LENGTH:
            raise InvalidPath(f"Path has {len(text)} characters: at most {MAX_LENGTH}.", MAX_LENGTH)

    @property
    def next(self) -> str:
        """The character at the position; empty at the end."""
        return self.text[self.position : self.position + 1]

    def skip_blanks(self) -> str:
        """The first character that is no blank; empty at the end."""
        self.take(_blanks)
        return self.next

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Moves behind what the pattern matches here."""
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def take(self, pattern: re.Pattern[str]) -> str:
        """What the pattern matches here, or nothing; moves behind it."""
        found = self.match(pattern)
        return found[0] if found is not None else ""

    def skip(self, expected: str) -> bool:
        if not self.text.startswith(expected, self.position):
            return False
        self.position += len(expected)
        return True

    def expect(self, expected: str) -> None:
        self.skip_blanks()
        if not self.skip(expected):
            raise self.invalid(f"expected {expected}")

    def quoted(self) -> str:
        """From an opening quote behind its closing one; `\\'`, `\\n`, `\\u00e9` and the like are undone."""
        quote, start = self.next, self.position + 1
        position = start
        while (character := self.text[position : position + 1]) != quote:
            if not character:
                raise self.invalid(f"the string that begins here has no closing {quote}")
            position += 2 if character == "\\" else 1
        self.position = position + 1
        return _escape.sub(_unescaped, self.text[start:position])

    @contextmanager
    def nested(self) -> Iterator[None]:
        if self.nesting == MAX_NESTING:
            raise self.invalid(f"nested deeper than {MAX_NESTING} levels")
        self.nesting += 1
        yield
        self.nesting -= 1

    def invalid(self, problem: str, position: int | None = None) -> InvalidPath:
        where = self.position if position is None else position
        return InvalidPath(f"Path {self.text!r} is not valid at position {where}: {problem}.", where)


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return ESCAPED.get(found[2], found[2])
