"""Gateway responses: the gateway's own answers, as the owner customised them or as the service words them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import orjson

from gatewright.catalog.api import Document
from gatewright.gateway import header_rules
from gatewright.gateway.errors import ACCESS_DENIED, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.field_values import breaks_lines
from gatewright.gateway.gateway_response_template import GatewayResponseTemplate
from gatewright.gateway.plan import MethodResponse
from gatewright.gateway.request_values import NAME, Source, compile_source
from gatewright.wire.types import Field, Response, render_fields

# What the management API stores where the owner gave no template of their own; the bytes of such an answer
# are the service's.
DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'
_JSON: Field = (b"Content-Type", b"application/json")
_TARGET = re.compile(rf"gatewayresponse\.(header|path|querystring)\.({NAME})")
_FRAMING = frozenset(("connection", "content-length", "date", "transfer-encoding"))  # the server writes them


class _Custom:
    """One gateway response that was put: what of it departs from the default."""

    __slots__ = ("_fields", "_status", "_templates")

    def __init__(self, document: Document, variables: Mapping[str, str]) -> None:
        self._status = _status(document)
        self._fields = [
            (name.encode(), source)
            for name, source in _parameters(document.get("responseParameters") or {}, variables)
        ]
        self._templates = {
            key.lower(): None if text == DEFAULT_TEMPLATE else _template(key, text, variables)
            for key, text in (document.get("responseTemplates") or {}).items()
        }

    def answer(self, error: GatewayError, exchange: Exchange) -> MethodResponse:
        content_type, template = self._choose(exchange)
        own = self._own_fields(exchange)
        fields = [field for field in _fields(error, exchange, content_type) if field[0].lower() not in own]
        body = default_body(error) if template is None else template.render(exchange)
        return MethodResponse(self._status or error.status, [*fields, *own.values()], body)

    def _choose(self, exchange: Exchange) -> tuple[Field, GatewayResponseTemplate | None]:
        """The template for the client's Accept, else for JSON, else the first; None for the default bytes."""
        templates = self._templates
        if not templates:
            return _JSON, None
        accept = exchange.request.headers.get(b"accept")
        wanted = header_rules.media_type(accept.partition(b",")[0]) if accept else "application/json"
        if wanted not in templates:
            wanted = "application/json" if "application/json" in templates else next(iter(templates))
        return (b"Content-Type", wanted.encode("latin-1")), templates[wanted]

    def _own_fields(self, exchange: Exchange) -> dict[bytes, Field]:
        """The customised header fields by lower-case name; one whose value is missing or would break its line
        is left out."""
        own = {}
        for name, source in self._fields:
            value = source.constant if source.read is None else source.read(exchange)
            if value is not None:
                encoded = (value if isinstance(value, str) else ",".join(value)).encode()
                if not breaks_lines(encoded):
                    own[name.lower()] = (name, encoded)
        return own


def _status(document: Document) -> int | None:
    """The status the owner chose; None where each error keeps its own."""
    code = document.get("statusCode")
    # Stored with every put of this type. As recorded, what the owner got wrong stays 500 all the same.
    if code is None or (document["responseType"] == "INTEGRATION_FAILURE" and code == "504"):
        return None
    if not re.fullmatch(r"[2-5][0-9][0-9]", code):
        raise ValueError(f"gateway response statusCode {code!r} is not between 200 and 599")
    return int(code)


def _parameters(parameters: Mapping[str, str], variables: Mapping[str, str]) -> Iterable[tuple[str, Source]]:
    """The header targets; path and query string targets are allowed and change nothing."""
    for target, expression in parameters.items():
        match = _TARGET.fullmatch(target)
        if match is None:
            raise ValueError(f"{target!r} is no parameter of a gateway response")
        if expression.startswith("method.request.body"):
            raise ValueError(f"{target} cannot be the request's body, which may be what failed")
        source = compile_source(expression, variables)
        if match[1] != "header":
            continue
        if match[2].lower() in _FRAMING:
            raise ValueError(f"{target} cannot be set: the server writes this header itself")
        if source.constant is not None and breaks_lines(source.constant.encode()):
            raise ValueError(f"the value of {target} holds a line break or a NUL character")
        yield match[2], source


