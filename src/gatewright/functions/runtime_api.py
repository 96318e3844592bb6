"""The Lambda Runtime API over HTTP, for any runtime client there is."""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
from collections.abc import Mapping

import orjson

from gatewright.functions.endpoint import Endpoint, Verdict
from gatewright.functions.invocation import Invocation
from gatewright.wire.flow import Flow
from gatewright.wire.inflow import BodyLost, StreamedRequest
from gatewright.wire.pending import drive
from gatewright.wire.server import Server, ServerLimits
from gatewright.wire.types import Reply, Request, Response, render_fields

NEXT = "/2018-06-01/runtime/invocation/next"
INVOCATION = "/2018-06-01/runtime/invocation/"
INIT_ERROR = "/2018-06-01/runtime/init/error"

_JSON = render_fields([(b"Content-Type", b"application/json")])
_DAY = 86_400.0
_NO_LIMIT = 1 << 62  # of the server; what is collected has one
MODE = b"lambda-runtime-function-response-mode"
ERROR_TYPE, ERROR_BODY = (
    b"lambda-runtime-function-error-type",
    b"lambda-runtime-function-error-body",
)  # trailers


def _refusal(status: int, kind: str, message: str) -> Response:
    return Response(status, _JSON, f'{{"errorMessage":"{message}","errorType":"{kind}"}}\n'.encode())


_ACCEPTED = Response(202, _JSON, b'{"status":"OK"}\n')
_NOT_FOUND = _refusal(404, "NotFound", "The Runtime API has no such path.")
_UNKNOWN_REQUEST = _refusal(400, "InvalidRequestID", "Invalid request ID")
_INVALID_STATE = _refusal(403, "InvalidStateTransition", "State transition is not allowed")


class _Next:
    """A runtime's long poll for an event."""

    __slots__ = ("_reply",)

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def deliver(self, invocation: Invocation, deadline_ms: int) -> None:
        head = (
            f"Content-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {invocation.arn}\r\n"
        )
        if invocation.trace_id:
            head += f"Lambda-Runtime-Trace-Id: {invocation.trace_id}\r\n"
        if invocation.client_context:
            head += f"Lambda-Runtime-Client-Context: {invocation.client_context}\r\n"
        self._reply.send(Response(200, head.encode("ascii"), invocation.payload))


class _Posted:
    """A function's answer that is posted as it is made: sink of the request's body, valve of the answer. A
    function whose caller is gone runs on to its end."""

    def __init__(self, endpoint: Endpoint, request_id: str, request: StreamedRequest, reply: Reply) -> None:
        self._endpoint = endpoint
        self._request_id = request_id
        self._request = request
        self._reply = reply
        self._flow: Flow | None = None
        self._open = False

    def begin(self) -> None:
        self._flow = self._endpoint.begin_stream(self._request_id, self)
        if self._flow is None:
            self._reply.send(_UNKNOWN_REQUEST)
        else:
            self._request.stream.pour(self)

    def write(self, piece: bytes) -> bool:
        assert self._flow is not None
        self._flow.give(piece)
        return self._open

    def end(self) -> None:
        trailers = {name.lower(): value for name, value in self._request.trailers}
        error = _trailed_error(trailers) if ERROR_TYPE in trailers else None
        self._endpoint.end_stream(self._request_id, error, None)
        self._reply.send(_ACCEPTED)

    def fail(self, error: Exception) -> None:
        described = {"errorType": "Runtime.TruncatedResponse", "errorMessage": str(error)}
        self._endpoint.end_stream(self._request_id, orjson.dumps(described), None)

    def pause(self) -> None:
        self._open = False

    def resume(self) -> None:
        self._open = True
        self._request.stream.resume()

    def cancel(self) -> None:
        self.resume()


def _trailed_error(trailers: Mapping[bytes, bytes]) -> bytes:
    """The document of an error behind a body: base64, as the Runtime API has it, else made of its type."""
    try:
        return base64.b64decode(trailers.get(ERROR_BODY) or b"", validate=True) or _typed(trailers)
    except binascii.Error:
        return _typed(trailers)


def _typed(trailers: Mapping[bytes, bytes]) -> bytes:
    return orjson.dumps({"errorType": trailers[ERROR_TYPE].decode("latin-1"), "errorMessage": ""})


class RuntimeApi:
    """Serves one instance on a loopback port of its own, which tells whose runtime is asking."""

    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop, response_bytes: int) -> None:
        self._endpoint = endpoint
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._response_bytes = response_bytes
        # The peer was started by us: it may think for as long as its invocation lasts. A result that is too
        # large is read, up to ten times the limit, so that the runtime can be told so.
        limits = ServerLimits(
            body_bytes=_NO_LIMIT,
            streamed_from=-1,
            keeps_trailers=True,
            connections=64,
            header_timeout=_DAY,
            body_timeout=_DAY,
            idle_timeout=_DAY,
        )
        self._server = Server(self, loop=loop, limits=limits, large=self._coming)

    async def listen(self) -> None:
        await self._server.listen(self._socket)

    async def close(self) -> None:
        self._server.stop_accepting()
        await self._server.drain(0)

    def __call__(self, request: Request, reply: Reply) -> None:
        path = request.path
        if request.method == "GET" and path == NEXT:
            if not self._endpoint.next_event(_Next(reply)):
                reply.send(_INVALID_STATE)
        elif request.method == "POST" and path == INIT_ERROR:
            reply.send(_ACCEPTED if self._endpoint.init_error(request.body) else _INVALID_STATE)
        elif request.method == "POST" and path.startswith(INVOCATION):
            request_id, _, kind = path.removeprefix(INVOCATION).partition("/")
            reply.send(self._outcome(request_id, kind, request.body))
        else:
            reply.send(_NOT_FOUND)

    def _coming(self, request: StreamedRequest, reply: Reply) -> None:
        """A body that was not there at once: streamed on if the function says so."""
        request_id, _, kind = request.path.removeprefix(INVOCATION).partition("/")
        mode = request.headers.get(MODE) or b""
        if request.path.startswith(INVOCATION) and kind == "response" and mode.lower() == b"streaming":
            _Posted(self._endpoint, request_id, request, reply).begin()
        else:
            drive(self._collected(request, reply), lambda _: None)

    async def _collected(self, request: StreamedRequest, reply: Reply) -> None:
        try:
            whole = await request.whole(10 * self._response_bytes)
        except BodyLost:
            return
        if whole is None:
            reply.send(Response(413))
        else:
            self(whole, reply)

    def _outcome(self, request_id: str, kind: str, body: bytes) -> Response:
        if kind not in ("response", "error"):
            return _NOT_FOUND
        verdict = self._endpoint.outcome(request_id, body, failed=kind == "error", taker=None)
        if verdict is Verdict.UNKNOWN_REQUEST:
            return _UNKNOWN_REQUEST
        if verdict is Verdict.TOO_LARGE:
            text = f"Exceeded maximum allowed payload size ({self._response_bytes} bytes)."
            return _refusal(413, "RequestEntityTooLarge", text)
        return _ACCEPTED
