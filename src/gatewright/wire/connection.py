"""One client connection: bytes in, one request at a time out to the handler, answers back in order.

    HEAD ──► BODY ──► ANSWERING ──► HEAD …                  a request, its answer, the next request
      └────────┴──────────┴───────► LINGERING ──► CLOSED    refused, or the last answer given

A large body is passed on as it comes: its request is answered while the state is still BODY. What arrives
behind a request waits unread until it is answered, so a client that pipelines is answered in order and cannot
make the server hold more than one read of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from .body_gate import ANSWERING, BODY, CLOSED, CONTINUE, HEAD, LINGERING
from .ending import Ending
from .exchange import Exchange
from .framing import Framing, FramingError, hopeless
from .head import HeadReader
from .inflow import Inflow
from .timers import Timer
from .types import Request
from .writing import Outlet

if TYPE_CHECKING:
    from .server import Server

logger = logging.getLogger("gatewright.wire")


class Connection(Ending, asyncio.Protocol):
    """The states above, back-pressure and time-outs of one client."""

    __slots__ = (
        "_advancing",
        "_at",
        "_client",
        "_handler",
        "_heads",
        "_idle_timeout",
        "_small",
        "writable",
    )

    def __init__(self, server: Server, client: tuple[str, int] | None = None) -> None:
        # The connection's life
        self.server = server
        self._limits = server.limits
        self._small = server.limits.smallest_head
        self._idle_timeout = server.limits.idle_timeout
        self._clock = server.timers.clock
        self._handler = server.handler
        self._transport: asyncio.Transport
        self.write_alone: Callable[[bytes], None]
        self._client = client
        self._heads: HeadReader
        self._state = HEAD
        # Bytes not read yet, and flow control
        self._rest = b""
        self._at = 0
        self._reading = True
        self._advancing = False
        self._eof = False
        self.writable = True
        self.streamed = 0  # bytes of streamed answers written so far
        self._outlet = Outlet()
        self._sending = False  # the client may still be sending what nobody reads
        self._discarded = 0
        # The request being read or answered
        self._head_begun = False
        self._inflow: Inflow | None = None
        self._exchange: Exchange | None = None

    @property
    def itself(self) -> Connection:
        return self

    # ---- events of the transport -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.write_alone = self._transport.write
        self._transport.set_write_buffer_limits(high=self._limits.write_buffer)
        local = transport.get_extra_info("sockname")
        peer = transport.get_extra_info("peername")
        client = self._client or (peer[:2] if isinstance(peer, tuple) else ("", 0))
        server_port = local[1] if isinstance(local, tuple) else 0
        self._heads = HeadReader(self.server.lines, client, self.server.scheme, server_port)
        self._timer = Timer(self.server.timers, self)  # holds us until the connection is lost
        self._timer.set(self._limits.idle_timeout)
        if not self.server.opened(self):
            self.refuse(self.server.refusals.overloaded())

    def data_received(self, data: bytes) -> None:
        state = self._state
        if state == HEAD and self.writable:
            if self._rest:
                data = self._rest[self._at :] + data
                self._rest = b""
            self._advance(data, 0)
        elif state == BODY:
            at = self._take_body(data, 0)
            if at < len(data) and self._state <= ANSWERING:
                self._rest = data
                self._at = at
            if self._state == HEAD:
                self._resume()
            elif self._state == ANSWERING and self._rest:
                self._pause_reading()
        elif state == LINGERING:
            self._discard(data)
        elif state != CLOSED:
            self._rest = self._rest[self._at :] + data
            self._at = 0
            self._pause_reading()

    def eof_received(self) -> bool:
        """A client may close its sending side and still wait for the answers to what it sent."""
        self._eof = True
        self.server.batch.flush()  # the transport may close when this returns
        waiting = self._state == ANSWERING or (self._state == HEAD and not self.writable and bool(self._rest))
        return waiting and self.server.scheme == "http"

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = CLOSED
        self._timer.close()
        self._rest = b""
        self._let_go()
        self.server.closed(self)

    def pause_writing(self) -> None:
        self.writable = False
        self._outlet.watch(self._transport.get_write_buffer_size(), self.streamed)
        self._timer.set(self._limits.write_timeout)

    def resume_writing(self) -> None:
        self.writable = True
        self._outlet.clear()
        self._timer.set(
            self._limits.linger_timeout if self._state == LINGERING else self._limits.idle_timeout
        )
        if self._exchange is not None:
            self._exchange.drained()
        elif self._state == HEAD and not self._advancing:
            self._resume()

    # ---- reading requests --------------------------------------------------------------------------------

    def _advance(self, data: bytes, at: int) -> None:
        """Read requests from `data` until one must be waited for; what is not read is kept."""
        self._advancing = True
        size = len(data)
        while at < size and self._state == HEAD and self.writable:
            if data[at] < 65:  # not a letter: an empty line before the request line, or garbage
                if data.startswith(b"\r\n", at):
                    at += 2
                    continue
                if data[at:] != b"\r":
                    self.refuse(self.server.refusals.bad_request())
                break
            end = data.find(b"\n\r\n", at)
            if end < 0:
                self._head_incomplete(data[at:])
                break
            at = self._read_request(data, at, end + 3)
            if at < size:
                self.server.batch.flush()  # or nobody would know when the client does not read
        self._advancing = False
        if at < size and self._state <= ANSWERING:
            self._rest = data
            self._at = at
            if self._state == ANSWERING:
                self._pause_reading()

    def _resume(self) -> None:
        """Go on with what waited for the answer, or for the client to read."""
        rest = self._rest
        if rest:
            self.server.batch.flush()
            self._rest = b""
            self._advance(rest, self._at)
        if self._state == HEAD and self.writable:
            if self._eof:
                self._close()
            elif not self._reading:
                self._reading = True
                self._transport.resume_reading()

    def _head_incomplete(self, head: bytes) -> None:
        if len(head) > self._limits.target_bytes and self._head_too_large(head):
            return
        if hopeless(head):
            self.refuse(self.server.refusals.bad_request())
        elif not self._head_begun:
            self._head_begun = True
            self._timer.set(self._limits.header_timeout)

    def _head_too_large(self, head: bytes) -> bool:
        """Refuse a head, perhaps incomplete, with a target or with header lines over their limit."""
        over = self._limits.head_over(head)
        if over is not None:
            refusals = self.server.refusals
            self.refuse(refusals.target_too_long() if over == "target" else refusals.headers_too_large())
        return over is not None

    def _read_request(self, data: bytes, at: int, end: int) -> int:
        """Read the head in `data[at:end]`, and its body as far as it is there; answers where to go on."""
        head = data if at == 0 and end == len(data) else data[at:end]
        if end - at > self._small and self._head_too_large(head):
            return end
        heads = self._heads
        try:
            request = heads.read(head)
        except FramingError:
            self.refuse(self.server.refusals.bad_request())
            return end
        framing = heads.framing
        if framing is None:
            self._dispatch(request, True)
            return end
        if framing.length or framing.chunked or framing.expect is not None:
            return self._begin_body(request, framing, data, end)
        self._dispatch(request, framing.persistent)
        return end

    def _begin_body(self, request: Request, framing: Framing, data: bytes, at: int) -> int:
        refusals = self.server.refusals
        limit = self._limits.body_bytes
        length = framing.length
        if framing.expect is not None and framing.expect != b"100-continue":
            self.refuse(refusals.expectation_failed())
            return at
        if not length and not framing.chunked:
            self._dispatch(request, framing.persistent)
            return at
        if length is not None and length > limit:
            self.refuse(refusals.body_too_large())
            return at
        self._heads.renew()
        if length is not None and len(data) - at >= length:
            request.body = data[at : at + length]
            self._dispatch(request, framing.persistent)
            return at + length
        self._state = BODY
        self._inflow = inflow = Inflow(self, request, length, framing.persistent, self._limits)
        asks = framing.expect is not None
        if length is not None and (self._is_large(length) or (asks and self.server.large is not None)):
            self._stream(inflow, expects=asks)
            if self._state != BODY:  # answered already
                return len(data)
        elif asks and at == len(data):
            self.write(CONTINUE)
        at = self._take_body(data, at)
        if self._state == BODY:
            inflow.begin(self._clock())
            self._timer.set(self._limits.body_timeout)
        return at

    def _take_body(self, data: bytes, at: int) -> int:
        inflow = self._inflow
        if inflow is None:  # dropped
            return len(data)
        decoder = inflow.decoder
        try:
            at = decoder.feed(data, at)
        except FramingError:
            self._refuse_body(self.server.refusals.bad_request(), "it is malformed")
            return at
        if decoder.too_large:
            self._refuse_body(self.server.refusals.body_too_large(), "it is too large")
        elif inflow.flow is not None:
            self._pass_on(inflow)
        elif inflow.length is None and self._is_large(decoder.size):
            self._stream(inflow, expects=False)
        elif decoder.done:
            self._inflow = None
            inflow.request.body = decoder.take()
            self._dispatch(inflow.request, inflow.persistent)
        return at

    # ---- answering ---------------------------------------------------------------------------------------

    def _dispatch(self, request: Request, persistent: bool) -> None:
        self._head_begun = False
        self._state = ANSWERING
        self._exchange = exchange = Exchange(self, persistent, request)
        try:
            self._handler(request, exchange)
        except Exception:
            logger.exception("the handler of %s %s raised", request.method, request.path)
            exchange.crashed()

    def answered(self, keep_alive: bool) -> None:
        """The exchange has written its last byte."""
        self._exchange = None
        if self._state != ANSWERING:
            if self._state == BODY:  # the rest of the request is not wanted
                self._drop_rest()
            return
        if not keep_alive:
            self._linger()
            return
        self._state = HEAD
        if self.writable:
            self._timer.deadline = self._clock() + self._idle_timeout
            if not self._advancing and (self._rest or self._eof or not self._reading):
                self._resume()
