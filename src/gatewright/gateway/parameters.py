"""Parameter mappings: `integration.request.…` of the request, `method.response.header.…` of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from gatewright.gateway import header_rules
from gatewright.gateway.errors import configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.field_values import breaks_lines
from gatewright.gateway.plan import IntegrationAnswer
from gatewright.gateway.request_values import (
    NAME,
    BodyPath,
    Source,
    Value,
    compile_body_path,
    compile_common,
    compile_source,
)
from gatewright.gateway.trace import Trace, shown_fields
from gatewright.jsonpath import json_smart
from gatewright.wire.types import Field

_REQUEST_TARGET = re.compile(rf"integration\.request\.(path|querystring|header)\.({NAME})")
_RESPONSE_TARGET = re.compile(rf"method\.response\.header\.({NAME})")
_ANSWER_HEADER = re.compile(rf"integration\.response\.(multivalueheader|header)\.({NAME})")


class Mapped(NamedTuple):
    """What the mappings of one request came to. Never changed: mappings of constants share one."""

    path: dict[str, str]
    query: dict[str, list[str]]
    headers: list[Field]


NOTHING_MAPPED = Mapped({}, {}, [])


def tell_mapped(trace: Trace, step: Literal["parameter mapping", "request override"], mapped: Mapped) -> None:
    query = {name: ",".join(values) for name, values in mapped.query.items()}
    trace.add(step, path=mapped.path, query=query, headers=shown_fields(mapped.headers))


class RequestMappings:
    """An integration's request parameters, compiled."""

    __slots__ = ("_constant", "_headers", "_illegal", "_known", "_path", "_query")

    def __init__(
        self,
        path: list[tuple[str, Source]],
        query: list[tuple[str, Source]],
        headers: list[tuple[bytes, Source]],
        illegal: list[tuple[str, Source]],
    ) -> None:
        self._path = path
        self._query = query
        self._headers = headers
        self._illegal = illegal
        self._constant = not illegal and all(source.read is None for _, source in (*path, *query, *headers))
        self._known: Mapped | None = None  # what constant mappings come to

    def apply(self, exchange: Exchange) -> Mapped:
        """The mapped parameters; a source without a value leaves its target out.

        Raises GatewayError 500 when a header that may not be mapped gets a value, or when a header's value
        holds a line break.
        """
        mapped = self._known
        if mapped is None:
            mapped = self._mapped(exchange)
        if exchange.tracing is not None:
            tell_mapped(exchange.tracing, "parameter mapping", mapped)
        return mapped

    def _mapped(self, exchange: Exchange) -> Mapped:
        for name, source in self._illegal:
            if _value(source, exchange) is not None:
                raise configuration_error(f"{name} header already present", traced=False)
        mapped = Mapped(
            self._mapped_path(exchange), self._mapped_query(exchange), self._mapped_headers(exchange)
        )
        if self._constant:
            self._known = mapped
        return mapped

    def _mapped_path(self, exchange: Exchange) -> dict[str, str]:
        path = {}
        for name, source in self._path:
            value = _value(source, exchange)
            if value is not None:
                path[name] = _joined(value)
        return path

    def _mapped_query(self, exchange: Exchange) -> dict[str, list[str]]:
        query = {}
        for name, source in self._query:
            value = _value(source, exchange)
            if value is not None:
                query[name] = [value] if isinstance(value, str) else value
        return query

    def _mapped_headers(self, exchange: Exchange) -> list[Field]:
        headers = []
        for name, source in self._headers:
            value = _value(source, exchange)
            if value is not None:
                headers.append((name, _field_value(name, _joined(value).encode())))
        return headers


def _value(source: Source, exchange: Exchange) -> Value:
    return source.constant if source.read is None else source.read(exchange)


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _field_value(name: bytes, value: bytes) -> bytes:
    if breaks_lines(value):
        raise configuration_error(
            f"The value mapped to header {name.decode()} holds a line break or a NUL character", traced=False
        )
    return value


def compile_request_mappings(
    request_parameters: Mapping[str, str], integration_type: str, variables: Mapping[str, str]
) -> RequestMappings | None:
    """None where no mapping can have an effect. Raises ValueError naming a target or expression that is
    none."""
    unused = integration_type in ("AWS_PROXY", "MOCK")  # they call nothing that takes parameters
    dropped = header_rules.drop_after_mapping(integration_type)
    targets: dict[str, list[tuple[str, Source]]] = {"path": [], "querystring": []}
    headers: list[tuple[bytes, Source]] = []
    illegal: list[tuple[str, Source]] = []
    for target, expression in request_parameters.items():
        location, name = _request_target(target)
        source = compile_source(expression, variables)
        if location == "header" and header_rules.illegal_target(integration_type, name):
            illegal.append((name, source))
        elif unused:
            continue
        elif location != "header":
            targets[location].append((name, source))
        elif name.lower().encode() not in dropped:
            headers.append((name.encode(), _checked(target, source)))
    if not (targets["path"] or targets["querystring"] or headers or illegal):
        return None
    return RequestMappings(targets["path"], targets["querystring"], headers, illegal)


