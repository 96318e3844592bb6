"""Parses a template, as Velocity 1.7 does: what it takes for text, what for a directive, what it refuses."""

from __future__ import annotations

from gatewright.vtl.errors import Position
from gatewright.vtl.expressions import REFERENCE_STARTS, ExpressionParser
from gatewright.vtl.nodes import (
    Block,
    Branch,
    Break,
    Define,
    Evaluate,
    Expression,
    Foreach,
    If,
    Include,
    Interpolated,
    Literal,
    MacroCall,
    MacroDefinition,
    Reference,
    Set,
    Statement,
    Stop,
    Text,
)
from gatewright.vtl.source import Source
from gatewright.vtl.stream import Nesting
from gatewright.vtl.tokens import Kind, State, Token

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
_BLOCK_DIRECTIVES = frozenset({"foreach", "macro", "literal", "define"})
_DIRECTIVES = _BLOCK_DIRECTIVES | {"include", "parse", "evaluate", "break", "stop"}
_ARGUMENT_STARTS = REFERENCE_STARTS | {
    Kind.WORD,
    Kind.STRING_LITERAL,
    Kind.INTEGER_LITERAL,
    Kind.FLOATING_POINT_LITERAL,
    Kind.LBRACKET,
    Kind.LEFT_CURLEY,
    Kind.TRUE,
    Kind.FALSE,
}

Argument = Expression | str  # a bare word is its text


def parse(text: str) -> Block:
    """The template's statements.

    Raises:
        TemplateSyntaxError: the text is no template; its position is where Velocity would refuse it.
    """
    return Parser(Source(text), Nesting(), set()).whole()


class Parser(ExpressionParser):
    """One text. `macros`: names of the macros defined so far, shared with the texts inside this one."""

    def __init__(self, source: Source, nesting: Nesting, macros: set[str]) -> None:
        super().__init__(source, nesting)
        self.macros = macros

    def whole(self) -> Block:
        block = self._block()
        self.take(Kind.EOF)
        return block

    def template(self, source: Source) -> Block:
        return Parser(source, self.nesting, self.macros).whole()

    def _block(self) -> Block:
        statements: list[Statement] = []
        with self.nested(self.peek()):
            while self.kind() not in _ENDS:
                statements.append(self._statement())
        return tuple(statements)

    def _ended_block(self) -> Block:
        block = self._block()
        self.take(Kind.END)
        return block

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
            return self._directive()
        if kind is Kind.ESCAPE_DIRECTIVE:
            return Text(self._escaped_directive(self.take().image))
        if kind is Kind.DOUBLE_ESCAPE:
            return self._escape()
        return self._comment_or_textblock()

    def _comment_or_textblock(self) -> Text:
        token = self.take(Kind.SINGLE_LINE_COMMENT_START, Kind.MULTI_LINE_COMMENT, Kind.TEXTBLOCK)
        if token.kind is Kind.TEXTBLOCK:
            start = token.image.index("#[[")
            return Text(token.image[start + 3 : -3])
        if token.kind is Kind.MULTI_LINE_COMMENT:
            return Text("")
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
        return name in _DIRECTIVES or name in self.macros

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
        otherwise = self._block() if self.skip(Kind.ELSE_DIRECTIVE) else ()
        self.take(Kind.END)
        return If(tuple(branches), otherwise)

    def _branch(self, directive: Token) -> Branch:
        self.skip(Kind.WHITESPACE)
        opening = self.take(Kind.LPAREN)
        condition = self.expression()
        position = self.source.position(opening.end, self.last_end)
        self.take(Kind.RPAREN)
        return Branch(position, condition, self._block())

    def _set(self) -> Set:
        start = self.take(Kind.SET_DIRECTIVE)
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

    def _directive(self) -> Statement:
        start = self.take(Kind.WORD, Kind.BRACKETED_WORD)
        name = start.image[2:-1] if start.kind is Kind.BRACKETED_WORD else start.image[1:]
        self.lexer.state = State.DIRECTIVE
        if not self._opens_parenthesis():
            self.lexer.pop()
            return self._bare_directive(start, name)
        arguments = self._directive_arguments(name)
        position = self.position(start)
        if name == "macro":
            return self._macro(start, arguments)
        if name in _BLOCK_DIRECTIVES or (name not in _DIRECTIVES and name.startswith("@")):
            return self._block_directive(start, name, arguments)
        if name in ("break", "stop"):
            return Break() if name == "break" else Stop()
        if name in ("include", "parse"):
            return Include(position, tuple(name for name in arguments if not isinstance(name, str)))
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
            return Break() if name == "break" else Stop()
        if name in _DIRECTIVES:
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
            return self.argument()
        allowed = name not in _DIRECTIVES or (name, index) in (("macro", 0), ("foreach", 1))
        if not allowed:
            raise self.source.error(f"{token.image!r} is no argument for #{name}", token.start)
        return self.take().image

    def _block_directive(self, start: Token, name: str, arguments: list[Argument]) -> Statement:
        position, body_start = self.position(start), self.last_end
        body = self._block()
        body_end = self.peek().start
        self.take(Kind.END)
        if name == "foreach":
            return self._foreach(position, arguments, body)
        if name == "define":
            return self._define(start, arguments, body)
        if name == "literal":
            return Text(self.source.text[body_start:body_end])
        return self._macro_call(start, name[1:], arguments, body)

    def _foreach(self, position: Position, arguments: list[Argument], body: Block) -> Foreach:
        if len(arguments) < 3:
            return Foreach(position, "", None, body)
        variable, _, items, *more = arguments
        if more:  # Velocity renders a fourth argument in place of the body
            body = (more[0],) if isinstance(more[0], Reference) else ()
        name = variable.root if isinstance(variable, Reference) else ""
        return Foreach(position, name, None if isinstance(items, str) else items, body)

    def _define(self, start: Token, arguments: list[Argument], body: Block) -> Define:
        if len(arguments) != 1:
            raise self.source.error("#define takes one reference", start.start)
        target = arguments[0]
        return Define(target.root if isinstance(target, Reference) else "", body)

    def _macro(self, start: Token, arguments: list[Argument]) -> MacroDefinition:
        body = self._ended_block()
        if not arguments or not isinstance(arguments[0], str):
            raise self.source.error("#macro begins with the macro's name, a bare word", start.start)
        parameters: list[str] = []
        for argument in arguments[1:]:
            if not isinstance(argument, Reference):
                raise self.source.error("the parameters of a #macro are references", start.start)
            parameters.append(argument.root)
        self.macros.add(arguments[0])
        return MacroDefinition(arguments[0], tuple(parameters), body)

    def _evaluate(self, start: Token, arguments: list[Argument]) -> Evaluate:
        if len(arguments) != 1:
            raise self.source.error("#evaluate takes one argument", start.start)
        template = arguments[0]
        text = isinstance(template, Literal) and isinstance(template.value, str)
        if isinstance(template, str) or not (text or isinstance(template, Interpolated | Reference)):
            raise self.source.error("the argument of #evaluate is a string or a reference", start.start)
        return Evaluate(self.position(start), template)

    def _macro_call(
        self, start: Token, name: str, arguments: list[Argument], body: Block | None
    ) -> MacroCall:
        words = [argument for argument in arguments if isinstance(argument, str)]
        expressions = tuple(argument for argument in arguments if not isinstance(argument, str))
        source = start.image + self.source.text[start.end : self.last_end]
        return MacroCall(self.position(start), name, expressions, words[0] if words else None, body, source)
