"""Code for references and expressions.

All of it is Python expressions, which share one temporary variable `t`: a value is bound to it, tested and
used before the next is bound.
"""

from __future__ import annotations

import ast

from gatewright.vtl.codegen.analysis import Uses, is_plain, loop_property
from gatewright.vtl.codegen.pyast import (
    LOAD,
    attribute,
    bind,
    call,
    compare,
    constant,
    is_,
    is_not,
    mark,
    name,
    type_is,
    when,
)
from gatewright.vtl.codegen.variables import LocalVariables, SharedVariables, Variables
from gatewright.vtl.dispatch import Call, call_site
from gatewright.vtl.errors import Position
from gatewright.vtl.limits import LONG
from gatewright.vtl.nodes import (
    Block,
    Chain,
    Expression,
    Index,
    Interpolated,
    ListLiteral,
    Literal,
    MapLiteral,
    Method,
    Not,
    Property,
    RangeLiteral,
    Reference,
    Step,
    Text,
)

_ARITHMETIC = {"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "mod": "modulo"}
_ORDER = {"lt": "less", "gt": "greater", "le": "at_most", "ge": "at_least"}
_LARGE = 32  # items of a literal from which on they are counted
NONE = constant(None)
EMPTY = constant("")


class Loop:
    """The loop that code is generated in: Python variables that hold its place."""

    def __init__(self, index: str, size: str, scope: str) -> None:
        self.index = index
        self.size = size
        self.scope = scope


class ExpressionCode:
    """Generates expressions of one template; collects the call sites and positions that they name."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.variables: Variables = SharedVariables() if uses.shared else LocalVariables()
        self.positions: list[Position] = []
        self.sites: dict[tuple[str, int], Call] = {}
        self.loops: list[Loop] = []
        self._names = 0

    def place(self, position: Position) -> int:
        """The line number that stands for a position."""
        self.positions.append(position)
        return len(self.positions)

    def load(self, variable: str) -> ast.expr:
        return self.variables.load(variable)

    def raw(self, reference: Reference) -> ast.expr:
        """The reference's value, None where it is missing or null."""
        plain = self._loop_place(reference)
        if plain is not None:
            return plain
        if reference.bare:
            return constant(None)
        value = self.load(reference.root)
        for step in reference.steps:
            value = self._step(value, step)
        mark(value, self.place(reference.position))
        return value

    def _loop_place(self, reference: Reference) -> ast.expr | None:
        if not self.uses.plain_loops or not self.loops:
            return None
        loop = self.loops[-1]
        wanted = loop_property(reference)
        if reference.root == "velocityCount" and not reference.steps:
            wanted = "count"
        elif reference.root == "velocityHasNext" and not reference.steps:
            wanted = "hasNext"
        index, one = name(loop.index), constant(1)
        if wanted is None or wanted == "index":
            return None if wanted is None else index
        following = ast.BinOp(index, ast.Add(), one)
        if wanted == "count":
            return following
        if wanted == "first":
            return compare(index, ast.Eq(), constant(0))
        return compare(following, ast.Eq() if wanted == "last" else ast.NotEq(), name(loop.size))

    def _step(self, target: ast.expr, step: Step) -> ast.expr:
        if isinstance(step, Property):
            return self.get_property(target, step.name)
        if isinstance(step, Index):
            return self.get_index(target, step.key)
        return self.call_method(target, step)

    def get_property(self, target: ast.expr, key: str) -> ast.expr:
        if key in ("class", "Class"):
            return call("get_property", target, constant(key))
        return self._map_entry(target, key, "get_property")

    def get_index(self, target: ast.expr, key: Expression) -> ast.expr:
        if isinstance(key, Literal) and isinstance(key.value, str):
            return self._map_entry(target, key.value, "get_index")
        return call("get_index", target, self.value(key))

    def _map_entry(self, target: ast.expr, key: str, otherwise: str) -> ast.expr:
        """The entry of a dict, without a call; other types go to the function `otherwise`."""
        first, again = _held(target)
        return when(
            type_is(first, "dict"),
            call(attribute(again, "get"), constant(key)),
            call(otherwise, again, constant(key)),
        )

    def call_method(self, target: ast.expr, method: Method) -> ast.expr:
        first, again = _held(target)
        arguments = [self.value(argument) for argument in method.arguments]
        called = call(self.site(method), name("rt"), again, *arguments)
        longest = _longest_replaced(method)
        if not longest:
            return when(is_(first, NONE), NONE, called)
        is_short = compare(call("len", again), ast.LtE(), constant(longest))
        return when(
            ast.BoolOp(ast.And(), [type_is(first, "str"), is_short]),
            call(attribute(again, "replace"), *arguments),
            when(is_(again, NONE), NONE, called),
        )

    def site(self, method: Method) -> str:
        key = (method.name, len(method.arguments))
        if key not in self.sites:
            self.sites[key] = call_site(*key)
        return f"m_{method.name}_{len(method.arguments)}"

    def reference_value(self, reference: Reference) -> ast.expr:
        """The value as an operand or argument: what is missing is the empty string."""
        if reference.bare:
            return constant(None)
        if self._loop_place(reference) is not None:
            return self.raw(reference)
        first, again = _held(self.raw(reference))
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
        code = self.value(chain.first)
        for operator, operand in chain.rest:
            code = call(_ARITHMETIC[operator], name("rt"), code, self.value(operand))
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
        first, again = _held(value)
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
        place = self._loop_place(reference)
        return place if isinstance(place, ast.Compare) else is_not(self.raw(reference), constant(False))

    def _condition(self, chain: Chain) -> ast.expr:
        operator = chain.rest[0][0]
        if operator in ("or", "and"):
            kind: ast.boolop = ast.Or() if operator == "or" else ast.And()
            return ast.BoolOp(
                kind, [self.truth(chain.first), *(self.truth(operand) for _, operand in chain.rest)]
            )
        code = self._compared(chain.first, *chain.rest[0])
        for operator, operand in chain.rest[1:]:
            code = self._comparison(operator, code, self.value(operand))
        mark(code, self.place(chain.position))
        return code

    def _compared(self, left: Expression, operator: str, right: Expression) -> ast.expr:
        """One comparison; a reference with a string literal is compared as strings where it is one."""
        if not (isinstance(left, Reference) and operator in ("eq", "ne") and _is_constant_string(right)):
            return self._comparison(operator, self.value(left), self.value(right))
        if left.bare or self._loop_place(left) is not None:
            return self._comparison(operator, self.value(left), self.value(right))
        first, again = _held(self.raw(left))
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


def _longest_replaced(method: Method) -> int:
    """Of a `replace` with literals, which templates escape text with: the greatest length of a string whose
    result cannot be a long one, so that nothing has to be counted. 0 for all other methods."""
    if method.name != "replace" or not all(map(_is_constant_string, method.arguments)):
        return 0
    match method.arguments:
        case (Literal(value=str(old)), Literal(value=str(new))) if old:
            return LONG // max(len(new), 1)
    return 0


def as_written(reference: Reference) -> tuple[ast.expr, ...]:
    """What prints with or instead of a block."""
    return constant(reference.prefix), constant(reference.unprinted), constant(reference.literal)


def _held(value: ast.expr) -> tuple[ast.expr, ast.expr]:
    """The value for its first use, and for those that follow at once."""
    return (value, value) if isinstance(value, ast.Name) else (bind("t", value), name("t"))


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


def _is_constant_string(expression: Expression) -> bool:
    return isinstance(expression, Literal) and isinstance(expression.value, str)


def _is_string(expression: Expression) -> bool:
    return isinstance(expression, Interpolated) or _is_constant_string(expression)


def nullable(expression: Expression) -> bool:
    """Whether an expression may have no value, so that #set does nothing."""
    if isinstance(expression, Reference):
        return expression.bare
    if isinstance(expression, RangeLiteral):
        return True
    return isinstance(expression, Chain) and expression.rest[0][0] in _ARITHMETIC
