"""What a runtime and its instance say to each other, whichever way the words travel."""

from __future__ import annotations

import enum
from typing import Protocol

from gatewright.functions.invocation import Invocation
from gatewright.wire.flow import Flow, Valve


class Taker(Protocol):
    """A runtime that asked for an event."""

    def deliver(self, invocation: Invocation, deadline_ms: int) -> None:
        """Hand over one event; `deadline_ms` is in milliseconds since 1970."""


class Verdict(enum.Enum):
    """What became of a posted outcome."""

    ACCEPTED = enum.auto()
    UNKNOWN_REQUEST = enum.auto()
    TOO_LARGE = enum.auto()  # the caller was told so; the runtime may go on


class Endpoint(Protocol):
    """An instance, as its runtime sees it."""

    def next_event(self, taker: Taker) -> bool:
        """Deliver an event to `taker`, now or later; False if it may not ask now."""

    def outcome(self, request_id: str, body: bytes, *, failed: bool, taker: Taker | None) -> Verdict:
        """The function's result, or its error; with a `taker`, also the request for the next event."""

    def begin_stream(self, request_id: str, valve: Valve) -> Flow | None:
        """The function streams its answer: where to give it. None if nobody waits for that."""

    def end_stream(self, request_id: str, error: bytes | None, taker: Taker | None) -> None:
        """The streamed answer is whole, or ends with an error; a `taker` asks for the next event too."""

    def init_error(self, body: bytes) -> bool:
        """The function cannot be loaded, says the runtime; False if it said before that it was."""

    def lost(self) -> None:
        """The runtime cannot be reached any more."""