def _template(key: str, text: str, variables: Mapping[str, str]) -> GatewayResponseTemplate:
    try:
        return GatewayResponseTemplate(text, variables)
    except ValueError as error:
        raise ValueError(f"gateway response template {key}: {error}") from None


class GatewayResponses:
    """An API's gateway responses, compiled.

    A type that was not put answers as a customised DEFAULT_4XX or DEFAULT_5XX does, by the class of its
    default status; a type that was put inherits nothing.
    """

    __slots__ = ("_custom",)

    def __init__(self, documents: Iterable[Document], variables: Mapping[str, str]) -> None:
        """Raises ValueError naming the response type and what is wrong with it."""
        self._custom: dict[str, _Custom] = {}
        for document in documents:
            if document.get("defaultResponse"):
                continue
            try:
                self._custom[document["responseType"]] = _Custom(document, variables)
            except ValueError as error:
                raise ValueError(f"{document['responseType']}: {error}") from None

    def answer(self, error: GatewayError, exchange: Exchange) -> MethodResponse:
        """The answer to `error`, which is the exchange's failure."""
        if self._custom:
            custom = self._custom.get(error.type.name) or self._custom.get(
                "DEFAULT_4XX" if error.type.status < 500 else "DEFAULT_5XX"
            )
            if custom is not None:
                return custom.answer(error, exchange)
        return MethodResponse(error.status, _fields(error, exchange, _JSON), default_body(error))


def _fields(error: GatewayError, exchange: Exchange, content_type: Field) -> list[Field]:
    fields = [content_type, _error_type(error.error_type)]
    if error.traced:
        fields.append((b"X-Amzn-Trace-Id", exchange.trace))
    return fields


def default_body(error: GatewayError) -> bytes:
    """The service's own bytes: a denied caller reads `Message`, everybody else `message`."""
    name = b"Message" if error.error_type == ACCESS_DENIED.error_type else b"message"
    return _message(name, error.message, error.type.spaced)


@lru_cache(maxsize=256)
def _message(name: bytes, message: str | None, spaced: bool) -> bytes:
    return b'{"%b":%b%b}' % (name, b" " if spaced else b"", orjson.dumps(message))


@lru_cache(maxsize=64)
def _error_type(name: str) -> Field:
    return (b"x-amzn-ErrorType", name.encode())


def front_end(status: int, message: str, error_type: str) -> MethodResponse:
    """An answer before an API is known: nobody can customise it."""
    return MethodResponse(status, [_JSON, _error_type(error_type)], _message(b"message", message, False))


class DataPlaneRefusals:
    """What the server answers by itself on the data plane, before there is a request to route."""

    def __init__(self, body_bytes: int) -> None:
        """`body_bytes` is the limit in force on request bodies."""
        self._body_bytes = body_bytes

    def bad_request(self) -> Response:
        return _refusal(400, "Bad Request", "BadRequestException")

    def timed_out(self) -> Response:
        return _refusal(408, "Request Timeout", "RequestTimeoutException")

    def body_too_large(self) -> Response:
        return _plain(413, f"HTTP content length exceeded {self._body_bytes} bytes.")

    def target_too_long(self) -> Response:
        return _plain(414, "Request URI too long")

    def expectation_failed(self) -> Response:
        return _refusal(417, "Expectation Failed", "BadRequestException")

    def headers_too_large(self) -> Response:
        return _refusal(431, "Request Header Fields Too Large", "BadRequestException")

    def overloaded(self) -> Response:
        return _refusal(503, "Service Unavailable", "ServiceUnavailableException")


def _refusal(status: int, message: str, error_type: str) -> Response:
    answer = front_end(status, message, error_type)
    return Response(status, render_fields(answer.fields), answer.body)


def _plain(status: int, text: str) -> Response:
    return Response(status, b"Content-Type: text/plain\r\n", text.encode())
