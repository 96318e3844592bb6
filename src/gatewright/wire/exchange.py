"""The server's side of one request: the `Reply` its handler answers with.

It outlives the connection when the handler does (every call is then ignored), and never reaches the next
request on the same connection: it lets go of the connection when it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from .types import Request, Response

if TYPE_CHECKING:
    from .connection import Connection

_LARGE_BODY: Final = 65_536
"""From here on a second write is cheaper than copying the body behind its head."""


def _status_line(status: int) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return b"HTTP/1.1 %d %b\r\n" % (status, reason.encode())


STATUS_LINES: Final = tuple(_status_line(status) for status in range(1000))


def bodyless(status: int) -> bool:
    """Whether an answer of this status never has a body (RFC 9110 §6.4.1)."""
    return status < 200 or status in (204, 304)


class _Stream:
    """What is left to write of a streamed answer."""

    __slots__ = ("chunked", "left")

    def __init__(self, left: int | None, chunked: bool) -> None:
        self.left = left
        self.chunked = chunked


class Exchange:
    """One request being answered."""

    __slots__ = ("_connection", "_stream", "head_only", "keep_alive", "modern", "on_drain", "on_gone")

    def __init__(self, connection: Connection, keep_alive: bool, request: Request | None) -> None:
        self._connection: Connection | None = connection
        self._stream: _Stream | None = None
        self.keep_alive = keep_alive
        self.head_only = request is not None and request.method == "HEAD"
        self.modern = request is None or request.version == "1.1"
        self.on_drain: Callable[[], None] | None = None
        self.on_gone: Callable[[], None] | None = None

    def send(self, response: Response) -> None:
        connection = self._connection
        if connection is None or self._stream is not None:
            return
        self._connection = None
        server = connection.server
        keep_alive = self.keep_alive and not server.draining
        ending = server.keep_alive_ending if keep_alive else server.close_ending
        status = response.status
        body = response.body
        size = len(body)
        try:
            if self.head_only or status < 200 or status == 204 or status == 304:
                connection.write(_head_without_body(response, ending))
            elif size < _LARGE_BODY:
                server.batch.add(
                    connection,
                    b"%b%bContent-Length: %d%b%b" % (STATUS_LINES[status], response.head, size, ending, body),
                )
            else:
                connection.write(
                    b"%b%bContent-Length: %d%b" % (STATUS_LINES[status], response.head, size, ending)
                )
                connection.write(body)
        except RuntimeError:  # the transport has failed, and will tell the connection in a moment
            connection.abort()
            return
        connection.answered(keep_alive)

    def start(self, status: int, head: bytes, length: int | None = None) -> bool:
        connection = self._connection
        if connection is None or self._stream is not None:
            return False
        framing = b""
        chunked = False
        if bodyless(status):
            self.head_only = True
        elif length is not None:
            framing = b"Content-Length: %d\r\n" % length
        elif self.modern:
            chunked = True
            framing = b"Transfer-Encoding: chunked\r\n"
        else:
            self.keep_alive = False
        self._stream = _Stream(length, chunked)
        server = connection.server
        self.keep_alive = self.keep_alive and not server.draining
        ending = server.keep_alive_ending if self.keep_alive else server.close_ending
        self._write(connection, b"%b%b%b%b" % (STATUS_LINES[status], head, framing, ending[2:]))
        return not self.head_only

    def write(self, chunk: bytes) -> bool:
        connection = self._connection
        stream = self._stream
        if connection is None or stream is None or not chunk or self.head_only:
            return True
        if stream.left is not None:
            stream.left -= len(chunk)
            if stream.left < 0:
                self.abort()
                raise ValueError(f"the answer is {-stream.left} bytes longer than the length it began with")
        if not stream.chunked:
            self._write(connection, chunk)
        elif len(chunk) < _LARGE_BODY:
            self._write(connection, b"%x\r\n%b\r\n" % (len(chunk), chunk))
        else:
            self._write(connection, b"%x\r\n" % len(chunk))
            self._write(connection, chunk)
            self._write(connection, b"\r\n")
        return connection.writable

    def end(self) -> None:
        connection = self._connection
        stream = self._stream
        if connection is None or stream is None:
            return
        if stream.left and not self.head_only:
            self.abort()
            return
        self._connection = None
        if stream.chunked and not self.head_only:
            self._write(connection, b"0\r\n\r\n")
        connection.answered(self.keep_alive)

    def _write(self, connection: Connection, data: bytes) -> None:
        connection.streamed += len(data)
        try:
            connection.write(data)
        except RuntimeError:  # as in `send`
            connection.abort()

    def abort(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()

    def crashed(self) -> None:
        """The handler raised: 500 if nothing was answered yet, else the connection is cut."""
        if self._stream is not None:
            self.abort()
        else:
            self.keep_alive = False
            self.send(Response(500))

    def lost(self) -> None:
        """The client is gone; whoever waits to write more is let go."""
        self._connection = None
        callback, self.on_gone = self.on_gone, None
        if callback is not None:
            callback()
        self.drained()

    def body_arrived(self, persistent: bool) -> None:
        """The rest of the request has come: the connection may go on, unless something else was said."""
        if self._stream is None:
            self.keep_alive = persistent

    def cut_short(self, response: Response) -> None:
        """What was wrong with the request's body: said, if no answer has begun, and the connection ends."""
        if self._stream is None:
            self.send(response)
        else:
            self.abort()

    def drained(self) -> None:
        """The client has taken what waited for it."""
        callback, self.on_drain = self.on_drain, None
        if callback is not None:
            callback()


def _head_without_body(response: Response, ending: bytes) -> bytes:
    """The head of an answer to HEAD, with the length its body would have, or of a status that has no body."""
    if bodyless(response.status):
        return b"%b%b%b" % (STATUS_LINES[response.status], response.head, ending[2:])
    line = STATUS_LINES[response.status]
    return b"%b%bContent-Length: %d%b" % (line, response.head, len(response.body), ending)
