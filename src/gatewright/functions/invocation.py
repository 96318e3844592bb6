"""One invocation on its way through a pool and an instance."""

from __future__ import annotations

from typing import Any

from gatewright.functions.api import FunctionFailed, Outcome, StreamedOutcome
from gatewright.functions.logs import TAIL_BYTES
from gatewright.wire.flow import Collected, Flow, Valve
from gatewright.wire.pending import Pending


class Invocation:
    __slots__ = (
        "arn",
        "client_context",
        "flow",
        "patience",
        "payload",
        "pending",
        "queued",
        "request_id",
        "started",
        "tail",
        "trace_id",
    )

    def __init__(
        self,
        request_id: str,
        arn: str,
        payload: bytes,
        *,
        client_context: str | None,
        trace_id: str,
        log_tail: bool,
        queued: float,
        patience: float,
    ) -> None:
        self.request_id = request_id
        self.arn = arn  # as the caller named the function
        self.payload = payload
        self.client_context = client_context  # JSON text
        self.trace_id = trace_id
        self.tail = bytearray() if log_tail else None
        self.queued = queued  # monotonic seconds
        self.patience = patience  # how many seconds it may wait for an instance
        self.started = 0.0  # monotonic seconds, once an instance has it
        self.flow: Flow | None = None  # of a function that streams its answer
        self.pending: Pending[Any] = Pending()  # resolved with an Outcome

    def log(self, text: bytes) -> None:
        """Keep the end of what belongs to this invocation, when the caller asked for it."""
        if self.tail is not None:
            self.tail += text
            del self.tail[:-TAIL_BYTES]

    def finish(self, payload: bytes, function_error: str | None, version: str) -> None:
        tail = bytes(self.tail) if self.tail is not None else None
        self.pending.resolve(Outcome(200, payload, function_error, version, self.request_id, tail))

    def begin_stream(self, valve: Valve, version: str, limit: int) -> Flow:
        """The function streams its answer: here it is wanted whole, up to a byte more than `limit`."""
        self.flow = Flow(valve)
        collected = Collected(limit)
        self.flow.pour(collected)
        collected.then(lambda done: self._collected(done, version))
        return self.flow

    def _collected(self, done: Pending[bytes], version: str) -> None:
        try:
            self.finish(done.result(), None, version)
        except FunctionFailed as error:
            self.finish(error.payload, "Unhandled", version)


class StreamedInvocation(Invocation):
    """One whose caller takes the answer as it comes: `pending` is resolved with a StreamedOutcome."""

    __slots__ = ()

    def begin_stream(self, valve: Valve, version: str, limit: int) -> Flow:
        self.flow = Flow(valve)
        self.pending.resolve(StreamedOutcome(self.flow, version, self.request_id))
        return self.flow

    def finish(self, payload: bytes, function_error: str | None, version: str) -> None:
        """The function answered whole, or failed, perhaps behind the beginning of what it streams."""
        flow = self.flow or self.begin_stream(_Over(), version, 0)
        if function_error is not None:
            flow.fail(FunctionFailed(payload))
            return
        flow.give(payload)
        flow.finish()


class _Over:
    """The valve of what is all there."""

    def pause(self) -> None:
        return

    def resume(self) -> None:
        return

    def cancel(self) -> None:
        return
