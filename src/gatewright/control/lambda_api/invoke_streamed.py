"""InvokeWithResponseStream: what a function answers, as events, while the function makes it."""

from __future__ import annotations

import orjson

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.store import named
from gatewright.control.lambda_api.unsupported import refuse, refuse_others
from gatewright.control.operation import EVENTS, REQUEST_ID, EffectCall, Params
from gatewright.control.protocol.event_stream import MEDIA_TYPE, event
from gatewright.functions.api import FunctionFailed
from gatewright.wire.flow import Flow, Source

CHUNK_BYTES = 1_048_576  # of the payload, in one event: SDKs refuse messages that are much longer

_DONE = frozenset({"FunctionName", "Qualifier", "Payload", "InvocationType", "LogType"})


async def invoke_with_response_stream(call: EffectCall, params: Params) -> Document:
    """A function that does not stream is answered by one event, a failed one by its error at the end."""
    refuse_others(params, _DONE)
    if params.get("InvocationType", "RequestResponse") != "RequestResponse":
        refuse("InvocationType DryRun of a streamed invocation", "ask Invoke")
    if params.get("LogType", "None") != "None":
        refuse("LogType Tail of a streamed invocation", "leave it out, and read the function's log")
    outcome = await call.outside.functions.invoke_streamed(
        named(call.partition, params), params.get("Payload") or b"{}"
    )
    return {
        "StatusCode": 200,
        "ExecutedVersion": outcome.executed_version,
        "ResponseStreamContentType": MEDIA_TYPE,
        EVENTS: _Events(outcome.payload).source,
        REQUEST_ID: outcome.request_id,
    }


class _Events:
    """Sink of the function's payload, valve of the events."""

    def __init__(self, payload: Source) -> None:
        self._payload = payload
        self._open = False
        self._poured = False
        self.source = Flow(self)

    def write(self, piece: bytes) -> bool:
        for at in range(0, len(piece), CHUNK_BYTES):
            chunk = piece[at : at + CHUNK_BYTES]
            self.source.give(event("PayloadChunk", chunk, "application/octet-stream"))
        return self._open

    def end(self) -> None:
        self._complete({})

    def fail(self, error: Exception) -> None:
        if isinstance(error, FunctionFailed):
            self._complete(_told(error))
        else:
            self.source.fail(error)

    def _complete(self, document: Document) -> None:
        self.source.give(event("InvokeComplete", orjson.dumps(document), "application/json"))
        self.source.finish()

    def pause(self) -> None:
        self._open = False

    def resume(self) -> None:
        self._open = True
        if self._poured:
            self._payload.resume()
        else:
            self._poured = True
            self._payload.pour(self)

    def cancel(self) -> None:
        self._payload.cancel()


def _told(error: FunctionFailed) -> Document:
    """The error's type, and its whole document, which is the function's own word."""
    try:
        kind = str(orjson.loads(error.payload).get("errorType") or "Unhandled")
    except (orjson.JSONDecodeError, AttributeError):
        kind = "Unhandled"
    return {"ErrorCode": kind, "ErrorDetails": error.payload.decode("utf-8", "replace")}
