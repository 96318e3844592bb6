"""Code for what a template prints: runs of text and references, as one string each."""

from __future__ import annotations

import ast
from abc import abstractmethod

from gatewright.vtl.codegen.analysis import is_plain
from gatewright.vtl.codegen.expressions import ExpressionCode, add_text, string_of
from gatewright.vtl.codegen.pyast import (
    attribute,
    bind,
    call,
    compare,
    constant,
    if_,
    mark,
    name,
    when,
)
from gatewright.vtl.codegen.references import as_written
from gatewright.vtl.limits import LONG
from gatewright.vtl.nodes import (
    Block,
    Branch,
    If,
    Reference,
    Statement,
    Text,
)

_PIECES = 24  # of one string of output
_CHOICES = 4  # branches of an #if, and pieces in each, that are written as one expression


class OutputCode(ExpressionCode):
    """Generates the statements of a block."""

    @abstractmethod
    def statement(self, statement: Statement) -> list[ast.stmt]:
        """The code of a directive."""

    def block(self, body: Block) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        pieces: list[ast.expr] = []
        for statement in body:
            if isinstance(statement, Text):
                add_text(pieces, statement.text)
            elif isinstance(statement, Reference):
                self._add_reference(statements, pieces, statement)
            elif isinstance(statement, If) and self._is_choice(statement):
                pieces.append(self._choice(statement))
            else:
                self._flush(statements, pieces)
                statements.extend(self.statement(statement))
        self._flush(statements, pieces)
        return statements

    def condition(self, branch: Branch) -> ast.expr:
        return self.truth(branch.condition)

    def _is_choice(self, node: If) -> bool:
        """Whether an #if only chooses between short pieces of text and references."""
        bodies = [*(branch.body for branch in node.branches), node.otherwise]
        return (
            not self.uses.shared
            and len(node.branches) <= _CHOICES
            and all(len(body) <= _CHOICES and is_plain(body) for body in bodies)
        )

    def _choice(self, node: If) -> ast.expr:
        """One string; the branches are tried in their order."""
        code = self._plain(node.otherwise)
        for branch in reversed(node.branches):
            test = self.condition(branch)
            mark(test, self.place(branch.position))
            code = when(test, self._plain(branch.body), code)
        return code

    def _plain(self, body: Block) -> ast.expr:
        pieces: list[ast.expr] = []
        self.add_plain(pieces, body)
        return string_of(pieces)

    def _add_reference(
        self, statements: list[ast.stmt], pieces: list[ast.expr], reference: Reference
    ) -> None:
        if reference.escaped:
            if self.uses.macros:  # whose arguments may end the rendering
                self._flush(statements, pieces)
            add_text(pieces, reference.prefix)
            self._add_escaped(pieces, reference)
        elif self.uses.shared and not reference.bare:
            self._flush(statements, pieces)
            statements.append(self.emitted(reference))
        else:
            self.add_printed(pieces, reference)
        if len(pieces) > _PIECES:
            self._flush(statements, pieces)

    def emitted(self, reference: Reference) -> ast.stmt:
        code = call("emit", name("rt"), name("c"), name("out"), self.raw(reference), *as_written(reference))
        mark(code, self.place(reference.position))
        return ast.Expr(code)

    def _add_escaped(self, pieces: list[ast.expr], reference: Reference) -> None:
        """An escaped argument of a macro prints as it was written in the call."""
        text: ast.expr = constant(reference.literal)
        if self.uses.macros:
            text = call("literal", name("c"), text)
        if reference.steps or self.uses.macros:  # whose arguments may do something
            text = call("second", self.raw(reference), text)
        if isinstance(text, ast.Constant):
            add_text(pieces, reference.literal)
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
            if len(str(text.value)) > LONG:
                printed = call(attribute(name("rt"), "printed"), constant(len(str(text.value))))
                statements.append(ast.Expr(printed))
        else:
            length = call("len", name("s"))
            counted = ast.Expr(call(attribute(name("rt"), "printed"), length))
            statements += [
                ast.Expr(call(append, bind("s", text))),
                if_(compare(length, ast.Gt(), constant(LONG)), [counted]),
            ]
        pieces.clear()
