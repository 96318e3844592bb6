"""Code for directives and text: the bodies of functions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from gatewright.vtl.codegen.analysis import Uses
from gatewright.vtl.codegen.expressions import nullable
from gatewright.vtl.codegen.loops import LoopCode
from gatewright.vtl.codegen.pyast import (
    assign,
    attribute,
    call,
    constant,
    function,
    if_,
    is_not,
    lambda_,
    mark,
    name,
    tuple_,
)
from gatewright.vtl.codegen.references import NONE
from gatewright.vtl.nodes import (
    Block,
    Break,
    Define,
    Evaluate,
    Expression,
    Foreach,
    If,
    Include,
    Index,
    Interpolated,
    Literal,
    MacroCall,
    MacroDefinition,
    Property,
    Reference,
    Set,
    Statement,
    Stop,
    Text,
    Unrendered,
)

_NESTED_BRANCHES = 8  # an #if with more is not written as nested ifs, which Python bounds


class StatementCode(LoopCode):
    """Generates a template's functions into `functions`; `main` is the template itself."""

    def __init__(self, uses: Uses) -> None:
        super().__init__(uses)
        self.functions: list[ast.stmt] = []
        self.macros: dict[str, tuple[tuple[str, ...], str]] = {}
        self._chains = 0
        self._kind = "template"  # what function is being written: template, macro, block or string
        self._handlers: dict[type, Callable[[Any], list[ast.stmt]]] = {
            Set: self.set_,
            If: self._if,
            Foreach: self.foreach,
            Unrendered: self._unrendered,
            Define: self._define,
            MacroDefinition: self._macro,
            MacroCall: self._macro_call,
            Evaluate: self._evaluate,
            Include: self._include,
            Break: self._break,
            Stop: self._stop,
        }

    # Functions

    def main(self, template: Block) -> None:
        if self.uses.shared:
            self._function("main", template, ("rt", "c", "out"), self._kind)
            return
        loads: list[ast.stmt] = [
            assign(f"v_{variable}", call("get", constant(variable))) for variable in self.uses.variables
        ]
        body = self.block(template)
        self.functions.append(function("main", ("rt", "get", "out"), [*loads, *body]))

    def _function(self, identifier: str, body: Block, parameters: tuple[str, ...], kind: str) -> None:
        outer = self._kind, self.loops
        self._kind, self.loops = kind, []
        statements = self.block(body)
        self._kind, self.loops = outer
        get = assign("get", attribute(name("c"), "get"))
        self.functions.append(function(identifier, parameters, [get, *statements]))

    def _body_function(self, body: Block, kind: str) -> str:
        identifier = self.new_name(kind)
        self._function(identifier, body, ("rt", "c", "out"), kind)
        return identifier

    def nested_string(self, string: Interpolated) -> ast.expr:
        code = call("render_string", name("rt"), name("c"), name(self._body_function(string.body, "string")))
        mark(code, self.place(string.position))
        return code

    def statement(self, statement: Statement) -> list[ast.stmt]:
        return self._handlers[type(statement)](statement)

    # Directives

    def set_(self, node: Set) -> list[ast.stmt]:
        if not node.target.steps and node.target.assignable and not nullable(node.value):
            result = [self.variables.store(node.target.root, self.value(node.value))]
        else:
            result = self.assigned(node)
        line = self.place(node.position)
        for statement in result:
            mark(statement, line)
        return result

    def assigned(self, node: Set) -> list[ast.stmt]:
        """The value in the Python variable `s`, and stored if there is one."""
        evaluated = assign("s", self.value(node.value))
        if not node.target.assignable:
            return [evaluated]
        stored = self._assignment(node.target, name("s"))
        return [evaluated, if_(is_not(name("s"), NONE), [stored]) if nullable(node.value) else stored]

    def _assignment(self, target: Reference, value: ast.expr) -> ast.stmt:
        if not target.steps:
            return self.variables.store(target.root, value)
        container = Reference(target.position, target.root, target.steps[:-1])
        last = target.steps[-1]
        if isinstance(last, Property):
            return ast.Expr(call("set_property", name("rt"), self.raw(container), constant(last.name), value))
        if isinstance(last, Index):
            return ast.Expr(call("set_index", name("rt"), self.raw(container), self.value(last.key), value))
        return ast.Expr(self.raw(target))

    def _if(self, node: If) -> list[ast.stmt]:
        if len(node.branches) > _NESTED_BRANCHES:
            return self._flat_if(node)
        written: list[tuple[ast.expr, list[ast.stmt]]] = []  # in their order, which decides between macros
        for branch in node.branches:
            test = self.condition(branch)
            mark(test, self.place(branch.position))
            written.append((test, self.block(branch.body)))
        orelse = self.block(node.otherwise)
        for test, body in reversed(written):
            orelse = [if_(test, body, orelse)]
        return orelse

    def _flat_if(self, node: If) -> list[ast.stmt]:
        """A long chain: a variable says whether a branch is still to be found."""
        self._chains += 1
        pending = f"p{self._chains}"
        statements: list[ast.stmt] = [assign(pending, constant(True))]
        for branch in node.branches:
            test = self.condition(branch)
            mark(test, self.place(branch.position))
            body: list[ast.stmt] = [assign(pending, constant(False)), *self.block(branch.body)]
            statements.append(if_(ast.BoolOp(ast.And(), [name(pending), test]), body))
        otherwise = self.block(node.otherwise)
        return [*statements, if_(name(pending), otherwise)] if otherwise else statements

    def _unrendered(self, node: Unrendered) -> list[ast.stmt]:
        self.block(node.body)  # defines its macros
        if node.fault is None:
            return self.block((Text(node.text),))
        code = call("fail", constant(node.fault))
        mark(code, self.place(node.position))
        return [ast.Expr(code)]

    def _define(self, node: Define) -> list[ast.stmt]:
        block = call("Block", name("rt"), name("c"), name(self._body_function(node.body, "block")))
        return [self.variables.store(node.name, block)]

    def _macro(self, node: MacroDefinition) -> list[ast.stmt]:
        """The first definition of a name holds, wherever it stands."""
        identifier = self._body_function(node.body, "macro")
        self.macros.setdefault(node.name, (node.parameters, identifier))
        return []

    def _macro_call(self, node: MacroCall) -> list[ast.stmt]:
        if not self.uses.macros:
            return self.block((Text(node.source),))
        body = NONE if node.body is None else name(self._body_function(node.body, "block"))
        code = call(
            "call_macro",
            name("rt"),
            name("c"),
            name("out"),
            constant(node.name),
            tuple_(self._by_name(*argument) for argument in node.arguments),
            body,
            constant(node.source),
            constant(node.invalid),
        )
        mark(code, self.place(node.position))
        return [ast.Expr(code)]

    def _by_name(self, argument: Expression, written: str) -> ast.expr:
        """A macro's argument: code that is run at each use, and how it is written if that is no number."""
        scalar = isinstance(argument, Literal) and not isinstance(argument.value, str)
        if isinstance(argument, Reference) and not argument.steps:
            value = self.raw(argument)  # only a variable can be null
        else:
            value = self.value(argument)
        return tuple_([lambda_(value), constant(None if scalar else written)])

    def _evaluate(self, node: Evaluate) -> list[ast.stmt]:
        code = call("evaluate", name("rt"), name("c"), name("out"), self.value(node.template))
        mark(code, self.place(node.position))
        return [ast.Expr(code)]

    def _include(self, node: Include) -> list[ast.stmt]:
        if not node.names:
            return []
        code = call("fail", constant("there is nothing to include or parse"))
        mark(code, self.place(node.position))
        return [ast.Expr(code)]

    def _break(self, node: Break) -> list[ast.stmt]:
        """Out of the innermost loop; without one out of the macro or block, or of the template."""
        if node.loop is not None:
            code = call("break_out", self.value(node.loop))
            mark(code, self.place(node.position))
            return [ast.Expr(code)]
        if self.loops:
            return [ast.Break()]
        if self._kind == "string":
            return [_raise("BreakLoop")]
        return self._stop(node) if self._kind == "template" else [ast.Return()]

    def _stop(self, node: object) -> list[ast.stmt]:
        return [_raise("StopRendering")] if self.uses.shared else [ast.Return()]


def _raise(exception: str) -> ast.stmt:
    return ast.Raise(call(exception), None)
