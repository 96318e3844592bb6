"""Short names for the pieces of Python's syntax tree that generated code is made of."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

LOAD = ast.Load()
STORE = ast.Store()


_IS = ast.Is()
_IS_NOT = ast.IsNot()


@lru_cache(maxsize=1024)
def name(identifier: str) -> ast.Name:
    """One node for all uses: nothing can fail there, so that no position is needed."""
    return ast.Name(identifier, LOAD, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)


def constant(value: object) -> ast.Constant:
    return ast.Constant(value)  # type: ignore[arg-type]  # only strings, numbers, Booleans and None get here


def call(function: str | ast.expr, *arguments: ast.expr) -> ast.Call:
    target = name(function) if isinstance(function, str) else function
    return ast.Call(target, list(arguments), [])


def attribute(value: ast.expr, attr: str) -> ast.Attribute:
    return ast.Attribute(value, attr, LOAD)


def bind(identifier: str, value: ast.expr) -> ast.NamedExpr:
    return ast.NamedExpr(ast.Name(identifier, STORE), value)


def is_(left: ast.expr, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [_IS], [right])


def is_not(left: ast.expr, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [_IS_NOT], [right])


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [operator], [right])


def when(test: ast.expr, body: ast.expr, orelse: ast.expr) -> ast.IfExp:
    return ast.IfExp(test, body, orelse)


def type_is(value: ast.expr, kind: str) -> ast.Compare:
    return is_(call("type", value), name(kind))


def tuple_(items: Iterable[ast.expr]) -> ast.Tuple:
    return ast.Tuple(list(items), LOAD)


def assign(identifier: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(identifier, STORE)], value)


def if_(test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt] | None = None) -> ast.If:
    return ast.If(test, body or [ast.Pass()], orelse or [])


def function(identifier: str, parameters: Iterable[str], body: list[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(parameter) for parameter in parameters],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    return ast.FunctionDef(identifier, arguments, body or [ast.Pass()], [])


def lambda_(body: ast.expr) -> ast.Lambda:
    arguments = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(arguments, body)


_PLACED = (ast.expr, ast.stmt, ast.arg, ast.excepthandler)


def mark(node: ast.AST, line: int) -> None:
    """Gives the node, and all in it, a line; what has one keeps it, with all that is in it."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, _PLACED):
            if hasattr(current, "lineno"):
                continue
            current.lineno = current.end_lineno = line
            current.col_offset = current.end_col_offset = 0
        for field in current._fields:
            value = getattr(current, field)
            if isinstance(value, list):
                pending.extend(item for item in value if isinstance(item, ast.AST))
            elif isinstance(value, ast.AST):
                pending.append(value)
