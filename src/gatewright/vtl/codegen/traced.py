"""Code that tells what it does: the same as `statements`, with calls of `tracing` in it."""

from __future__ import annotations

import ast

from gatewright.vtl.codegen.pyast import LOAD, assign, bind, call, constant, is_, mark, name, when
from gatewright.vtl.codegen.references import NONE, as_written
from gatewright.vtl.codegen.statements import StatementCode
from gatewright.vtl.errors import Position
from gatewright.vtl.nodes import Branch, Expression, Foreach, Method, Reference, Set


class TracedCode(StatementCode):
    """Generates the traced variant of a template's functions."""

    counts_rounds = True

    def _position(self, position: Position) -> ast.expr:
        return ast.Subscript(name("positions"), constant(self.place(position) - 1), LOAD)

    def load(self, variable: str) -> ast.expr:
        return call("traced_variable", name("rt"), super().load(variable))

    def get_property(self, target: ast.expr, key: str) -> ast.expr:
        return call("traced_property", name("rt"), target, constant(key))

    def get_index(self, target: ast.expr, key: Expression) -> ast.expr:
        return call("traced_index", name("rt"), target, self.value(key))

    def call_method(self, target: ast.expr, method: Method) -> ast.expr:
        arguments = [self.value(argument) for argument in method.arguments]
        called = call(
            "traced_call",
            name("rt"),
            constant(method.name),
            name(self.site(method)),
            name("t"),
            *arguments,
        )
        return when(is_(bind("t", target), NONE), NONE, called)

    def text_of(self, value: ast.expr, position: Position) -> ast.expr:
        code = call("traced_text", name("rt"), value, self._position(position))
        mark(code, self.place(position))
        return code

    def printed(self, reference: Reference) -> ast.expr:
        place = self._position(reference.position)
        value = self.raw(reference)
        code = call("traced_printed", name("rt"), name("c"), value, *as_written(reference), place)
        mark(code, self.place(reference.position))
        return code

    def emitted(self, reference: Reference) -> ast.stmt:
        code = call(
            "traced_emit",
            name("rt"),
            name("c"),
            name("out"),
            self.raw(reference),
            *as_written(reference),
            self._position(reference.position),
        )
        mark(code, self.place(reference.position))
        return ast.Expr(code)

    def set_(self, node: Set) -> list[ast.stmt]:
        target = constant(node.target.position.source)
        told = ast.Expr(call("traced_set", name("rt"), name("s"), target, self._position(node.position)))
        return [*self.assigned(node), told]

    def condition(self, branch: Branch) -> ast.expr:
        return call(
            "traced_condition", name("rt"), self.truth(branch.condition), self._position(branch.position)
        )

    def loop_statements(self, node: Foreach, number: str) -> list[ast.stmt]:
        statements = super().loop_statements(node, number)
        place = self._position(node.position)
        told = call("traced_loop", name("rt"), name(f"l{number}"), name(f"i{number}"), place)
        mark(told, self.place(node.position))
        return [assign(f"i{number}", constant(-1)), *statements, ast.Expr(told)]
