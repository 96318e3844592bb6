"""HTTP and HTTP_PROXY: the request to the backend, and its answer on the way back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from gatewright.gateway import content_handling, errors, query_string
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integration_request import IntegrationRequest
from gatewright.gateway.integration_response import Responses
from gatewright.gateway.integrations import proxied_fields
from gatewright.gateway.integrations.service_uri import ServiceUri
from gatewright.gateway.integrations.uri import Endpoint, InvalidEndpoint, Uri
from gatewright.gateway.parameters import NOTHING_MAPPED, Mapped, RequestMappings
from gatewright.gateway.plan import IntegrationAnswer, MethodResponse
from gatewright.gateway.trace import Trace, shown_body, shown_fields, shown_head
from gatewright.gateway.vpc_links import LeadsNowhere
from gatewright.wire.client import (
    Answer,
    AnswerTimedOut,
    AnswerTooLarge,
    Balanced,
    HostMismatch,
    HostNotFound,
    Pool,
    RequestBroke,
    UpstreamError,
)
from gatewright.wire.coding import CodingError, decode
from gatewright.wire.types import Field, render_fields

BODILESS = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Backend:
    """What both types know of the other side."""

    uri: Uri | ServiceUri
    verb: str | None  # None: the client's own
    timeout: float  # seconds
    api_id: bytes
    user_agent: bytes  # what the service calls itself where nobody else does
    payload_limit: int

    def endpoint(self, mapped: Mapped) -> Endpoint:
        try:
            return self.uri.fixed or self.uri.endpoint(mapped.path)
        except InvalidEndpoint:
            raise configuration_error("Invalid endpoint address") from None
        except LeadsNowhere as error:
            raise configuration_error("Invalid endpoint address", detail=str(error)) from None

    def head(self, verb: str, target: bytes, lines: bytes, framing: bytes) -> bytes:
        """A request's head, with the line that frames its body."""
        return b"%b %b HTTP/1.1\r\n%bX-Amzn-Apigateway-Api-Id: %b\r\n%b\r\n\r\n" % (
            verb.encode(),
            target,
            lines,
            self.api_id,
            framing,
        )

    async def call(
        self,
        exchange: Exchange,
        endpoint: Endpoint,
        query: str,
        lines: bytes,
        body: bytes,
        respond: Callable[[Exchange, Answer], MethodResponse],
    ) -> MethodResponse:
        """Send one request, time it, and `respond` with the answer; `query` joins the endpoint's own. Raises
        GatewayError as the failure shows on AWS."""
        verb = self.verb or exchange.verb
        if body and verb in BODILESS:
            body = b""
        target = joined_query(endpoint, query) if query else endpoint.request_target
        head = self.head(verb, target, lines, b"Content-Length: %d" % len(body))
        pool = endpoint.pool
        if pool is None:
            pool = endpoint.pool = exchange.outside.client.sender(endpoint.target)
        if exchange.tracing is not None:
            tell_request(exchange.tracing, endpoint, target, head, body)
            pool = told(exchange.tracing, pool)
        started = perf_counter()
        try:
            answer = await pool.send(head, body, timeout=self.timeout, method=verb)
        except UpstreamError as error:
            raise failure(error) from error
        finally:
            exchange.integration_latency = perf_counter() - started
        if exchange.tracing is not None:
            tell_answer(exchange, answer.status, answer.fields, answer.body)
        return respond(exchange, answer)


def tell_request(tracing: Trace, endpoint: Endpoint, target: bytes, head: bytes, body: bytes | str) -> None:
    uri = f"{endpoint.target.scheme}://{endpoint.host.decode('latin-1')}{target.decode('latin-1')}"
    headers = shown_head(head.partition(b"\r\n")[2])
    tracing.add("endpoint request", uri=uri, headers=headers, body=shown_body(body))


def told(tracing: Trace, pool: Pool | Balanced) -> Pool | Balanced:
    """The same, for a call whose targets the trace tells."""
    return pool.told(partial(_tell_target, tracing)) if isinstance(pool, Balanced) else pool


def _tell_target(tracing: Trace, group: str, target: str) -> None:
    tracing.add("endpoint target", loadBalancer=group, target=target)


def tell_answer(exchange: Exchange, status: int, fields: list[Field], body: bytes | str) -> None:
    assert exchange.tracing is not None
    exchange.tracing.add(
        "endpoint response",
        status=status,
        latencyMs=round((exchange.integration_latency or 0.0) * 1000),
        headers=shown_fields(fields),
        body=shown_body(body),
    )


def joined_query(endpoint: Endpoint, query: str) -> bytes:
    both = f"{endpoint.query}&{query}" if endpoint.query else query
    return f"{endpoint.path}?{both}".encode("latin-1")


