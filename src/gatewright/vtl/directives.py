"""Parses the directives that are a word and its arguments: #foreach, #macro, #define, calls of macros."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from gatewright.vtl.errors import Position
from gatewright.vtl.expressions import ExpressionParser
from gatewright.vtl.nodes import (
    Block,
    Break,
    Define,
    Evaluate,
    Expression,
    Foreach,
    Include,
    Interpolated,
    Literal,
    MacroCall,
    MacroDefinition,
    Reference,
    Statement,
    Stop,
    Text,
    Unrendered,
)
from gatewright.vtl.references import ARGUMENT_STARTS
from gatewright.vtl.source import Source
from gatewright.vtl.stream import Nesting
from gatewright.vtl.tokens import Kind, State, Token

_BLOCK_DIRECTIVES = frozenset({"foreach", "macro", "literal", "define"})
DIRECTIVES = _BLOCK_DIRECTIVES | {"include", "parse", "evaluate", "break", "stop"}
_ARGUMENT_STARTS = ARGUMENT_STARTS | {Kind.WORD}


@dataclass(frozen=True, slots=True)
class Argument:
    """Of a directive: its value, None for a bare word, and what is written."""

    value: Expression | None
    written: str


class DirectiveParser(ExpressionParser):
    """The part of the grammar for named directives. `macros`: names of those defined so far."""

    def __init__(self, source: Source, nesting: Nesting, macros: set[str]) -> None:
        super().__init__(source, nesting)
        self.macros = macros

    @abstractmethod
    def block(self) -> Block:
        """Statements up to what ends a block, which is left."""

    def directive(self) -> Statement:
        start = self.take(Kind.WORD, Kind.BRACKETED_WORD)
        self.count(start)
        name = start.image[2:-1] if start.kind is Kind.BRACKETED_WORD else start.image[1:]
        self.lexer.state = State.DIRECTIVE
        if not self._opens_parenthesis():
            self.lexer.pop()
            return self._bare_directive(start, name)
        arguments = self._directive_arguments(name)
        position = self.position(start)
        if name == "macro":
            return self._macro(start, arguments)
        if name in _BLOCK_DIRECTIVES or (name not in DIRECTIVES and name.startswith("@")):
            return self._block_directive(start, name, arguments)
        if name in ("break", "stop"):
            return self._leaving(start, name, arguments)
        if name in ("include", "parse"):
            return self._include(position, name, arguments)
        if name == "evaluate":
            return self._evaluate(start, arguments)
        return self._macro_call(start, name, arguments, None)

    def _opens_parenthesis(self) -> bool:
        text, at = self.lexer.text, self.lexer.position
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        return text[at : at + 1] == "("

    def _bare_directive(self, start: Token, name: str) -> Statement:
        """A directive's name without parentheses."""
        if name in ("break", "stop"):
            return self._leaving(start, name, [])
        if name in ("include", "parse"):
            return self._include(self.position(start), name, [])
        if name in DIRECTIVES:
            raise self.source.error(f"#{name} needs its arguments in parentheses", start.start)
        if name.startswith("@"):
            return Text(start.image)
        return self._macro_call(start, name, [], None)

    def _directive_arguments(self, name: str) -> list[Argument]:
        self.skip(Kind.WHITESPACE)
        arguments: list[Argument] = []
        with self.nested(self.take(Kind.LPAREN)):
            while self._argument_follows():
                self.skip(Kind.WHITESPACE)
                if self.skip(Kind.COMMA):
                    self.skip(Kind.WHITESPACE)
                arguments.append(self._directive_argument(name, len(arguments)))
            self.skip(Kind.WHITESPACE)
            self.take(Kind.RPAREN)
        return arguments

    def _argument_follows(self) -> bool:
        kind = self.kind()
        if kind is Kind.WHITESPACE:
            return self.kind(1) is Kind.COMMA or self.kind(1) in _ARGUMENT_STARTS
        if kind is Kind.COMMA:
            return self.kind(1) is Kind.WHITESPACE or self.kind(1) in _ARGUMENT_STARTS
        return kind in _ARGUMENT_STARTS

    def _directive_argument(self, name: str, index: int) -> Argument:
        token = self.peek()
        if token.kind is not Kind.WORD:
            if name == "macro" and index == 0:
                raise self.source.error("#macro begins with the macro's name, a bare word", token.start)
            value = self.argument()
            return Argument(value, self.images(token))
        allowed = name not in DIRECTIVES or (name, index) in (("macro", 0), ("foreach", 1))
        if not allowed:
            raise self.source.error(f"{token.image!r} is no argument for #{name}", token.start)
        return Argument(None, self.take().image)

    def _block_directive(self, start: Token, name: str, arguments: list[Argument]) -> Statement:
        position, first = self.position(start), self.peek()
        first.index = len(self.taken)
        body = self.block()
        literal = self.literal(first) if name == "literal" else ""
        self.take(Kind.END)
        if name == "foreach":
            return self._foreach(position, arguments, body)
        if name == "define":
            return self._define(start, arguments, body)
        if name == "literal":
            return Unrendered(position, body, arguments[0].written if arguments else literal)
        return self._macro_call(start, name[1:], arguments, body)

    def _foreach(self, position: Position, arguments: list[Argument], body: Block) -> Foreach | Unrendered:
        if len(arguments) < 2:
            return Unrendered(position, body, fault="#foreach needs a variable, `in` and a collection")
        if len(arguments) < 3:
            return Unrendered(position, body)
        variable, _, items, *more = (argument.value for argument in arguments)
        if more:  # Velocity renders a fourth argument in place of the body
            rendered = (more[0],) if isinstance(more[0], Reference) else ()
            body = (*rendered, Unrendered(position, body))
        assert items is not None
        return Foreach(position, variable.root if isinstance(variable, Reference) else "", items, body)

    def _define(self, start: Token, arguments: list[Argument], body: Block) -> Define:
        if len(arguments) != 1:
            raise self.source.error("#define takes one reference", start.start)
        return Define(_plain_name(arguments[0]), body)

    def _macro(self, start: Token, arguments: list[Argument]) -> MacroDefinition:
        body = self.block()
        self.take(Kind.END)
        if not arguments:
            raise self.source.error("#macro begins with the macro's name, a bare word", start.start)
        name = arguments[0].written
        parameters: list[str] = []
        for argument in arguments[1:]:
            if argument.value is None:
                raise self.source.error("the parameters of a #macro are references", start.start)
            parameters.append(_plain_name(argument))
        self.macros.add(name)
        return MacroDefinition(name, tuple(parameters), body)

    def _include(self, position: Position, name: str, arguments: list[Argument]) -> Include | Unrendered:
        if name == "parse" and not arguments:
            return Unrendered(position, (), fault="#parse needs the name of a template")
        values = (argument.value for argument in arguments)
        return Include(position, tuple(value for value in values if value is not None))

    def _leaving(self, start: Token, name: str, arguments: list[Argument]) -> Break | Stop:
        if len(arguments) > 1:
            raise self.source.error(f"#{name} takes at most one argument", start.start)
        if name == "stop":
            return Stop()
        return Break(self.position(start), arguments[0].value if arguments else None)

    def _evaluate(self, start: Token, arguments: list[Argument]) -> Evaluate:
        template = arguments[0].value if len(arguments) == 1 else None
        if template is None:
            raise self.source.error("#evaluate takes one argument", start.start)
        text = isinstance(template, Literal) and isinstance(template.value, str)
        if not (text or isinstance(template, Interpolated | Reference)):
            raise self.source.error("the argument of #evaluate is a string or a reference", start.start)
        return Evaluate(self.position(start), template)

    def _macro_call(
        self, start: Token, name: str, arguments: list[Argument], body: Block | None
    ) -> MacroCall:
        invalid = next((argument.written for argument in arguments if argument.value is None), None)
        values = tuple(
            (argument.value, argument.written) for argument in arguments if argument.value is not None
        )
        return MacroCall(self.position(start), name, values, invalid, body, self.images(start))


def _plain_name(argument: Argument) -> str:
    """Of `$x`. Velocity does not look for the name in `${x}` or `$!x`, so that nothing can refer to it."""
    if isinstance(argument.value, Reference) and not argument.written.startswith(("${", "$!")):
        return argument.value.root
    return ""
