"""What a connection does with bodies that pass on as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .exchange import Exchange
from .inflow import Inflow
from .limits import ServerLimits
from .timers import Timer
from .types import Response

if TYPE_CHECKING:
    from .connection import Connection
    from .server import Server

logger = logging.getLogger("gatewright.wire")

HEAD, BODY, ANSWERING, LINGERING, CLOSED = range(5)
"""The states of a connection."""

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class BodyGate:
    """The part of a `Connection` that opens and shuts for the body of a request: an `inflow.Gate`."""

    __slots__ = (
        "_clock",
        "_eof",
        "_exchange",
        "_inflow",
        "_limits",
        "_reading",
        "_sending",
        "_state",
        "_timer",
        "_transport",
        "server",
        "write_alone",
    )

    server: Server
    write_alone: Callable[[bytes], None]  # see `Batch`
    _clock: Callable[[], float]
    _eof: bool
    _exchange: Exchange | None
    _inflow: Inflow | None
    _limits: ServerLimits
    _reading: bool
    _sending: bool
    _state: int
    _timer: Timer
    _transport: asyncio.Transport

    @property
    def itself(self) -> Connection:
        """The whole connection."""
        raise NotImplementedError

    def refuse(self, response: Response) -> None:
        """Answer without the handler, and close once the client had time to read it."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Write now. Raises RuntimeError when the transport has failed."""
        self.server.batch.flush()
        self.write_alone(data)

    def _pause_reading(self) -> None:
        if self._reading and not self._eof:
            self._reading = False
            self._transport.pause_reading()

    def _is_large(self, size: int) -> bool:
        return self.server.large is not None and size > self._limits.streamed_from

    def _stream(self, inflow: Inflow, *, expects: bool) -> None:
        """Have the request answered while its body comes; nothing more is read until somebody takes it."""
        large = self.server.large
        assert large is not None
        inflow.expects = expects
        self._exchange = exchange = Exchange(self.itself, False, inflow.request)
        if inflow.decoder.done:
            self._inflow = None
            self._state = ANSWERING
            exchange.keep_alive = inflow.persistent
        else:
            self.hold_body()
        request = inflow.to_stream()
        try:
            large(request, exchange)
        except Exception:
            logger.exception("the handler of %s %s raised", request.method, request.path)
            exchange.crashed()

    def _pass_on(self, inflow: Inflow) -> None:
        if not inflow.decoder.done:
            inflow.pass_on()
            return
        self._inflow = None
        self._state = ANSWERING
        self._timer.set(self._limits.idle_timeout)
        if self._exchange is not None:
            self._exchange.body_arrived(inflow.persistent)
        inflow.pass_on()

    def let_body_in(self, first: bool) -> None:
        inflow = self._inflow
        if inflow is None or self._state != BODY:
            return
        if first and inflow.expects and not inflow.decoder.size:
            self.write(CONTINUE)
        inflow.let_on(self._clock())
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()

    def hold_body(self) -> None:
        if self._inflow is not None:
            self._inflow.held(self._clock())
        self._pause_reading()

    def drop_body(self) -> None:
        """What the client still sends is read over once its answer is given."""
        self._inflow = None
        self._sending = True
        self._pause_reading()

    def _refuse_body(self, response: Response, why: str) -> None:
        inflow, self._inflow = self._inflow, None
        if inflow is None or inflow.flow is None:
            self.refuse(response)
            return
        self._sending = True
        if self._exchange is not None:
            self._exchange.cut_short(response)
        inflow.lost(why, response.status)
