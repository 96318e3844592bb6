"""One invocation on its way through a pool and an instance."""

from __future__ import annotations

from gatewright.functions.api import Outcome
from gatewright.functions.logs import TAIL_BYTES
from gatewright.wire.pending import Pending


class Invocation:
    __slots__ = (
        "arn",
        "client_context",
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
        self.pending: Pending[Outcome] = Pending()

    def log(self, text: bytes) -> None:
        """Keep the end of what belongs to this invocation, when the caller asked for it."""
        if self.tail is not None:
            self.tail += text
            del self.tail[:-TAIL_BYTES]

    def finish(self, payload: bytes, function_error: str | None, version: str) -> None:
        tail = bytes(self.tail) if self.tail is not None else None
        self.pending.resolve(Outcome(200, payload, function_error, version, self.request_id, tail))
