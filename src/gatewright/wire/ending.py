"""How a connection ends: refused, answered for the last time, timed out, idle, or cut."""

from __future__ import annotations

import asyncio
import fcntl
import sys
import termios

from .body_gate import ANSWERING, BODY, CLOSED, HEAD, LINGERING, BodyGate
from .exchange import Exchange
from .types import Response
from .writing import Outlet


class Ending(BodyGate):
    """The part of a `Connection` that brings it to its end, and what its timer says."""

    __slots__ = ("_discarded", "_head_begun", "_outlet", "_rest", "streamed")

    _discarded: int
    _head_begun: bool
    _outlet: Outlet
    _rest: bytes
    streamed: int

    def _drop_rest(self) -> None:
        inflow, self._inflow = self._inflow, None
        self._sending = True
        if inflow is not None:
            inflow.lost("it was answered before it was whole")
        self._linger()

    def refuse(self, response: Response) -> None:
        """Answer without the handler, and close once the client had time to read it."""
        self._inflow = None
        self._sending = True
        self._state = ANSWERING
        self._exchange = exchange = Exchange(self.itself, False, None)
        exchange.send(response)

    def _linger(self) -> None:
        """Close after the last answer. What the client still sends is read over for a while: closing on
        unread bytes makes the kernel send a reset, which can destroy the answer on its way."""
        self._state = LINGERING
        self._rest = b""
        self.server.batch.flush()
        transport = self._transport
        if self._eof:
            transport.close()
            return
        if transport.can_write_eof():
            transport.write_eof()
        elif not self._sending:
            transport.close()
            return
        self._timer.set(self._limits.linger_timeout)
        if not self._reading:
            self._reading = True
            transport.resume_reading()

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > self._limits.linger_bytes:
            self._transport.abort()

    def abort(self) -> None:
        """Cut the connection; whoever still answers is let go."""
        self.server.batch.flush()
        self._state = CLOSED
        self._let_go()
        self._transport.abort()

    def write_failed(self) -> None:
        self.abort()

    def _let_go(self) -> None:
        exchange, self._exchange = self._exchange, None
        inflow, self._inflow = self._inflow, None
        if exchange is not None:
            exchange.lost()
        if inflow is not None:
            inflow.lost("the client closed the connection")

    # ---- time-outs and draining --------------------------------------------------------------------------

    def expired(self) -> None:
        """The timer's deadline has passed: what that means depends on what is waited for."""
        limits = self._limits
        unsent = self._transport.get_write_buffer_size()
        if unsent:
            self._client_does_not_read(unsent)
        elif self._state == LINGERING:
            self._transport.abort()
        elif self._state == ANSWERING:
            self._timer.set(limits.idle_timeout)
        elif self._state == BODY:
            self._body_is_late()
        elif self._head_begun:
            self.refuse(self.server.refusals.timed_out())
        else:
            self._close()

    def _close(self) -> None:
        self.server.batch.flush()
        self._transport.close()

    def _client_does_not_read(self, unsent: int) -> None:
        if self._outlet.stuck(unsent, self.streamed):
            self.abort()
        else:
            self._timer.set(self._limits.write_timeout)

    def _body_is_late(self) -> None:
        if self._inflow is None:  # dropped: the answer is awaited
            self._timer.set(self._limits.idle_timeout)
            return
        left = self._inflow.left(self._clock())
        if left > 0:
            self._timer.set(left)
        else:
            self._refuse_body(self.server.refusals.timed_out(), "it is too slow")

    def close_if_idle(self) -> None:
        """Close between requests, unless one has arrived in the kernel and only waits to be read."""
        if self._state == HEAD and not self._rest and not _unread(self._transport):
            self._close()


def _unread(transport: asyncio.Transport) -> int:
    """Bytes the kernel holds for us."""
    count = bytearray(4)
    fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.FIONREAD, count)
    return int.from_bytes(count, sys.byteorder)
