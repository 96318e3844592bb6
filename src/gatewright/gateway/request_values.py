"""The expressions that name a value of a request: in parameter mappings and in gateway responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatewright.gateway.context import compile_context
from gatewright.gateway.exchange import Exchange
from gatewright.jsonpath import MISSING, InvalidPath, Path, PathError, compile_path, json_smart

Value = str | list[str] | None  # None: the request has no such value
Read = Callable[[Exchange], Value]

NAME = r"[a-zA-Z0-9._$-]+"
_PARAMETER = re.compile(rf"method\.request\.([a-z]+)\.({NAME})")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a constant (which may be None, a value that never is), or a function."""

    constant: str | None
    read: Read | None = None


def compile_source(expression: str, variables: Mapping[str, str]) -> Source:
    """Read `method.request.…`, `context.…`, `stageVariables.…` or a static `'text'`.

    Raises ValueError naming an expression that is none of them.
    """
    fixed = compile_common(expression, variables)
    if fixed is not None:
        return fixed
    if expression == "method.request.body":
        return Source(None, _body)
    path = compile_body_path(expression, "method.request.body")
    if path is not None:
        return Source(None, lambda exchange: path.text(exchange.document))
    match = _PARAMETER.fullmatch(expression)
    make = _LOCATIONS.get(match[1]) if match else None
    if match is None or make is None:
        raise ValueError(f"{expression!r} is no mapping expression")
    return Source(None, make(match[2]))


def compile_common(expression: str, variables: Mapping[str, str]) -> Source | None:
    """The expressions that mean the same on both sides of an integration; None for any other."""
    if len(expression) > 1 and expression[0] == expression[-1] == "'":
        return Source(expression[1:-1])
    if expression.startswith("stageVariables."):
        return Source(variables.get(expression.removeprefix("stageVariables.")))
    if expression.startswith("context."):
        return Source(None, compile_context(expression.removeprefix("context.")))
    return None


class BodyPath:
    """A JSONPath into a body."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def text(self, document: object) -> str | None:
        """What it finds, objects and arrays as JSON; None for nothing or null."""
        try:
            found = self._path.read(document)
        except PathError:
            return None
        if found is MISSING or found is None:
            return None
        return found if isinstance(found, str) else json_smart.dumps(found)

    def read(self, document: object) -> bytes | None:
        text = self.text(document)
        return None if text is None else text.encode("utf-8", "replace")


def compile_body_path(expression: str, body: str) -> BodyPath | None:
    """The path of `⟨body⟩.a.b` or `⟨body⟩[0]`; None for another expression. Raises ValueError for no path."""
    rest = expression.removeprefix(body)
    if rest == expression or rest[:1] not in (".", "["):
        return None
    try:
        return BodyPath(compile_path("$" + rest))
    except InvalidPath as error:
        raise ValueError(f"{expression!r} is no mapping expression: {error}") from None


def _body(exchange: Exchange) -> str:
    return exchange.body.decode("utf-8", "replace") or "{}"


def _path(name: str) -> Read:
    return lambda exchange: exchange.path_parameters.get(name)


def _header(name: str) -> Read:
    return lambda exchange: exchange.headers.get(name)


def _multi_value_header(name: str) -> Read:
    def read(exchange: Exchange) -> str | None:
        values = exchange.multi_headers.get(name)
        return None if values is None else ",".join(values)

    return read


def _query_string(name: str) -> Read:
    def read(exchange: Exchange) -> str | None:
        values = exchange.query.get(name)
        return None if values is None else values[-1]

    return read


def _multi_value_query_string(name: str) -> Read:
    return lambda exchange: exchange.query.get(name)


_LOCATIONS: Mapping[str, Callable[[str], Read]] = {
    "header": _header,
    "multivalueheader": _multi_value_header,
    "multivaluequerystring": _multi_value_query_string,
    "path": _path,
    "querystring": _query_string,
}
