"""`$input`: the payload and the request's parameters."""

from __future__ import annotations

from typing import ClassVar

from gatewright.gateway.exchange import Exchange
from gatewright.jsonpath import MISSING, InvalidPath, PathError, compile_path, json_smart
from gatewright.vtl import SCALAR, STRING, HostObject, Method, MethodFailed, to_text

EMPTY = "{}"  # what an empty payload reads as
NOTHING = '""'  # how $input.json writes what is not there
_UNREAD = object()
MOST_VALUES = 1_000_000  # written of a payload that the template may have changed


class Input(HostObject):
    """The payload is parsed when a path is first asked of it, and then shared: a template that changes it
    sees its change."""

    __slots__ = ("_changed", "_document", "_exchange", "_text")

    def __init__(self, exchange: Exchange, text: str, changed: bool) -> None:
        """`changed`: whether the template has a way to change the payload."""
        self._exchange = exchange
        self._text = text or EMPTY
        self._changed = changed
        self._document: object = _UNREAD

    def get(self, name: str) -> object:
        return self._text if name == "body" else None

    def json(self, path: str) -> str:
        """The value at `path` as JSON text; `""` in quotes when there is none, or null."""
        found = self._find(path)
        if found is None:
            return NOTHING
        if self._changed:
            _check_size(found)
        return json_smart.dumps(found)

    def path(self, path: str) -> object:
        """The value at `path` itself; None when there is none, or null."""
        return self._find(path)

    def all_params(self) -> dict[str, dict[str, str]]:
        exchange = self._exchange
        return {
            "path": dict(exchange.path_parameters),
            "querystring": {name: exchange.query[name][-1] for name in sorted(exchange.query)},
            "header": dict(exchange.headers),
        }

    def param(self, name: str) -> str | None:
        """Of the path, else of the query string, else of the headers; names are case-sensitive."""
        exchange = self._exchange
        found = exchange.path_parameters.get(name)
        if found is not None:
            return found
        values = exchange.query.get(name)
        return exchange.headers.get(name) if values is None else values[-1]

    def _find(self, path: str) -> object:
        """Raises MethodFailed for a path that is none, ParseError for a payload that is no JSON."""
        if self._document is _UNREAD:
            self._document = json_smart.parse(self._text)
        try:
            found = compile_path(path).read(self._document)
        except (InvalidPath, PathError) as error:
            raise MethodFailed(str(error)) from None
        return None if found is MISSING else found

    methods: ClassVar = {
        "json": Method(json, (STRING,)),
        "path": Method(path, (STRING,)),
        "params": (
            Method(all_params),
            Method(param, (STRING,)),
            Method(lambda self, name: self.param(to_text(name)), (SCALAR,)),
        ),
    }


def _check_size(document: object) -> None:
    """Raises MethodFailed for a payload that lists holding themselves several times have blown up."""
    waiting, count = [document], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        count += 1
        if count + len(waiting) > MOST_VALUES:
            raise MethodFailed(f"the payload has grown to more than {MOST_VALUES} values")
