"""Parses literals and the expressions of #set, #if and #elseif."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from gatewright.vtl.nodes import (
    Block,
    Chain,
    Expression,
    Interpolated,
    ListLiteral,
    Literal,
    MapLiteral,
    Not,
    RangeLiteral,
    Reference,
    Text,
)
from gatewright.vtl.references import REFERENCE_STARTS, ReferenceParser
from gatewright.vtl.source import Source
from gatewright.vtl.tokens import Kind, Token

# By precedence, the weakest first.
_OPERATORS: tuple[Mapping[Kind, str], ...] = (
    {Kind.OR: "or"},
    {Kind.AND: "and"},
    {Kind.EQUALS: "eq", Kind.NOT_EQUALS: "ne"},
    {Kind.LT: "lt", Kind.GT: "gt", Kind.LE: "le", Kind.GE: "ge"},
    {Kind.PLUS: "add", Kind.MINUS: "sub"},
    {Kind.MULTIPLY: "mul", Kind.DIVIDE: "div", Kind.MODULUS: "mod"},
)
_MAX_DIGITS = 4_000
_MAX_OPERATORS = 100
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})?")


class ExpressionParser(ReferenceParser):
    """The part of the grammar below directives."""

    def expression(self) -> Expression:
        with self.nested(self.peek()):
            return self._chain(0)

    def _chain(self, level: int) -> Expression:
        if level == len(_OPERATORS):
            return self._unary()
        start = self.peek()
        first = self._chain(level + 1)
        rest: list[tuple[str, Expression, str]] = []
        while (operator := _OPERATORS[level].get(self.kind())) is not None:
            self.take()
            begins = self.peek()
            rest.append((operator, self._chain(level + 1), self.images(begins)))
            if len(rest) > _MAX_OPERATORS:
                raise self.source.error(f"more than {_MAX_OPERATORS} operators in a row", start.start)
        return Chain(self.position(start), first, tuple(rest), rest[-1][2]) if rest else first

    def _unary(self) -> Expression:
        self.skip(Kind.WHITESPACE)
        negations = 0
        while self.skip(Kind.NOT):
            self.skip(Kind.WHITESPACE)
            negations += 1
        operand = self._primary()
        if negations == 0:
            return operand
        return Not(operand) if negations % 2 else Not(Not(operand))

    def _primary(self) -> Expression:
        if self.skip(Kind.LPAREN):
            begins = self.peek()
            inner = self.expression()
            if isinstance(inner, Chain):
                inner = replace(inner, literal=self.images(begins))
            self.take(Kind.RPAREN)
            self.skip(Kind.WHITESPACE)
            return inner
        value = self.argument()
        self.skip(Kind.WHITESPACE)
        return value

    def argument(self) -> Expression:
        """What may stand as an argument: a literal, list, range, map or reference; no operator."""
        token = self.peek()
        if token.kind in REFERENCE_STARTS:
            return self.reference()
        self.count(token)
        if token.kind is Kind.STRING_LITERAL:
            return self._string(self.take())
        if token.kind is Kind.INTEGER_LITERAL:
            return self._integer(self.take())
        if token.kind is Kind.FLOATING_POINT_LITERAL:
            return self._number(self.take(), float)
        if token.kind in (Kind.TRUE, Kind.FALSE):
            return Literal(self.take().kind is Kind.TRUE)
        if token.kind is Kind.LEFT_CURLEY:
            return self._map()
        if token.kind is Kind.LBRACKET:
            return self._list_or_range()
        raise self.unexpected(token)

    def _integer(self, token: Token) -> Literal:
        if len(token.image) > _MAX_DIGITS:
            raise self.source.error(f"an integer has more than {_MAX_DIGITS} digits", token.start)
        return self._number(token, int)

    def _number(self, token: Token, kind: type[int] | type[float]) -> Literal:
        """A `#` or `$` that begins nothing belongs to the token that follows it."""
        try:
            return Literal(kind(token.image))
        except ValueError:
            raise self.source.error(f"{token.image!r} is no number", token.start) from None

    def _list_or_range(self) -> Expression:
        start = self.take(Kind.LBRACKET)
        with self.nested(start):
            if self.skip(Kind.RBRACKET):
                return ListLiteral(())
            first = self.padded()
            if self.kind() is Kind.DOUBLEDOT:
                return self._range(start, first)
            items = [first]
            while self.skip(Kind.COMMA):
                items.append(self.padded())
            self.take(Kind.RBRACKET)
            return ListLiteral(tuple(items))

    def _range(self, start: Token, first: Expression) -> RangeLiteral:
        dots = self.take(Kind.DOUBLEDOT)
        last = self.padded()
        for end in (first, last):
            if not isinstance(end, Reference) and not (isinstance(end, Literal) and type(end.value) is int):
                raise self.source.error("the ends of a range are integers or references", dots.start)
        self.take(Kind.RBRACKET)
        return RangeLiteral(self.position(start), first, last, self.images(start))

    def _map(self) -> MapLiteral:
        with self.nested(self.take(Kind.LEFT_CURLEY)):
            entries: list[tuple[Expression, Expression]] = []
            self.skip(Kind.WHITESPACE)
            if self.kind() not in (Kind.RIGHT_CURLEY, Kind.RCURLY):
                entries.append(self._map_entry())
                while self.skip(Kind.COMMA):
                    entries.append(self._map_entry())
            self.take(Kind.RIGHT_CURLEY, Kind.RCURLY)
            return MapLiteral(tuple(entries))

    def _map_entry(self) -> tuple[Expression, Expression]:
        key = self.padded()
        self.take(Kind.COLON)
        return key, self.padded()

    def _string(self, token: Token) -> Expression:
        quote, text = token.image[0], token.image[1:-1]
        plain = text
        if quote == '"':
            plain = self._unescaped(text, token)
        plain = plain.replace(quote * 2, quote)
        if quote == "'" or ("$" not in text and "#" not in text):
            return Literal(plain)
        # Velocity adds a blank so that a "$" or "#" at the end is text, and takes it off the result.
        comment = "##" in plain
        inner = Source(plain if comment else plain + " ", self.source, token.start + 1, plain == text)
        with self.nested(token):
            body = self.template(inner)
        return Interpolated(self.position(token), body if comment else _without_last_blank(body))

    @abstractmethod
    def template(self, source: Source) -> Block:
        """The statements of a text inside this one."""

    def _unescaped(self, text: str, token: Token) -> str:
        if "\\u" not in text:
            return text

        def character(match: re.Match[str]) -> str:
            if match[1] is None:
                raise self.source.error(
                    "\\u in a double-quoted string needs four hexadecimal digits", token.start
                )
            return chr(int(match[1], 16))

        units = _UNICODE_ESCAPE.sub(character, text)
        return units.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _without_last_blank(body: Block) -> Block:
    """What is taken off the text is not that blank where a comment that nothing ends has eaten it."""
    last = body[-1] if body else None
    return (*body[:-1], Text(last.text[:-1])) if isinstance(last, Text) else body