def _request_target(target: str) -> tuple[str, str]:
    match = _REQUEST_TARGET.fullmatch(target)
    if match is None:
        raise ValueError(f"{target!r} is no target of a request parameter")
    return match[1], match[2]


def _checked(target: str, source: Source) -> Source:
    if source.constant is not None and breaks_lines(source.constant.encode()):
        raise ValueError(f"the value of {target} holds a line break or a NUL character")
    return source


AnswerRead = Callable[[Exchange, IntegrationAnswer], bytes | None]


class ResponseMappings:
    """An integration response's header mappings, compiled. `constant` is the result where nothing of the
    exchange takes part in it."""

    __slots__ = ("_entries", "constant")

    def __init__(self, entries: list[tuple[bytes, bytes | AnswerRead]]) -> None:
        self._entries = entries
        fixed = [(name, value) for name, value in entries if isinstance(value, bytes)]
        self.constant: list[Field] | None = fixed if len(fixed) == len(entries) else None

    def apply(self, exchange: Exchange, answer: IntegrationAnswer) -> list[Field]:
        """The mapped header fields. Raises GatewayError 500 when a value holds a line break."""
        fields = []
        for name, source in self._entries:
            value = source if isinstance(source, bytes) else source(exchange, answer)
            if value is not None:
                fields.append((name, _field_value(name, value)))
        return fields


def compile_response_mappings(
    response_parameters: Mapping[str, str], variables: Mapping[str, str]
) -> ResponseMappings | None:
    """None for no mappings. Raises ValueError naming a target or expression that is none."""
    entries: list[tuple[bytes, bytes | AnswerRead]] = []
    for target, expression in response_parameters.items():
        match = _RESPONSE_TARGET.fullmatch(target)
        if match is None:
            raise ValueError(f"{target!r} is no target of a response parameter")
        source = _answer_source(target, expression, variables)
        if source is not None:
            entries.append((match[1].encode(), source))
    return ResponseMappings(entries) if entries else None


def _answer_source(target: str, expression: str, variables: Mapping[str, str]) -> bytes | AnswerRead | None:
    """A constant, a function, or None for a value that never is."""
    common = compile_common(expression, variables)
    if common is not None:
        if common.read is not None:
            return _of_exchange(common.read)
        constant = _checked(target, common).constant
        return None if constant is None else constant.encode()
    if expression == "integration.response.body":
        return lambda _exchange, answer: answer.body or None
    path = compile_body_path(expression, "integration.response.body")
    if path is not None:
        return _answer_path(path)
    match = _ANSWER_HEADER.fullmatch(expression)
    if match is None:
        raise ValueError(f"{expression!r} is no mapping expression")
    return _answer_header(match[2].lower().encode(), every=match[1] == "multivalueheader")


def _of_exchange(read: Callable[[Exchange], Value]) -> AnswerRead:
    def encoded(exchange: Exchange, _answer: IntegrationAnswer) -> bytes | None:
        value = read(exchange)
        return None if value is None else _joined(value).encode()

    return encoded


def _answer_path(path: BodyPath) -> AnswerRead:
    """Reads the answer's body; a path may lead into JSON that a Lambda `errorMessage` holds as text."""

    def read(_exchange: Exchange, answer: IntegrationAnswer) -> bytes | None:
        document = answer.document
        found = path.read(document)
        return path.read(_unfolded(document)) if found is None else found

    return read


def _unfolded(document: object) -> object:
    message = document.get("errorMessage") if isinstance(document, dict) else None
    if not isinstance(message, str) or not message.lstrip().startswith("{"):
        return None
    try:
        return {"errorMessage": json_smart.parse(message)}
    except json_smart.ParseError:
        return None


def _answer_header(lowered: bytes, *, every: bool) -> AnswerRead:
    """Reads a field of the integration's answer by its name in any case."""

    def read(_exchange: Exchange, answer: IntegrationAnswer) -> bytes | None:
        values = [value for name, value in answer.fields if name.lower() == lowered]
        if not values:
            return None
        return b",".join(values) if every else values[-1]

    return read
