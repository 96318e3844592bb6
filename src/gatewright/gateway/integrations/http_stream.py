"""HTTP_PROXY whose bodies pass as they come: STREAM, and what is larger than Amazon takes."""

from __future__ import annotations

from time import perf_counter

from gatewright.gateway.deadline import within
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integrations import proxied_fields
from gatewright.gateway.integrations.http import (
    BODILESS,
    HttpProxy,
    failure,
    tell_answer,
    tell_request,
    told,
)
from gatewright.gateway.plan import MethodPlan, MethodResponse, StreamedResponse
from gatewright.gateway.settings import AMAZON_PAYLOAD_BYTES
from gatewright.wire.client import Answer, AnswerTimedOut, Patience, StreamedAnswer, Upload, UpstreamError
from gatewright.wire.coding import content_coded
from gatewright.wire.flow import Collected, Rejoined
from gatewright.wire.inflow import StreamedRequest
from gatewright.wire.types import Request

STREAMED = "[Streamed]"  # in place of a body nobody keeps


class HttpStream:
    """HTTP_PROXY with responseTransferMode STREAM: no byte of the answer is waited for, kept or changed."""

    __slots__ = ("_patience", "_proxy", "_uploads")

    def __init__(self, proxy: HttpProxy, patience: Patience, *, uploads: bool) -> None:
        """`uploads`: no step of the method needs a request's body."""
        self._proxy = proxy
        self._patience = patience
        self._uploads = uploads

    def takes(self, request: StreamedRequest) -> bool:
        """Whether this request's body may come while it is answered."""
        return self._uploads and _is_large(request) and _is_plain(request)

    async def run(self, exchange: Exchange) -> MethodResponse:
        began = perf_counter()
        answer = await _answer(self._proxy, exchange, self._patience, began)
        return _streamed(answer, began)


class HttpPassThrough:
    """HTTP_PROXY where the owner lets more pass than Amazon's 10 MB. Up to there all is as at Amazon; larger
    bodies pass as they are, both ways."""

    __slots__ = ("_patience", "_proxy", "_uploads")

    def __init__(self, proxy: HttpProxy, *, uploads: bool) -> None:
        """`uploads`: no step of the method needs a request's body."""
        self._proxy = proxy
        self._uploads = uploads
        self._patience = Patience(head=proxy.backend.timeout, idle=proxy.backend.timeout)

    def takes(self, request: StreamedRequest) -> bool:
        """Whether this request's body may come while it is answered."""
        return self._uploads and _is_large(request) and _is_plain(request)

    async def run(self, exchange: Exchange) -> MethodResponse:
        began = perf_counter()
        answer = await _answer(self._proxy, exchange, self._patience, began)
        if answer.length is not None and answer.length > AMAZON_PAYLOAD_BYTES:
            return _streamed(answer, began)
        collected = Collected(AMAZON_PAYLOAD_BYTES)
        answer.body.pour(collected)
        left = self._proxy.backend.timeout - (perf_counter() - began)
        try:
            body = await within(left, collected, exchange.outside.timers)
        except TimeoutError:
            answer.body.cancel()
            raise failure(AnswerTimedOut("the answer was not complete in time")) from None
        except UpstreamError as error:
            raise failure(error) from error
        exchange.integration_latency = perf_counter() - began
        if not collected.whole:
            answer.body = Rejoined(body, answer.body).source
            return _streamed(answer, began)
        return self._proxy.response(exchange, Answer(answer.status, answer.fields, body))


def takes_upload(method: MethodPlan, request: StreamedRequest) -> bool:
    """Whether a body passes through the method as it comes."""
    integration = method.integration
    return isinstance(integration, HttpPassThrough | HttpStream) and integration.takes(request)


def _is_large(request: StreamedRequest) -> bool:
    """In chunks, so much has come already."""
    return request.length is None or request.length > AMAZON_PAYLOAD_BYTES


def _is_plain(request: Request) -> bool:
    return not content_coded(request.headers.get(b"content-encoding"))


def _streamed(answer: StreamedAnswer, began: float) -> StreamedResponse:
    rendered = proxied_fields.streamed_fields(answer.fields)
    return StreamedResponse(
        answer.status, [], answer.body, length=answer.length, rendered=rendered, began=began
    )


async def _answer(proxy: HttpProxy, exchange: Exchange, patience: Patience, began: float) -> StreamedAnswer:
    """Send the request; the head of its answer. Raises GatewayError as the failure shows on AWS."""
    backend, request = proxy.backend, exchange.request
    endpoint, target, lines = proxy.prepared(exchange)
    verb = backend.verb or exchange.verb
    body, upload = b"", None
    if verb not in BODILESS:
        if isinstance(request, StreamedRequest):
            upload = Upload(request.length, request.stream)
        elif request.body:
            body = proxy.body(exchange)
    head = backend.head(verb, target, lines, _framing(body, upload))
    pool = endpoint.pool
    if pool is None:
        pool = endpoint.pool = exchange.outside.client.sender(endpoint.target)
    if exchange.tracing is not None:
        tell_request(exchange.tracing, endpoint, target, head, STREAMED if upload else body)
        pool = told(exchange.tracing, pool)
    try:
        answer = await pool.stream(head, body, upload, patience=patience, method=verb)
    except UpstreamError as error:
        raise failure(error) from error
    finally:
        exchange.integration_latency = perf_counter() - began
    if exchange.tracing is not None:
        tell_answer(exchange, answer.status, answer.fields, STREAMED)
    return answer


def _framing(body: bytes, upload: Upload | None) -> bytes:
    if upload is None:
        return b"Content-Length: %d" % len(body)
    return b"Transfer-Encoding: chunked" if upload.length is None else b"Content-Length: %d" % upload.length