class HttpProxy:
    """HTTP_PROXY: everything passes but what the header rules name; request parameters still apply."""

    __slots__ = ("_mappings", "_request_handling", "backend")

    def __init__(
        self, backend: Backend, mappings: RequestMappings | None, request_handling: str | None
    ) -> None:
        self.backend = backend
        self._mappings = mappings
        self._request_handling = request_handling

    def run(self, exchange: Exchange) -> Coroutine[Any, Any, MethodResponse]:
        backend = self.backend
        mapped = NOTHING_MAPPED if self._mappings is None else self._mappings.apply(exchange)
        endpoint = backend.endpoint(mapped)
        lines = proxied_fields.request_lines(exchange, mapped.headers, endpoint.host, backend.user_agent)
        query = _proxied_query(exchange, mapped) if exchange.request.query or mapped.query else ""
        body = self.body(exchange) if exchange.request.body else b""
        return backend.call(exchange, endpoint, query, lines, body, self.response)

    def prepared(self, exchange: Exchange) -> tuple[Endpoint, bytes, bytes]:
        """Where a request goes, its target and its header lines."""
        backend = self.backend
        mapped = NOTHING_MAPPED if self._mappings is None else self._mappings.apply(exchange)
        endpoint = backend.endpoint(mapped)
        lines = proxied_fields.request_lines(exchange, mapped.headers, endpoint.host, backend.user_agent)
        query = _proxied_query(exchange, mapped) if exchange.request.query or mapped.query else ""
        return endpoint, joined_query(endpoint, query) if query else endpoint.request_target, lines

    def body(self, exchange: Exchange) -> bytes:
        body, binary = exchange.body, exchange.stage.binary_types.request(exchange)
        if self._request_handling is None:
            return body if binary else content_handling.as_text(body)
        converted = content_handling.convert_request(body, binary, self._request_handling)
        return converted if isinstance(converted, bytes) else converted.encode()

    def response(self, exchange: Exchange, answer: Answer) -> MethodResponse:
        rendered, content_type, coding = proxied_fields.answer_fields(answer)
        body = answer.body
        if body and coding is not None:
            body = _decoded(coding, body, self.backend.payload_limit)
        types = exchange.stage.binary_types
        if not (types.none and body.isascii()):
            accepted = types.accepted(exchange.request.headers.get(b"accept"))
            body = content_handling.convert_response(body, types.response(content_type), accepted, None)
        return MethodResponse(answer.status, [], body, rendered)


def _proxied_query(exchange: Exchange, mapped: Mapped) -> str:
    """The client's parameters, then the mapped ones."""
    parts = (query_string.render(exchange.query), query_string.render(mapped.query))
    return "&".join(part for part in parts if part)


def _decoded(coding: bytes, body: bytes, limit: int) -> bytes:
    """The plain body: Content-Encoding does not pass, so what it says must be undone."""
    try:
        return decode(coding, body, limit)
    except CodingError as error:
        raise configuration_error(f"The endpoint's answer cannot be decoded: {error}") from error


class Http:
    """HTTP: only what is mapped goes out and comes back."""

    __slots__ = ("_backend", "_request", "_responses")

    def __init__(self, backend: Backend, request: IntegrationRequest, responses: Responses) -> None:
        self._backend = backend
        self._request = request
        self._responses = responses

    def run(self, exchange: Exchange) -> Coroutine[Any, Any, MethodResponse]:
        backend = self._backend
        mapped, body = self._request.prepare(exchange)
        endpoint = backend.endpoint(mapped)
        query = query_string.render(mapped.query)
        fields = mapped_fields(exchange, endpoint, mapped.headers, backend, body)
        return backend.call(exchange, endpoint, query, render_fields(fields), body, self._response)

    def _response(self, exchange: Exchange, answer: Answer) -> MethodResponse:
        return mapped_response(self._responses, exchange, answer)


def mapped_response(responses: Responses, exchange: Exchange, answer: Answer) -> MethodResponse:
    """The integration response that the answer's status selects, with the request's trace id."""
    found = IntegrationAnswer(answer.status, str(answer.status), answer.fields, answer.body)
    response = responses.respond(exchange, found)
    response.rendered = b"X-Amzn-Trace-Id: %b\r\n%b" % (exchange.trace, response.rendered)
    return response


def mapped_fields(
    exchange: Exchange, endpoint: Endpoint, mapped: list[Field], backend: Backend, body: bytes
) -> list[Field]:
    """The mapped header fields with those that the service adds where they are missing."""
    fields = list(mapped)
    present = {name.lower() for name, _ in fields}
    if b"host" not in present:
        fields.append((b"Host", endpoint.host))
    if b"content-type" not in present and body and (backend.verb or exchange.verb) not in BODILESS:
        content_type = exchange.request.headers.get(b"content-type")
        fields.append((b"Content-Type", content_type or b"application/json"))
    fields.append((b"X-Amzn-Trace-Id", exchange.trace))
    return _with_defaults(fields, backend.user_agent)


def _with_defaults(fields: list[Field], user_agent: bytes) -> list[Field]:
    """Add the Accept and User-Agent that the service sends where nobody else set one."""
    present = {name.lower() for name, _ in fields}
    if b"accept" not in present:
        fields.append((b"Accept", b"application/json"))
    if b"user-agent" not in present:
        fields.append((b"User-Agent", user_agent))
    return fields


def failure(error: UpstreamError) -> GatewayError:
    if isinstance(error, AnswerTimedOut):
        return GatewayError(
            errors.INTEGRATION_TIMEOUT,
            "Endpoint request timed out",
            reason="Execution failed due to a timeout error",
            traced=True,
        )
    if isinstance(error, HostNotFound):
        return configuration_error("Invalid endpoint address")
    if isinstance(error, HostMismatch):
        return configuration_error(
            f"Host name '{error.host}' does not match the certificate subject provided by the peer "
            f"(CN={error.subject})"
        )
    if isinstance(error, AnswerTooLarge):
        return configuration_error("The endpoint's answer is too large", detail=str(error))
    if isinstance(error, RequestBroke):
        reason = "Execution failed because the request's body broke off"
        return GatewayError(errors.DEFAULT_4XX, None, reason=reason, detail=str(error), status=error.status)
    return GatewayError(
        errors.INTEGRATION_FAILURE,
        "Network error communicating with endpoint",
        reason="Execution failed due to a network error communicating with endpoint",
        detail=str(error),
        traced=True,
    )
