"""How generated code reads and writes a template's variables."""

from __future__ import annotations

import ast
from typing import Protocol

from gatewright.vtl.codegen.pyast import assign, attribute, call, constant, name


class Variables(Protocol):
    """Reads give None for a variable that is not set."""

    def load(self, variable: str) -> ast.expr: ...

    def store(self, variable: str, value: ast.expr) -> ast.stmt: ...

    def restore(self, variable: str, saved: str) -> ast.stmt:
        """Sets back the value that stands in the Python variable `saved`; None unsets it."""


class LocalVariables:
    """Python's locals. Their names cannot clash: a template's identifier begins with no digit."""

    def load(self, variable: str) -> ast.expr:
        return name(f"v_{variable}")

    def store(self, variable: str, value: ast.expr) -> ast.stmt:
        return assign(f"v_{variable}", value)

    def restore(self, variable: str, saved: str) -> ast.stmt:
        return assign(f"v_{variable}", name(saved))


class SharedVariables:
    """A `Context`, called `c` in generated code; `get` is its method."""

    def load(self, variable: str) -> ast.expr:
        return call("get", constant(variable))

    def store(self, variable: str, value: ast.expr) -> ast.stmt:
        return ast.Expr(call(attribute(name("c"), "put"), constant(variable), value))

    def restore(self, variable: str, saved: str) -> ast.stmt:
        return ast.Expr(call(attribute(name("c"), "restore"), constant(variable), name(saved)))
