"""Parses references: a name, and the properties, calls and indexes that follow it."""

from __future__ import annotations

from abc import abstractmethod

from gatewright.vtl.nodes import Expression, Index, Method, Property, Reference, Step
from gatewright.vtl.stream import TokenStream
from gatewright.vtl.tokens import Kind, Token

REFERENCE_STARTS = frozenset({Kind.IDENTIFIER, Kind.LCURLY})
ARGUMENT_STARTS = REFERENCE_STARTS | {
    Kind.STRING_LITERAL,
    Kind.INTEGER_LITERAL,
    Kind.FLOATING_POINT_LITERAL,
    Kind.LBRACKET,
    Kind.LEFT_CURLEY,
    Kind.TRUE,
    Kind.FALSE,
}
_CALL_STARTS = ARGUMENT_STARTS | {Kind.WHITESPACE, Kind.REFMOD2_RPAREN}
_INDEX_STARTS = REFERENCE_STARTS | {Kind.STRING_LITERAL, Kind.INTEGER_LITERAL, Kind.TRUE, Kind.FALSE}
_MAX_STEPS = 50


class ReferenceParser(TokenStream):
    """The part of the grammar that stands in the middle of plain text too."""

    def reference(self) -> Reference:
        first = self.take(*REFERENCE_STARTS)
        self.count(first)
        braced = first.kind is Kind.LCURLY
        name = self.take(Kind.IDENTIFIER).image if braced else first.image
        steps = self._steps()
        if braced:
            self.take(Kind.RCURLY)
        return _reference(self, first, name, steps, braced)

    def _steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        level = self.nesting.level
        self._indexes(steps)
        while self.kind() is Kind.DOT and self.kind(1) is Kind.IDENTIFIER:
            if len(steps) > _MAX_STEPS:
                raise self.source.error(f"a reference of more than {_MAX_STEPS} steps", self.peek().start)
            self.take()
            if self.kind(1) is Kind.LPAREN and self.kind(2) in _CALL_STARTS:
                steps.append(self._method())
            else:
                steps.append(Property(self.take().image))
            self._indexes(steps)
        self.nesting.level = level
        return tuple(steps)

    def _indexes(self, steps: list[Step]) -> None:
        while self.kind() is Kind.INDEX_LBRACKET:
            with self.nested(self.take()):
                self.skip(Kind.WHITESPACE)
                if self.kind() not in _INDEX_STARTS:
                    raise self.unexpected(self.peek())
                if len(steps) > _MAX_STEPS:
                    raise self.source.error(f"a reference of more than {_MAX_STEPS} steps", self.peek().start)
                steps.append(Index(self.argument()))
                self.skip(Kind.WHITESPACE)
                self.take(Kind.INDEX_RBRACKET)

    def _method(self) -> Method:
        name = self.take(Kind.IDENTIFIER).image
        arguments: list[Expression] = []
        with self.nested(self.take(Kind.LPAREN)):
            if self.kind() is not Kind.REFMOD2_RPAREN:
                arguments.append(self.padded())
                while self.skip(Kind.COMMA):
                    arguments.append(self.padded())
            self.take(Kind.REFMOD2_RPAREN)
        return Method(name, tuple(arguments))

    def padded(self) -> Expression:
        self.skip(Kind.WHITESPACE)
        value = self.argument()
        self.skip(Kind.WHITESPACE)
        return value

    @abstractmethod
    def argument(self) -> Expression:
        """What may stand as an argument: a literal, list, range, map or reference; no operator."""


def _reference(
    parser: TokenStream, first: Token, name: str, steps: tuple[Step, ...], braced: bool
) -> Reference:
    """Sorts out what the image of the first token holds before the name: backslashes, other dollars, `!`."""
    image = first.image
    position = parser.position(first)
    if "\\!" in image:  # `$\!x` is no reference that could have a value
        return Reference(position, image, steps, bare=True, assignable=False)
    slashes = len(image) - len(image.lstrip("\\"))
    image = image[slashes:]
    dollar = max(image.rfind("$"), 0)
    prefix = "\\" * (slashes // 2)
    more, image = image[:dollar], image[dollar:]
    first.image = image
    literal = parser.source.text[first.start + slashes + dollar : parser.last_end]
    if slashes % 2:
        return Reference(position, _root(image, name, braced), steps, prefix, literal=literal, escaped=True)
    if not image.startswith("$"):
        return Reference(position, image, steps, literal=image, bare=True, assignable=False)
    assignable = bool(steps) or not (braced or image.startswith("$!"))
    return Reference(
        position,
        _root(image, name, braced),
        steps,
        prefix + more,
        unprinted=prefix + prefix + more,
        literal="" if image.startswith("$!") else literal,
        assignable=assignable,
    )


def _root(image: str, name: str, braced: bool) -> str:
    if braced:
        return name
    return image[2:] if image.startswith("$!") else image[1:]
