"""What goes wrong with a template: it cannot be read, or it cannot be rendered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in a template.

    Line and column count from 1; `source` is the text that stands there.
    """

    line: int
    column: int
    source: str


class TemplateSyntaxError(ValueError):
    """The text is not a template of the language. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{message} (line {line}, column {column})")
        self.message = message
        self.line = line
        self.column = column


class RenderError(Exception):
    """Rendering failed at the reference or directive `source`, at `line` and `column` (both from 1)."""

    def __init__(self, message: str, position: Position) -> None:
        where = f"line {position.line}, column {position.column}"
        super().__init__(f"{message} ({where}: {position.source})" if position.source else message)
        self.message = message
        self.line = position.line
        self.column = position.column
        self.source = position.source


class MethodFailed(Exception):
    """Raised by a method of a value where Java would throw: the template fails there with this message."""


class LimitExceeded(MethodFailed):
    """The template asked for more than its limits give; the message names the limit."""
