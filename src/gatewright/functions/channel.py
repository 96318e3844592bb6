"""The way our own bootstraps take instead of HTTP: an inherited socket and frames.

It says what the Runtime API says, at a quarter of the price: a result is also the request for the next
event, and neither side parses HTTP.

    to the function    head length (4 bytes), payload length (4 bytes), head, payload
    to the engine      kind (1 byte), length (4 bytes), body; the kinds are below

The head is text, one line each: request id, deadline in ms, invoked ARN, trace id, client context.

Lengths are big-endian.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import cast

from gatewright.functions.endpoint import Endpoint
from gatewright.functions.invocation import Invocation
from gatewright.wire.flow import Flow

VARIABLE = "_GATEWRIGHT_CHANNEL"  # names the descriptor of the function's end

READY = b"N"  # initialised, asks for the first event
RESULT = b"R"
ERROR = b"E"
LAST_ERROR = b"L"  # an error that ends the process: no further event is asked for
INIT_ERROR = b"I"
PIECE = b"S"  # of an answer that is streamed
LAST_PIECE = b"T"  # the streamed answer is whole; also asks for the next event
BROKEN = b"B"  # the streamed answer ends with an error; also asks for the next event

_EVENT = struct.Struct("!II")
_FRAME = struct.Struct("!cI")


class Channel(asyncio.Protocol):
    """The engine's end."""

    def __init__(self, endpoint: Endpoint, response_bytes: int) -> None:
        self._endpoint = endpoint
        self._limit = 10 * response_bytes  # a result that is too large is read so far, to be refused in order
        self._request_id = ""
        self._flow: Flow | None = None  # of the answer being streamed
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    async def open(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        """The function's end, to be passed on and closed."""
        ours, theirs = socket.socketpair()
        await loop.create_connection(lambda: self, sock=ours)
        return theirs

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def deliver(self, invocation: Invocation, deadline_ms: int) -> None:
        assert self._transport is not None
        self._request_id = invocation.request_id
        self._flow = None
        head = (
            f"{invocation.request_id}\n{deadline_ms}\n{invocation.arn}\n"
            f"{invocation.trace_id}\n{invocation.client_context or ''}"
        ).encode("ascii")
        payload = invocation.payload
        self._transport.write(b"".join((_EVENT.pack(len(head), len(payload)), head, payload)))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        if self._received or len(data) < _FRAME.size:
            self._received += data
            if len(self._received) < _FRAME.size:
                return
            data = bytes(self._received) if self._is_whole(self._received) else b""
            if not data:
                return
            self._received = bytearray()
        at = 0
        while len(data) - at >= _FRAME.size and self._is_whole(memoryview(data)[at:]):
            kind, length = _FRAME.unpack_from(data, at)
            start, at = at + _FRAME.size, at + _FRAME.size + length
            if at < len(data) and kind != PIECE:
                self.close()  # not our bootstrap's doing: the function wrote to a descriptor not its own
                return
            self._take(kind, data[start:at])
        self._received += data[at:]

    def _is_whole(self, data: bytes | bytearray | memoryview) -> bool:
        """Whether the frame that `data` begins with is all there; one that may not be so long ends it."""
        _, length = _FRAME.unpack_from(data)
        if length > self._limit:
            self.close()
        return len(data) >= _FRAME.size + int(length)

    def connection_lost(self, _error: Exception | None) -> None:
        self._endpoint.lost()

    def _give(self, piece: bytes) -> None:
        if self._flow is None:
            self.pause()  # until somebody takes the answer
            self._flow = self._endpoint.begin_stream(self._request_id, self)
        if self._flow is None:
            self.resume()
        else:
            self._flow.give(piece)

    # Of a streamed answer: the flow's valve. A function whose caller is gone runs on to its end.

    def pause(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def cancel(self) -> None:
        self.resume()

    def _take(self, kind: bytes, body: bytes) -> None:
        if kind == PIECE:
            self._give(body)
        elif kind in (LAST_PIECE, BROKEN):
            self._flow = None
            self._endpoint.end_stream(self._request_id, body if kind == BROKEN else None, self)
        elif kind in (RESULT, ERROR):
            self._endpoint.outcome(self._request_id, body, failed=kind == ERROR, taker=self)
        elif kind == LAST_ERROR:
            self._endpoint.outcome(self._request_id, body, failed=True, taker=None)
        elif kind == READY:
            self._endpoint.next_event(self)
        elif kind == INIT_ERROR:
            self._endpoint.init_error(body)
        else:
            self.close()
