"""Code for references: variables, properties, elements and calls of methods.

All of it is Python expressions, which share one temporary variable `t`: a value is bound to it, tested and
used before the next is bound.
"""

from __future__ import annotations

import ast
from abc import abstractmethod

from gatewright.vtl.codegen.analysis import Uses, loop_property
from gatewright.vtl.codegen.pyast import (
    attribute,
    bind,
    call,
    compare,
    constant,
    is_,
    mark,
    name,
    type_is,
    when,
)
from gatewright.vtl.codegen.variables import LocalVariables, SharedVariables, Variables
from gatewright.vtl.dispatch import Call, call_site
from gatewright.vtl.errors import Position
from gatewright.vtl.limits import LONG
from gatewright.vtl.nodes import Expression, Index, Literal, Method, Property, Reference, Step

NONE = constant(None)
EMPTY = constant("")


class Loop:
    """The loop that code is generated in: Python variables that hold its place."""

    def __init__(self, index: str, size: str, scope: str) -> None:
        self.index = index
        self.size = size
        self.scope = scope


class ReferenceCode:
    """Generates references of one template; collects the call sites and positions that they name."""

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
        plain = self.loop_place(reference)
        if plain is not None:
            return plain
        if reference.bare:
            return constant(None)
        value = self.load(reference.root)
        for step in reference.steps:
            value = self._step(value, step)
        mark(value, self.place(reference.position))
        return value

    def loop_place(self, reference: Reference) -> ast.expr | None:
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
        first, again = held(target)
        return when(
            type_is(first, "dict"),
            call(attribute(again, "get"), constant(key)),
            call(otherwise, again, constant(key)),
        )

    def call_method(self, target: ast.expr, method: Method) -> ast.expr:
        first, again = held(target)
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

    @abstractmethod
    def value(self, expression: Expression) -> ast.expr:
        """The code of an argument or index."""


def _longest_replaced(method: Method) -> int:
    """Of a `replace` with literals, which templates escape text with: the greatest length of a string whose
    result cannot be a long one, so that nothing has to be counted. 0 for all other methods."""
    if method.name != "replace" or not all(map(is_constant_string, method.arguments)):
        return 0
    match method.arguments:
        case (Literal(value=str(old)), Literal(value=str(new))) if old:
            return LONG // max(len(new), 1)
    return 0


def as_written(reference: Reference) -> tuple[ast.expr, ...]:
    """What prints with or instead of a block."""
    return constant(reference.prefix), constant(reference.unprinted), constant(reference.literal)


def held(value: ast.expr) -> tuple[ast.expr, ast.expr]:
    """The value for its first use, and for those that follow at once."""
    return (value, value) if isinstance(value, ast.Name) else (bind("t", value), name("t"))


def is_constant_string(expression: Expression) -> bool:
    return isinstance(expression, Literal) and isinstance(expression.value, str)
