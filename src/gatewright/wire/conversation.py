"""A call whose answer, and whose body if need be, pass piece by piece.

It borrows a connection of the pool, speaks on it with a protocol of its own, and gives it back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from .answer import (
    StreamedAnswer,
    content_length,
    ends_a_head,
    ends_with_connection,
    improper,
    is_stray,
    lost,
    says_keep,
)
from .flow import Flow
from .inflow import BodyLost
from .timers import NEVER, Timer
from .types import Field
from .upstream import Upstream
from .upstream_errors import AnswerTimedOut, AnswerTooLarge, BadAnswer, RequestBroke, UpstreamError

if TYPE_CHECKING:
    from .pool import Pool
    from .streamed_call import StreamedCall

_LAST_CHUNK: Final = b"0\r\n\r\n"


class Conversation(asyncio.Protocol):
    """The borrowed connection: the sink of what is uploaded, the valve of what is answered."""

    def __init__(self, upstream: Upstream, call: StreamedCall) -> None:
        self._upstream = upstream
        self._pool: Pool = upstream.pool
        self._clock = self._pool.timers.clock
        self._transport = upstream.lend(self)
        self._timer = Timer(self._pool.timers, self)
        # The request
        self._call: StreamedCall | None = call
        self._method = call.method
        self._patience = call.patience
        self._upload = call.upload
        self._writable = True
        # The answer
        self._parser = HttpResponseParser(self)
        self._flow: Flow | None = None  # once the head has come
        self._reading = True
        self._received = 0
        self._fields: list[Field] = []
        self._pieces: list[bytes] = []
        self._head_done = False
        self._complete = False
        self._malformed = False
        self._surplus = False
        self._keep = False
        self._left: int | None = None  # of a body whose length is known
        self._deadline = NEVER

    def begin(self) -> None:
        call = self._call
        assert call is not None
        self._timer.set(self._patience.head)
        self._transport.write(call.head)
        if self._upload is not None:
            self._upload.body.pour(self)
            return
        if call.body:
            self._transport.write(call.body)
        self._request_sent()

    def _request_sent(self) -> None:
        self._deadline = self._clock() + self._patience.whole
        if not self._head_done:
            self._timer.set(min(self._patience.head, self._patience.whole))

    # ---- the request: `Sink` -----------------------------------------------------------------------------

    def write(self, piece: bytes) -> bool:
        assert self._upload is not None
        self._timer.set(self._patience.head)
        if self._upload.length is None:
            self._transport.write(b"%x\r\n" % len(piece))
            self._transport.write(piece)
            self._transport.write(b"\r\n")
        else:
            self._transport.write(piece)
        return self._writable

    def end(self) -> None:
        assert self._upload is not None
        if self._upload.length is None:
            self._transport.write(_LAST_CHUNK)
        self._upload = None
        self._request_sent()

    def fail(self, error: Exception) -> None:
        """The rest of the upload will not come: the backend must not take it for whole."""
        self._upload = None
        self._break(RequestBroke(str(error), error.status if isinstance(error, BodyLost) else 400))

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        if self._upload is not None:
            self._upload.body.resume()

    # ---- the answer: `Valve` -----------------------------------------------------------------------------

    def pause(self) -> None:
        if self._reading and not self._transport.is_closing():
            self._reading = False
            self._transport.pause_reading()

    def resume(self) -> None:
        if not self._reading and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()
        self._heard()

    def cancel(self) -> None:
        if not self._complete:  # else the connection is about to be given back
            self._stop_upload()
            self._close()

    # ---- events of the transport -------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        wrong = None
        if self._left is None:
            wrong = self._parse(data)
            if self._complete and self._method == "HEAD":
                self._surplus = self._surplus or not ends_a_head(data)
        else:
            self._pieces.append(data[: self._left] if len(data) > self._left else data)
            self._surplus = len(data) > self._left
            self._left -= len(self._pieces[0])
            if not self._left:
                self._complete = True
                self._keep = says_keep(self._fields, self._parser.get_http_version() == "1.1")
        if wrong is not None:
            self._misunderstood(data, wrong)
        elif self._malformed:
            self._break(BadAnswer("the answer switches protocols, or its Transfer-Encoding is not chunked"))
        elif self._head_done:
            self._pass_on()
        elif self._received > self._pool.limits.head_bytes:
            limit = self._pool.limits.head_bytes
            self._break(AnswerTooLarge(f"the head of the answer is longer than {limit} bytes"))

    def _parse(self, data: bytes) -> BadAnswer | None:
        """What is wrong with the answer, if anything is."""
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._surplus = True
            return None if self._complete else improper(error)
        except HttpParserUpgrade:
            self._surplus = True
        return None

    def _misunderstood(self, data: bytes, wrong: BadAnswer) -> None:
        """As on any connection: see `Upstream`."""
        call = self._call
        first = self._upstream.used and self._received == len(data)
        if first and is_stray(data) and call is not None and call.repeatable:
            call.retried = True
            self._call = None
            self._close()
            self._pool.submit(call)
        else:
            self._break(wrong)

    def _pass_on(self) -> None:
        """Tell of the head when it is new, and give what came of the body."""
        self._heard()
        flow = self._flow or self._tell_head()
        pieces, self._pieces = self._pieces, []
        for piece in pieces:
            flow.give(piece)
        if self._complete:
            self._finish(flow)

    def _tell_head(self) -> Flow:
        """Where the body goes from now on."""
        length = content_length(self._fields)
        if length is not None and not self._complete and self._method != "HEAD":
            self._left = length - sum(map(len, self._pieces))
        flow = self._flow = Flow(self)
        if not self._complete:
            self.pause()  # until somebody takes the body
        call, self._call = self._call, None
        if call is not None:
            call.resolve(StreamedAnswer(self._parser.get_status_code(), self._fields, length, flow))
        return flow

    def _heard(self) -> None:
        """The backend has until the idle time is over, or the whole of it, for its next word."""
        if self._head_done and not self._complete:
            self._timer.set_at(min(self._clock() + self._patience.idle, self._deadline))

    def connection_lost(self, exc: Exception | None) -> None:
        self._over()
        self._pool.gone(self._upstream)
        self._upstream.over()
        self._stop_upload()
        call, flow = self._call, self._flow
        if flow is not None and exc is None and ends_with_connection(self._fields):
            flow.finish()
        elif call is not None and self._upstream.used and not self._received and call.repeatable:
            call.retried = True
            self._pool.submit(call)
        else:
            self._fail(lost(exc))

    def expired(self) -> None:
        now = self._clock()
        if self._upload is not None and self._writable:
            self._timer.set(self._patience.head)  # it is the client who is slow, whom the server watches
        elif self._head_done and not self._reading and now < self._deadline:
            self._timer.set_at(min(now + self._patience.idle, self._deadline))  # the client again
        else:
            what = "whole" if self._head_done and now >= self._deadline else "going on"
            self._break(AnswerTimedOut(f"the answer was not {what} in time"))

    # ---- callbacks of the parser -------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._complete:
            raise BadAnswer("bytes follow the answer")  # stops the parser; `data_received` goes on
        self._fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
            self._malformed = True
        self._fields.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._head_done = True
            if self._method == "HEAD":
                self._complete = True
                self._keep = says_keep(self._fields, self._parser.get_http_version() == "1.1")

    def on_body(self, piece: bytes) -> None:
        if self._method != "HEAD":
            self._pieces.append(piece)
        else:
            self._surplus = True

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            if self._method != "HEAD":
                self._complete = True
                self._keep = self._parser.should_keep_alive()
        elif status == 101:
            self._malformed = True

    # ---- the end -----------------------------------------------------------------------------------------

    def _finish(self, flow: Flow) -> None:
        """The answer is whole. A backend that has not taken the whole request is not asked again."""
        keep = self._keep and not self._surplus and self._upload is None
        keep = keep and self._transport.get_write_buffer_size() == 0 and not self._transport.is_closing()
        self._stop_upload()
        if keep:
            self._over()
            if not self._reading:
                self._reading = True
                self._transport.resume_reading()
            self._upstream.take_back()
        else:
            self._close()
        flow.finish()

    def _break(self, error: UpstreamError) -> None:
        self._stop_upload()
        self._close()
        self._fail(error)

    def _fail(self, error: UpstreamError) -> None:
        """Tell whoever takes the body or waits for the head, unless it was told already."""
        call, self._call = self._call, None
        if self._flow is not None:
            self._flow.fail(error)
        elif call is not None:
            call.fail(error)

    def _over(self) -> None:
        """Nothing more is heard on the connection; the parser, which holds us, is let go."""
        self._timer.close()
        del self._parser

    def _stop_upload(self) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.body.cancel()

    def _close(self) -> None:
        """Cut the connection: what is under way on it is for nobody."""
        self._timer.close()
        self._transport.abort()
        self._pool.gone(self._upstream)
