"""Code for #foreach."""

from __future__ import annotations

import ast

from gatewright.vtl.codegen.analysis import uses_loop_place, walk
from gatewright.vtl.codegen.output import OutputCode
from gatewright.vtl.codegen.pyast import (
    STORE,
    assign,
    attribute,
    call,
    compare,
    constant,
    if_,
    is_,
    is_not,
    mark,
    name,
)
from gatewright.vtl.codegen.references import Loop
from gatewright.vtl.nodes import (
    Block,
    Foreach,
    If,
    MacroCall,
    Reference,
    Set,
    Text,
)

_HEAVY = 100  # nodes in a loop's body from which on each round looks at the time and the output
_DIRECTIVES = (Set, If, Foreach, MacroCall)  # where the output of a loop's body is cut into pieces
_FEW = 4  # of them, in a body whose output is looked at after the loop
_COUNTERS = ("velocityCount", "velocityHasNext")


class LoopCode(OutputCode):
    """Generates loops, and what keeps `$foreach` where templates ask for more than its place."""

    counts_rounds = False  # whether each loop keeps its index

    def new_name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def foreach(self, node: Foreach) -> list[ast.stmt]:
        return self.loop_statements(node, self.new_name(""))

    def loop_statements(self, node: Foreach, number: str) -> list[ast.stmt]:
        loop = Loop(f"i{number}", f"n{number}", f"f{number}")
        items, saved = f"l{number}", f"o{number}"
        line = self.place(node.position)
        before: list[ast.stmt] = [
            assign(f"w{items}", self.value(node.items)),
            assign(items, call("loop_items", name("rt"), name(f"w{items}"))),
            assign(loop.size, call("len", name(items))),
            assign(saved, self.variables.load(node.variable)),
        ]
        enter, each, leave = self._loop_scope(loop)
        leave = [self.variables.restore(node.variable, saved), *leave]
        round_end, loop_end = self._checks(node.body)
        looping = self._loop(node, loop, items, each, round_end)
        if self.uses.shared and self.uses.breaks:
            looping = _until_break(looping, loop, leave)
        rounds = [*enter, looping, *loop_end, *leave]
        if self.uses.macros:  # which see that a variable is restored
            rounds = [if_(is_not(name(items), name("NOTHING")), rounds)]
        result = [*before, *rounds]
        for part in result:
            mark(part, line)
        return result

    def _loop(
        self, node: Foreach, loop: Loop, items: str, each: list[ast.stmt], back_edge: list[ast.stmt]
    ) -> ast.stmt:
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
        return ast.For(target, iterable, [*each, *body, *back_edge], [])

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

    def _checks(self, body: Block) -> tuple[list[ast.stmt], list[ast.stmt]]:
        """What looks at the limits that grow with each round, at the end of each round and of the loop.

        The time is looked at in each round of a large body. So is the output, which a small body's rounds, of
        a limited number, make too little longer to matter before the last; a loop in it has its own look.
        """
        nodes = list(walk(body))
        is_large = len(nodes) > _HEAVY
        time: list[ast.stmt] = [ast.Expr(call(attribute(name("rt"), "check_time")))] if is_large else []
        if not any(isinstance(node, Text | Reference) for node in nodes):
            return time, []
        measured = compare(call("len", name("out")), ast.Gt(), attribute(name("rt"), "measured"))
        output: list[ast.stmt] = [if_(measured, [ast.Expr(call(attribute(name("rt"), "check_output")))])]
        pieces = sum(isinstance(node, _DIRECTIVES) for node in nodes)
        if is_large or pieces > _FEW or self.uses.shared:
            return [*output, *time], []
        return [], output


def _until_break(looping: ast.stmt, loop: Loop, leave: list[ast.stmt]) -> ast.stmt:
    """The loop, which a #break in another function can end, or leave for a loop further out."""
    further = if_(call("goes_on", name("leaving"), name(loop.scope)), [*leave, ast.Raise()])
    handler = ast.ExceptHandler(name("BreakLoop"), "leaving", [further])
    return ast.Try([looping], [handler], [], [])
