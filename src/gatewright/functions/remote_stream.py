"""The answer of InvokeWithResponseStream: an event stream, of which the payload is taken."""

from __future__ import annotations

import struct
from typing import Any

import orjson
from botocore.eventstream import EventStreamBuffer, ParserError

from gatewright.functions.api import FunctionFailed
from gatewright.wire.flow import Flow, Source

# Besides those of its own, botocore's reader lets through what a header of an unknown type or length raises.
_MALFORMED = (ParserError, KeyError, struct.error, ValueError)


class StreamBroken(Exception):
    """The endpoint's event stream is not whole, or is none."""


class EventStream:
    """Sink of the endpoint's answer, valve of the function's payload."""

    def __init__(self, events: Source) -> None:
        self._events = events
        self._buffer = EventStreamBuffer()
        self._open = False
        self._complete = False
        self.payload = Flow(self)
        events.pour(self)

    def write(self, piece: bytes) -> bool:
        self._buffer.add_data(piece)
        try:
            for event in self._buffer:
                self._take(event)
        except _MALFORMED as error:
            self._events.cancel()
            self.payload.fail(StreamBroken(f"the event stream is malformed: {error}"))
        return self._open

    def end(self) -> None:
        if not self._complete:
            self.payload.fail(StreamBroken("the event stream ended before the invocation was complete"))

    def fail(self, error: Exception) -> None:
        self.payload.fail(error)

    def _take(self, event: Any) -> None:
        headers: dict[str, object] = event.headers
        kind = headers.get(":event-type")
        if kind == "PayloadChunk":
            self.payload.give(event.payload)
        elif kind == "InvokeComplete":
            complete = orjson.loads(event.payload or b"{}")
            if not isinstance(complete, dict):
                raise ValueError("InvokeComplete is no object")
            self._complete = True
            self._finish(complete)
        elif headers.get(":message-type") != "event":
            what = headers.get(":exception-type") or headers.get(":error-code")
            self.payload.fail(StreamBroken(f"the endpoint ended the stream: {what}"))

    def _finish(self, complete: dict[str, object]) -> None:
        if complete.get("ErrorCode"):
            error = {"errorType": complete["ErrorCode"], "errorMessage": complete.get("ErrorDetails")}
            self.payload.fail(FunctionFailed(orjson.dumps(error)))
        else:
            self.payload.finish()

    def pause(self) -> None:
        self._open = False

    def resume(self) -> None:
        self._open = True
        self._events.resume()

    def cancel(self) -> None:
        self._events.cancel()
