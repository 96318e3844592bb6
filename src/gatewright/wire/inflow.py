"""The body of one request on its way in: collected until it is whole, or passed on as it comes."""

from __future__ import annotations

from typing import Protocol

from .flow import Collected, Flow, Source
from .framing import Dechunker, LengthBody
from .limits import ServerLimits
from .types import Field, Request


class BodyLost(Exception):
    """The rest of a request's body will not come: the client is gone, too slow, or says too much. `status` is
    what it was answered, if it was."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class StreamedRequest(Request):
    """A request whose body passes piece by piece, so that its `body` is empty. `length` None: it comes in
    chunks."""

    __slots__ = ("length", "stream", "trailers")

    def __init__(self, request: Request, stream: Source, length: int | None, trailers: list[Field]) -> None:
        for name in Request.__slots__:
            setattr(self, name, getattr(request, name))
        self.stream = stream
        self.length = length
        self.trailers = trailers  # there once the body has ended, where the server keeps them

    async def whole(self, limit: int) -> Request | None:
        """The request with its body, once that is there; None for one that is longer than `limit`. Raises
        `BodyLost`. Awaits only `Pending` values."""
        collected = Collected(limit)
        self.stream.pour(collected)
        try:
            body = await collected
        except BodyLost:
            del collected  # it holds the error, which holds this frame: what came would stay
            raise
        if not collected.whole:
            self.stream.cancel()
            return None
        request: Request = object.__new__(Request)
        for name in Request.__slots__:
            setattr(request, name, getattr(self, name))
        request.body = body
        return request


def _decoder(length: int | None, limits: ServerLimits) -> Dechunker | LengthBody:
    if length is not None:
        return LengthBody(length)
    return Dechunker(limits.body_bytes, keeps_trailers=limits.keeps_trailers)


class Gate(Protocol):
    """The connection that a body comes out of."""

    def let_body_in(self, first: bool) -> None:
        """Read on; `first` is said once."""

    def hold_body(self) -> None: ...

    def drop_body(self) -> None:
        """Nobody takes the rest of it."""


class Inflow:
    """What is read of one request. A `Flow` is there once its body passes on: this is its valve."""

    __slots__ = (
        "_began",
        "_gate",
        "_held_since",
        "_limits",
        "_started",
        "decoder",
        "expects",
        "flow",
        "length",
        "persistent",
        "request",
    )

    def __init__(
        self, gate: Gate, request: Request, length: int | None, persistent: bool, limits: ServerLimits
    ) -> None:
        self._gate = gate
        self._limits = limits
        self.request = request
        self.length = length
        self.persistent = persistent
        self.decoder = _decoder(length, limits)
        self.expects = False  # whether the client waits to be told that it may send it
        self.flow: Flow | None = None
        self._began = 0.0  # on the server's clock
        self._held_since: float | None = None
        self._started = False

    # ---- its time ----------------------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        self._began = now

    def left(self, now: float) -> float:
        """Seconds that the client has for the rest, by its bytes so far. While it is held it has them all."""
        limits = self._limits
        if self._held_since is not None:
            return limits.body_timeout
        size = self.decoder.size if self.flow is None else self.flow.size
        return self._began + limits.body_timeout + size / limits.body_rate - now

    def held(self, now: float) -> None:
        """From now on it is not the client who is slow."""
        self._held_since = now

    def let_on(self, now: float) -> None:
        if self._held_since is not None:
            self._began += now - self._held_since
            self._held_since = None

    # ---- passed on: the flow's valve ---------------------------------------------------------------------

    def to_stream(self) -> StreamedRequest:
        """The request, whose body passes on from now on, what came already first."""
        self.flow = Flow(self)
        self.pass_on()
        return StreamedRequest(self.request, self.flow, self.length, self.decoder.trailers)

    def pass_on(self) -> None:
        """Give what was decoded."""
        assert self.flow is not None
        piece = self.decoder.take()
        if piece:
            self.flow.give(piece)
        if self.decoder.done:
            self.flow.finish()

    def pause(self) -> None:
        self._gate.hold_body()

    def resume(self) -> None:
        first, self._started = not self._started, True
        self._gate.let_body_in(first)

    def cancel(self) -> None:
        self._gate.drop_body()

    def lost(self, why: str, status: int = 400) -> None:
        if self.flow is not None:
            self.flow.fail(BodyLost(why, status))
