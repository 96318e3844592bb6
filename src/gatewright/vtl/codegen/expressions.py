"""Code for expressions: literals, sums, conditions, and what references print in strings."""

from __future__ import annotations

import ast

from gatewright.vtl.codegen.analysis import is_plain
from gatewright.vtl.codegen.pyast import (
    LOAD,
    call,
    compare,
    constant,
    is_not,
    mark,
    name,
    type_is,
    when,
)
from gatewright.vtl.codegen.references import (
    EMPTY,
    NONE,
    ReferenceCode,
    as_written,
    held,
    is_constant_string,
)
from gatewright.vtl.errors import Position
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

_ARITHMETIC = {"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "mod": "modulo"}
_ORDER = {"lt": "less", "gt": "greater", "le": "at_most", "ge": "at_least"}
_LARGE = 32  # items of a literal from which on they are counted


class ExpressionCode(ReferenceCode):
    """Generates expressions of one template."""

    def reference_value(self, reference: Reference) -> ast.expr:
        """The value as an operand or argument: what is missing is the empty string."""
        if reference.bare:
            return constant(None)
        if self.loop_place(reference) is not None:
            return self.raw(reference)
        first, again = held(self.raw(reference))
        return when(is_not(first, NONE), again, EMPTY)

    def value(self, expression: Expression) -> ast.expr:
        """The expression's value; None only where `nullable` says so."""
        if isinstance(expression, Reference):
            return self.reference_value(expression)
        if isinstance(expression, Literal):
            return constant(expression.value)
        if isinstance(expression, Interpolated):
            return self.interpolated(expression)
        if isinstance(expression, ListLiteral):
            items = ast.List([self.value(item) for item in expression.items], LOAD)
            return self._counted(len(items.elts), call("JavaList", items))
        if isinstance(expression, MapLiteral):
            return self._map(expression)
        if isinstance(expression, RangeLiteral):
            return self._range(expression)
        if isinstance(expression, Not):
            return self.truth(expression)
        return self._chain(expression)

    def _map(self, literal: MapLiteral) -> ast.expr:
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for key, value in literal.entries:
            code = self.value(key)
            keys.append(code if _is_string(key) else call("map_key", code))
            values.append(self.value(value))
        return self._counted(len(keys), ast.Dict(keys, values))

    def _counted(self, size: int, literal: ast.expr) -> ast.expr:
        return literal if size < _LARGE else call("counted", name("rt"), literal)

    def _range(self, literal: RangeLiteral) -> ast.expr:
        code = call("make_range", name("rt"), self.value(literal.first), self.value(literal.last))
        mark(code, self.place(literal.position))
        return code

    def _chain(self, chain: Chain) -> ast.expr:
        operator = chain.rest[0][0]
        if operator in ("or", "and", "eq", "ne", "lt", "gt", "le", "ge"):
            return self.truth(chain)
        code, literal = self.value(chain.first), _literal(chain.first)
        for operator, operand, written in chain.rest:
            operands = [name("rt"), code, self.value(operand)]
            literals = literal, _literal(operand)
            if operator == "add" and any(one is not None for one in literals):
                code = call("add_written", *operands, *map(constant, literals))
            else:
                code = call(_ARITHMETIC[operator], *operands)
            literal = written
        mark(code, self.place(chain.position))
        return code

    def interpolated(self, string: Interpolated) -> ast.expr:
        if not is_plain(string.body):
            return self.nested_string(string)
        pieces: list[ast.expr] = []
        self.add_plain(pieces, string.body)
        code = call("joined", name("rt"), string_of(pieces))
        mark(code, self.place(string.position))
        return code

    def add_plain(self, pieces: list[ast.expr], body: Block) -> None:
        """What text and references print."""
        for part in body:
            if isinstance(part, Text):
                add_text(pieces, part.text)
            else:
                assert isinstance(part, Reference)
                self.add_printed(pieces, part)

    def nested_string(self, string: Interpolated) -> ast.expr:
        """A string with directives, which is a function of its own."""
        raise NotImplementedError

    def add_printed(self, pieces: list[ast.expr], reference: Reference) -> None:
        """What the reference prints. Where it may be a block, that decides on the prefix, too."""
        if self.uses.shared and not reference.bare:
            pieces.append(self.printed(reference))
            return
        add_text(pieces, reference.prefix)
        if reference.bare:
            add_text(pieces, reference.literal)
        else:
            pieces.append(self.text_of(self.raw(reference), reference.position))

    def printed(self, reference: Reference) -> ast.expr:
        code = call("printed", name("rt"), name("c"), self.raw(reference), *as_written(reference))
        mark(code, self.place(reference.position))
        return code

    def text_of(self, value: ast.expr, position: Position) -> ast.expr:
        """A str or an int, which Python prints as Java does."""
        first, again = held(value)
        simple = ast.BoolOp(ast.Or(), [type_is(first, "str"), type_is(again, "int")])
        code = when(simple, again, call("text", name("rt"), again))
        mark(code, self.place(position))
        return code

    def truth(self, expression: Expression) -> ast.expr:
        """A Python bool. Literals that are no Boolean, and sums, are false; so is a bare word."""
        if isinstance(expression, Reference):
            return self._reference_truth(expression)
        if isinstance(expression, Literal):
            return constant(expression.value is True)
        if isinstance(expression, Not):
            return ast.UnaryOp(ast.Not(), self.truth(expression.operand))
        if isinstance(expression, Chain) and expression.rest[0][0] not in _ARITHMETIC:
            return self._condition(expression)
        return constant(False)

    def _reference_truth(self, reference: Reference) -> ast.expr:
        if reference.bare:  # of these, only `$\!x`, which prints nothing, is looked up as a reference here
            return constant(not reference.literal)
        if self.uses.shared:
            return call("holds", self.raw(reference))
        place = self.loop_place(reference)
        return place if isinstance(place, ast.Compare) else is_not(self.raw(reference), constant(False))

    def _condition(self, chain: Chain) -> ast.expr:
        operator = chain.rest[0][0]
        if operator in ("or", "and"):
            kind: ast.boolop = ast.Or() if operator == "or" else ast.And()
            return ast.BoolOp(
                kind, [self.truth(chain.first), *(self.truth(operand) for _, operand, _ in chain.rest)]
            )
        code = self._compared(chain.first, *chain.rest[0][:2])
        for operator, operand, _ in chain.rest[1:]:
            code = self._comparison(operator, code, self.value(operand))
        mark(code, self.place(chain.position))
        return code

    def _compared(self, left: Expression, operator: str, right: Expression) -> ast.expr:
        """One comparison; a reference with a string literal is compared as strings where it is one."""
        if not (isinstance(left, Reference) and operator in ("eq", "ne") and is_constant_string(right)):
            return self._comparison(operator, self.value(left), self.value(right))
        if left.bare or self.loop_place(left) is not None:
            return self._comparison(operator, self.value(left), self.value(right))
        first, again = held(self.raw(left))
        missing = when(is_not(again, NONE), again, EMPTY)
        return when(
            type_is(first, "str"),
            compare(again, ast.Eq() if operator == "eq" else ast.NotEq(), self.value(right)),
            self._comparison(operator, missing, self.value(right)),
        )

    def _comparison(self, operator: str, left: ast.expr, right: ast.expr) -> ast.expr:
        if operator in _ORDER:
            return call(_ORDER[operator], left, right)
        equal = call("equal", name("rt"), left, right)
        return equal if operator == "eq" else ast.UnaryOp(ast.Not(), equal)


def add_text(pieces: list[ast.expr], text: str) -> None:
    """Appends text to the pieces of a string, to the last of them where that is text."""
    last = pieces[-1] if pieces else None
    if isinstance(last, ast.Constant):
        pieces[-1] = constant(str(last.value) + text)
    elif text:
        pieces.append(constant(text))


def string_of(pieces: list[ast.expr]) -> ast.expr:
    """One string of all the pieces."""
    if not pieces:
        return EMPTY
    if len(pieces) == 1 and isinstance(pieces[0], ast.Constant):
        return pieces[0]
    return ast.JoinedStr(
        [
            piece if isinstance(piece, ast.Constant) else ast.FormattedValue(piece, -1, None)
            for piece in pieces
        ]
    )


def _is_string(expression: Expression) -> bool:
    return isinstance(expression, Interpolated) or is_constant_string(expression)


def _literal(expression: Expression) -> str | None:
    """What a text takes of an operand that has no value; None where it always has one."""
    if isinstance(expression, Chain | RangeLiteral):
        return expression.literal if nullable(expression) else None
    return expression.literal if isinstance(expression, Reference) and expression.bare else None


def nullable(expression: Expression) -> bool:
    """Whether an expression may have no value, so that #set does nothing."""
    if isinstance(expression, Reference):
        return expression.bare
    if isinstance(expression, RangeLiteral):
        return True
    return isinstance(expression, Chain) and expression.rest[0][0] in _ARITHMETIC
