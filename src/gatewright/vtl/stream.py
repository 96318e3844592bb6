"""The tokens of a text as a parser takes them: one after the other, with a look ahead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gatewright.vtl.errors import Position, TemplateSyntaxError
from gatewright.vtl.lexer import Lexer
from gatewright.vtl.source import Source
from gatewright.vtl.tokens import Kind, Token

# Blocks, parentheses, arguments and strings inside one another.
MAX_NESTING = 60
# References, literals and directives of one template; at 300 KB it could have ten times as many.
MAX_ELEMENTS = 20_000


class Nesting:
    """How deep the parser is and how much it read; for a template and the strings in it together."""

    def __init__(self) -> None:
        self.level = 0
        self.elements = 0


class TokenStream:
    """Looks ahead only as far as Velocity does: what a token is depends on what was parsed before it."""

    def __init__(self, source: Source, nesting: Nesting) -> None:
        self.source = source
        self.lexer = Lexer(source)
        self.nesting = nesting
        self._ahead: list[Token] = []
        self.taken: list[Token] = []
        self.last_end = 0  # where the last token taken ends

    def peek(self, distance: int = 0) -> Token:
        while len(self._ahead) <= distance:
            self._ahead.append(self.lexer.next_token())
        return self._ahead[distance]

    def kind(self, distance: int = 0) -> Kind:
        return self.peek(distance).kind

    def take(self, *kinds: Kind) -> Token:
        """The next token, which must be of one of the kinds if any are given."""
        token = self.peek()
        if kinds and token.kind not in kinds:
            raise self.unexpected(token)
        self.last_end = token.end
        token.index = len(self.taken)
        self.taken.append(token)
        return self._ahead.pop(0)

    def skip(self, kind: Kind) -> bool:
        if self.peek().kind is not kind:
            return False
        self.take()
        return True

    @contextmanager
    def nested(self, start: Token) -> Iterator[None]:
        self.nesting.level += 1
        if self.nesting.level > MAX_NESTING:
            raise self.source.error(f"more than {MAX_NESTING} levels inside one another", start.start)
        yield
        self.nesting.level -= 1

    def images(self, start: Token) -> str:
        """What Velocity takes for the source of what begins with `start`: the images of its tokens.

        Comments, broken references and the backslashes of escapes are no part of it.
        """
        return "".join(token.image for token in self.taken[start.index :])

    def literal(self, start: Token) -> str:
        """What #literal prints of what begins with `start`: also broken references, but no comments."""
        return "".join(
            token.special + token.image
            for token in self.taken[start.index :]
            if token.kind is not Kind.MULTI_LINE_COMMENT
        )

    def count(self, start: Token) -> None:
        """One more reference, literal or directive."""
        self.nesting.elements += 1
        if self.nesting.elements > MAX_ELEMENTS:
            message = f"more than {MAX_ELEMENTS} references, literals and directives"
            raise self.source.error(message, start.start)

    def position(self, start: Token) -> Position:
        """Of what begins with `start` and ends with the last token taken."""
        return self.source.position(start.start, self.last_end)

    def unexpected(self, token: Token) -> TemplateSyntaxError:
        if token.kind is Kind.EOF:
            return self.source.error("the text ends before a directive or reference is complete", token.start)
        return self.source.error(f"{token.image.strip() or token.image!r} cannot stand here", token.start)
