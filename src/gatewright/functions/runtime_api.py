"""The Lambda Runtime API as runtimes see it: paths in, calls on an instance out.

One extension for our own bootstraps: an outcome posted with `?next` is answered by the next event.
"""

from __future__ import annotations

from typing import Protocol

from gatewright.wire.server import ServerLimits
from gatewright.wire.types import Reply, Request, Response, render_fields

NEXT = "/2018-06-01/runtime/invocation/next"
INVOCATION = "/2018-06-01/runtime/invocation/"
INIT_ERROR = "/2018-06-01/runtime/init/error"

_JSON = render_fields([(b"Content-Type", b"application/json")])
ACCEPTED = Response(202, _JSON, b'{"status":"OK"}\n')


def refusal(status: int, kind: str, message: str) -> Response:
    return Response(status, _JSON, f'{{"errorMessage":"{message}","errorType":"{kind}"}}\n'.encode())


NOT_FOUND = refusal(404, "NotFound", "The Runtime API has no such path.")
INVALID_REQUEST_ID = refusal(400, "InvalidRequestID", "Invalid request ID")
INVALID_STATE = refusal(403, "InvalidStateTransition", "State transition is not allowed")


def too_large(limit: int) -> Response:
    return refusal(413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({limit} bytes).")


class Endpoint(Protocol):
    """What an instance answers its runtime."""

    def next_event(self, reply: Reply) -> None:
        """Keep `reply` until there is an event for it."""

    def outcome(self, request_id: str, body: bytes, *, failed: bool, reply: Reply, chained: bool) -> None:
        """The function's answer or error for `request_id`; `chained`: reply with the next event."""

    def init_error(self, body: bytes, reply: Reply) -> None: ...


def serve(endpoint: Endpoint, request: Request, reply: Reply) -> None:
    path = request.path
    if request.method == "POST" and path.startswith(INVOCATION):
        request_id, _, kind = path[len(INVOCATION) :].partition("/")
        if kind in ("response", "error"):
            chained = request.query == "next"
            endpoint.outcome(request_id, request.body, failed=kind == "error", reply=reply, chained=chained)
            return
    elif request.method == "GET" and path == NEXT:
        endpoint.next_event(reply)
        return
    elif request.method == "POST" and path == INIT_ERROR:
        endpoint.init_error(request.body, reply)
        return
    reply.send(NOT_FOUND)


def event(
    request_id: str, deadline_ms: int, arn: str, trace_id: str, client_context: str | None, payload: bytes
) -> Response:
    head = (
        f"Content-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\nLambda-Runtime-Invoked-Function-Arn: {arn}\r\n"
    )
    if trace_id:
        head += f"Lambda-Runtime-Trace-Id: {trace_id}\r\n"
    if client_context:
        head += f"Lambda-Runtime-Client-Context: {client_context}\r\n"
    return Response(200, head.encode("ascii"), payload)


def limits(response_bytes: int) -> ServerLimits:
    """For a peer we started: it may think for as long as its invocation lasts, and a result that is too large
    is read, up to ten times the limit, so that it can be told so."""
    day = 86_400.0
    return ServerLimits(
        body_bytes=10 * response_bytes,
        connections=64,
        header_timeout=day,
        body_timeout=day,
        idle_timeout=day,
        write_timeout=60.0,
    )
