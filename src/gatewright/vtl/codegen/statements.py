"""Code for directives and text: the bodies of functions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from gatewright.vtl.codegen.analysis import Uses, uses_loop_place, walk
from gatewright.vtl.codegen.expressions import NONE, ExpressionCode, Loop, add_text, nullable, string_of
from gatewright.vtl.codegen.pyast import (
    STORE,
    assign,
    attribute,
    bind,
    call,
    compare,
    constant,
    function,
    if_,
    is_,
    is_not,
    lambda_,
    mark,
    name,
    tuple_,
)
from gatewright.vtl.limits import LONG
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
)

_NESTED_BRANCHES = 8  # an #if with more is not written as nested ifs, which Python bounds
_HEAVY = 100  # nodes in a loop's body from which on each round looks at the time
_PIECES = 24  # of one string of output
_COUNTERS = ("velocityCount", "velocityHasNext")


class StatementCode(ExpressionCode):
    """Generates a template's functions into `functions`; `main` is the template itself."""

    counts_rounds = False  # whether each loop keeps its index

    def __init__(self, uses: Uses) -> None:
        super().__init__(uses)
        self.functions: list[ast.stmt] = []
        self.macros: dict[str, tuple[tuple[str, ...], str]] = {}
        self._names = 0
        self._chains = 0
        self._kind = "template"  # what function is being written: template, macro, block or string
        self._handlers: dict[type, Callable[[Any], list[ast.stmt]]] = {
            Set: self.set_,
            If: self._if,
            Foreach: self.foreach,
            Define: self._define,
            MacroDefinition: self._macro,
            MacroCall: self._macro_call,
            Evaluate: self._evaluate,
            Include: self._include,
            Break: self._break,
            Stop: self._stop,
        }

    def _new_name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

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
        identifier = self._new_name(kind)
        self._function(identifier, body, ("rt", "c", "out"), kind)
        return identifier

    def nested_string(self, string: Interpolated) -> ast.expr:
        code = call("render_string", name("rt"), name("c"), name(self._body_function(string.body, "string")))
        mark(code, self.place(string.position))
        return code

    # Output

    def block(self, body: Block) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        pieces: list[ast.expr] = []
        for statement in body:
            if isinstance(statement, Text):
                add_text(pieces, statement.text)
            elif isinstance(statement, Reference):
                self._add_reference(statements, pieces, statement)
            else:
                self._flush(statements, pieces)
                statements.extend(self._statement(statement))
        self._flush(statements, pieces)
        return statements

    def _add_reference(
        self, statements: list[ast.stmt], pieces: list[ast.expr], reference: Reference
    ) -> None:
        if reference.escaped is not None:
            add_text(pieces, reference.prefix)
            self._add_escaped(pieces, reference, reference.escaped)
        elif self.uses.shared and not reference.bare:
            self._flush(statements, pieces)
            statements.append(self.emitted(reference))
        else:
            self.add_printed(pieces, reference)
        if len(pieces) > _PIECES:
            self._flush(statements, pieces)

    def emitted(self, reference: Reference) -> ast.stmt:
        code = call(
            "emit",
            name("rt"),
            name("c"),
            name("out"),
            self.raw(reference),
            constant(reference.prefix),
            constant(reference.unprinted),
        )
        mark(code, self.place(reference.position))
        return ast.Expr(code)

    def _add_escaped(self, pieces: list[ast.expr], reference: Reference, escaped: str) -> None:
        """An escaped argument of a macro prints as it was written in the call."""
        text: ast.expr = constant(escaped)
        if self.uses.macros:
            text = ast.BoolOp(ast.Or(), [call("get", constant(f".literal.{escaped}")), text])
        if reference.steps:
            text = call("second", self.raw(reference), text)
        if isinstance(text, ast.Constant):
            add_text(pieces, escaped)
        else:
            pieces.append(text)

    def _flush(self, statements: list[ast.stmt], pieces: list[ast.expr]) -> None:
        """Writes the pieces as one string; a long one is counted."""
        if not pieces:
            return
        text = string_of(pieces)
        append = attribute(name("out"), "append")
        if isinstance(text, ast.Constant):
            statements.append(ast.Expr(call(append, text)))
        else:
            length = call("len", name("s"))
            counted = ast.Expr(call(attribute(name("rt"), "printed"), length))
            statements += [
                ast.Expr(call(append, bind("s", text))),
                if_(compare(length, ast.Gt(), constant(LONG)), [counted]),
            ]
        pieces.clear()

    def _statement(self, statement: Statement) -> list[ast.stmt]:
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

    def condition(self, branch: Branch) -> ast.expr:
        return self.truth(branch.condition)

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

    def foreach(self, node: Foreach) -> list[ast.stmt]:
        if node.items is None:
            return []
        return self.loop_statements(node, node.items, self._new_name(""))

    def loop_statements(self, node: Foreach, collection: Expression, number: str) -> list[ast.stmt]:
        loop = Loop(f"i{number}", f"n{number}", f"f{number}")
        items, saved = f"l{number}", f"o{number}"
        line = self.place(node.position)
        before: list[ast.stmt] = [
            assign(f"w{items}", self.value(collection)),
            assign(items, call("loop_items", name("rt"), name(f"w{items}"))),
            assign(loop.size, call("len", name(items))),
            assign(saved, self.variables.load(node.variable)),
        ]
        enter, each, leave = self._loop_scope(loop)
        looping = self._loop(node, loop, items, each)
        if self.uses.shared and self.uses.breaks:
            looping = _until_break(looping)
        result = [*before, *enter, looping, self.variables.restore(node.variable, saved), *leave]
        for part in result:
            mark(part, line)
        return result

    def _loop(self, node: Foreach, loop: Loop, items: str, each: list[ast.stmt]) -> ast.stmt:
        self.loops.append(loop)
        body = self.block(node.body)
        self.loops.pop()
        body = body or [ast.Pass()]
        element = ast.Name("e" if self.uses.shared else f"v_{node.variable}", STORE)
        if self.uses.shared:
            each = [self.variables.store(node.variable, name("e")), *each]
        iterable: ast.expr = name(items)
        if self.uses.mutates or self.uses.macros:
            iterable = call("guarded", iterable, name(f"w{items}"))
        target: ast.expr = element
        if self.counts_rounds or not self.uses.plain_loops or uses_loop_place(node.body):
            target = ast.Tuple([ast.Name(loop.index, STORE), element], STORE)
            iterable = call("enumerate", iterable)
        return ast.For(target, iterable, [*each, *body, *self._back_edge(node.body)], [])

    def _loop_scope(self, loop: Loop) -> tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]:
        """What stands before a loop, at the start of each round and after it, to keep `$foreach`."""
        if self.uses.plain_loops:
            return [], [], []
        variables, scope = self.variables, loop.scope
        saved = {variable: f"{variable[8:9]}{scope}" for variable in _COUNTERS}
        place = ast.Assign([ast.Attribute(name(scope), "index", STORE)], name(loop.index))
        following = ast.BinOp(name(loop.index), ast.Add(), constant(1))
        enter = [
            assign(f"s{scope}", variables.load("foreach")),
            *(assign(saved[variable], variables.load(variable)) for variable in _COUNTERS),
            assign(scope, call("ForeachScope", name(loop.size), name(f"s{scope}"))),
            variables.store("foreach", name(scope)),
        ]
        each = [
            place,
            variables.store("velocityCount", following),
            variables.store("velocityHasNext", compare(following, ast.NotEq(), name(loop.size))),
        ]
        kept = is_(variables.load("foreach"), name(scope))  # a #set of $foreach outlives the loop
        leave = [
            if_(kept, [variables.restore("foreach", f"s{scope}")]),
            *(variables.restore(variable, saved[variable]) for variable in _COUNTERS),
        ]
        return enter, each, leave

    def _back_edge(self, body: Block) -> list[ast.stmt]:
        """Limits that grow with each round: the output, and the time of a long body."""
        statements: list[ast.stmt] = []
        nodes = list(walk(body))
        if any(isinstance(node, Text | Reference) for node in nodes):
            measured = compare(call("len", name("out")), ast.Gt(), attribute(name("rt"), "measured"))
            statements.append(if_(measured, [ast.Expr(call(attribute(name("rt"), "check_output")))]))
        if len(nodes) > _HEAVY:
            statements.append(ast.Expr(call(attribute(name("rt"), "check_time"))))
        return statements

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
            return [ast.Expr(call(attribute(name("out"), "append"), constant(node.source)))]
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
        return tuple_([lambda_(self.value(argument)), constant(None if scalar else written)])

    def _evaluate(self, node: Evaluate) -> list[ast.stmt]:
        code = call("evaluate", name("rt"), name("c"), name("out"), self.value(node.template))
        mark(code, self.place(node.position))
        return [ast.Expr(code)]

    def _include(self, node: Include) -> list[ast.stmt]:
        if not node.names:
            return []
        code = call("fail_include", self.value(node.names[0]))
        mark(code, self.place(node.position))
        return [ast.Expr(code)]

    def _break(self, node: object) -> list[ast.stmt]:
        """Out of the innermost loop; without one out of the macro or block, or of the template."""
        if self.loops:
            return [ast.Break()]
        if self._kind == "string":
            return [_raise("BreakLoop")]
        return self._stop(node) if self._kind == "template" else [ast.Return()]

    def _stop(self, node: object) -> list[ast.stmt]:
        return [_raise("StopRendering")] if self.uses.shared else [ast.Return()]


def _raise(exception: str) -> ast.stmt:
    return ast.Raise(call(exception), None)


def _until_break(loop: ast.stmt) -> ast.stmt:
    handler = ast.ExceptHandler(name("BreakLoop"), None, [ast.Pass()])
    return ast.Try([loop], [handler], [], [])
