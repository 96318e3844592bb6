"""Parses a template, as Velocity 1.7 does: what it takes for text, what for a directive, what it refuses."""

from __future__ import annotations

from gatewright.vtl.directives import DIRECTIVES, DirectiveParser
from gatewright.vtl.nodes import (
    Block,
    Branch,
    If,
    Set,
    Statement,
    Text,
)
from gatewright.vtl.source import Source
from gatewright.vtl.stream import Nesting
from gatewright.vtl.tokens import Kind, Token

_TEXT = frozenset(
    {
        Kind.TEXT,
        Kind.DOT,
        Kind.LPAREN,
        Kind.RPAREN,
        Kind.INTEGER_LITERAL,
        Kind.FLOATING_POINT_LITERAL,
        Kind.STRING_LITERAL,
        Kind.ESCAPE,
        Kind.LCURLY,
        Kind.RCURLY,
        Kind.EMPTY_INDEX,
    }
)
_ENDS = frozenset({Kind.END, Kind.ELSE_DIRECTIVE, Kind.ELSEIF_DIRECTIVE, Kind.EOF})
_CONTROL = frozenset({Kind.IF_DIRECTIVE, Kind.ELSE_DIRECTIVE, Kind.ELSEIF_DIRECTIVE, Kind.END})
_BUILT_IN = frozenset({"if", "end", "set", "else", "elseif"})


def parse(text: str) -> Block:
    """The template's statements.

    Raises:
        TemplateSyntaxError: the text is no template; its position is where Velocity would refuse it.
    """
    return Parser(Source(text), Nesting(), set()).whole()


class Parser(DirectiveParser):
    """One text; the texts inside it share its macros."""

    def whole(self) -> Block:
        block = self.block()
        self.take(Kind.EOF)
        return block

    def template(self, source: Source) -> Block:
        return Parser(source, self.nesting, self.macros).whole()

    def block(self) -> Block:
        statements: list[Statement] = []
        with self.nested(self.peek()):
            while self.kind() not in _ENDS:
                statements.append(self._statement())
        return tuple(statements)

    def _statement(self) -> Statement:
        kind = self.kind()
        if kind is Kind.IDENTIFIER or (kind is Kind.LCURLY and self.kind(1) is Kind.IDENTIFIER):
            return self.reference()
        if kind in _TEXT:
            token = self.take()
            return Text(token.special + token.image)
        if kind is Kind.IF_DIRECTIVE:
            return self._if()
        if kind is Kind.SET_DIRECTIVE:
            return self._set()
        if kind in (Kind.WORD, Kind.BRACKETED_WORD):
            return self.directive()
        if kind is Kind.ESCAPE_DIRECTIVE:
            token = self.take()
            token.image = self._escaped_directive(token.image)
            return Text(token.image)
        if kind is Kind.DOUBLE_ESCAPE:
            return self._escape()
        return self._comment_or_textblock()

    def _comment_or_textblock(self) -> Text:
        token = self.take(Kind.SINGLE_LINE_COMMENT_START, Kind.MULTI_LINE_COMMENT, Kind.TEXTBLOCK)
        if token.kind is Kind.TEXTBLOCK:
            return Text(token.image[3:-3])
        if token.kind is Kind.MULTI_LINE_COMMENT:
            return Text(token.image[: max(token.image.find("#*"), 0)])
        self.skip(Kind.SINGLE_LINE_COMMENT)
        return Text(token.special + token.image[: token.image.index("##")])

    def _escaped_directive(self, image: str) -> str:
        """`\\#if` prints `#if`; before a word that is no directive the backslashes stay."""
        last = image.rindex("\\")
        name = image[last + 2 :].strip("{}")
        if name in _BUILT_IN or self._is_directive(name):
            return image[: last // 2] + image[last + 1 :]
        return image

    def _is_directive(self, name: str) -> bool:
        return name in DIRECTIVES or name in self.macros

    def _escape(self) -> Text:
        """Pairs of backslashes: one each before a directive, as they are before anything else."""
        count = 0
        while self.skip(Kind.DOUBLE_ESCAPE):
            count += 1
        following = self.peek()
        directive = following.kind in _CONTROL or self._is_directive(following.image[1:])
        return Text("\\" * (count if directive else 2 * count))

    def _if(self) -> If:
        branches = [self._branch(self.take(Kind.IF_DIRECTIVE))]
        while self.kind() is Kind.ELSEIF_DIRECTIVE:
            branches.append(self._branch(self.take()))
        otherwise = self.block() if self.skip(Kind.ELSE_DIRECTIVE) else ()
        self.take(Kind.END)
        return If(tuple(branches), otherwise)

    def _branch(self, directive: Token) -> Branch:
        self.count(directive)
        self.skip(Kind.WHITESPACE)
        opening = self.take(Kind.LPAREN)
        condition = self.expression()
        position = self.source.position(opening.end, self.last_end)
        self.take(Kind.RPAREN)
        return Branch(position, condition, self.block())

    def _set(self) -> Set:
        start = self.take(Kind.SET_DIRECTIVE)
        self.count(start)
        self.skip(Kind.WHITESPACE)
        target = self.reference()
        self.skip(Kind.WHITESPACE)
        self.take(Kind.ASSIGN)
        value = self.expression()
        self.take(Kind.RPAREN)
        self.lexer.in_set = False
        hash_at = self.source.text.index("#", start.start)
        position = self.source.position(hash_at, self.source.text.rindex(")", 0, self.last_end) + 1)
        return Set(position, target, value)
