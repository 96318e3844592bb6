"""Code for references and expressions.

All of it is Python expressions, which share one temporary variable `t`: a value is bound to it, tested and
used before the next is bound.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

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
    tuple_,
    type_is,
    when,
)
from gatewright.vtl.codegen.variables import LocalVariables, SharedVariables, Variables
from gatewright.vtl.dispatch import Call, call_site
from gatewright.vtl.errors import Position
from gatewright.vtl.nodes import (
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

    def place(self, position: Position) -> int:
        """The line number that stands for a position."""
        self.positions.append(position)
        return len(self.positions)

    def raw(self, reference: Reference) -> ast.expr:
        """The reference's value, None where it is missing or null."""
        plain = self._loop_place(reference)
        if plain is not None:
            return plain
        if reference.bare:
            return constant(None)
        value = self.variables.load(reference.root)
        for step in reference.steps:
            value = self.step(value, step)
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

    def step(self, target: ast.expr, step: Step) -> ast.expr:
        if isinstance(step, Property):
            return self._property(target, step.name)
        if isinstance(step, Index):
            return self._index(target, step.key)
        arguments = [self.value(argument) for argument in step.arguments]
        return when(
            is_(bind("t", target), NONE),
            NONE,
            call(self.site(step), name("rt"), name("t"), *arguments),
        )

    def _property(self, target: ast.expr, key: str) -> ast.expr:
        if key in ("class", "Class"):
            return call("get_property", target, constant(key))
        return when(
            type_is(bind("t", target), "dict"),
            call(attribute(name("t"), "get"), constant(key)),
            call("get_property", name("t"), constant(key)),
        )

    def _index(self, target: ast.expr, key: Expression) -> ast.expr:
        if isinstance(key, Literal) and isinstance(key.value, str):
            return when(
                type_is(bind("t", target), "dict"),
                call(attribute(name("t"), "get"), constant(key.value)),
                call("get_index", name("t"), constant(key.value)),
            )
        return call("get_index", target, self.value(key))

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
        return when(is_not(bind("t", self.raw(reference)), NONE), name("t"), EMPTY)

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
            return call("JavaList", items)
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
        return ast.Dict(keys, values)

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
        pieces = [
            constant(part.text) if isinstance(part, Text) else self._piece(part)
            for part in string.body
            if not isinstance(part, Text) or part.text
        ]
        code = call("joined", name("rt"), tuple_(pieces))
        mark(code, self.place(string.position))
        return code

    def _piece(self, part: object) -> ast.expr:
        assert isinstance(part, Reference)
        pieces = self.printed(part)
        return pieces[0] if len(pieces) == 1 else ast.BinOp(pieces[0], ast.Add(), pieces[1])

    def nested_string(self, string: Interpolated) -> ast.expr:
        """A string with directives, which is a function of its own."""
        raise NotImplementedError

    def printed(self, reference: Reference) -> Sequence[ast.expr]:
        """The strings that the reference prints."""
        prefix = [constant(reference.prefix)] if reference.prefix else []
        if reference.bare:
            return [*prefix, constant(reference.root)]
        return [*prefix, self.text_of(self.raw(reference))]

    def text_of(self, value: ast.expr) -> ast.expr:
        code = when(type_is(bind("t", value), "str"), name("t"), call("text", name("rt"), name("t")))
        line = getattr(value, "lineno", None)
        if line is not None:
            mark(code, line)
        return code

    def truth(self, expression: Expression) -> ast.expr:
        """A Python bool. Literals that are no Boolean, and sums, are false; so is a bare word."""
        if isinstance(expression, Reference):
            return constant(False) if expression.bare else is_not(self.raw(expression), constant(False))
        if isinstance(expression, Literal):
            return constant(expression.value is True)
        if isinstance(expression, Not):
            return ast.UnaryOp(ast.Not(), self.truth(expression.operand))
        if isinstance(expression, Chain) and expression.rest[0][0] not in _ARITHMETIC:
            return self._condition(expression)
        return constant(False)

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
        missing = when(is_not(name("t"), NONE), name("t"), EMPTY)
        return when(
            type_is(bind("t", self.raw(left)), "str"),
            compare(name("t"), ast.Eq() if operator == "eq" else ast.NotEq(), self.value(right)),
            self._comparison(operator, missing, self.value(right)),
        )

    def _comparison(self, operator: str, left: ast.expr, right: ast.expr) -> ast.expr:
        if operator in _ORDER:
            return call(_ORDER[operator], left, right)
        equal = call("equal", left, right)
        return equal if operator == "eq" else ast.UnaryOp(ast.Not(), equal)


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
