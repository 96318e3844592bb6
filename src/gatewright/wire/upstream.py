"""One connection to a backend: one call at a time, its answer collected whole."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from .answer import (
    Answer,
    content_length,
    ends_a_head,
    ends_with_connection,
    improper,
    is_stray,
    lost,
    says_keep,
    too_large,
)
from .call import Call
from .timers import Timer
from .types import Field
from .upstream_errors import AnswerTimedOut, AnswerTooLarge, BadAnswer, UpstreamError

if TYPE_CHECKING:
    from .pool import Pool

_LARGE_BODY: Final = 65_536
"""From here on a second write is cheaper than copying the body behind its head."""


class Upstream(asyncio.Protocol):
    """Parser callbacks and the life of one connection in a pool."""

    __slots__ = (
        "_call",
        "_complete",
        "_fields",
        "_head",
        "_head_done",
        "_heads",
        "_keep",
        "_left",
        "_limits",
        "_malformed",
        "_parser",
        "_parts",
        "_poll",
        "_received",
        "_status",
        "_surplus",
        "_transport",
        "on_body",
        "pool",
        "suspect",
        "timer",
        "used",
        "write_alone",
    )

    def __init__(self, pool: Pool) -> None:
        # The connection's life
        self.pool = pool
        self._limits = pool.limits
        self._heads = pool.heads
        self.timer: Timer
        self._transport: asyncio.Transport
        self.write_alone: Callable[[bytes], None]
        self._poll = select.poll()
        self.used = False
        self.suspect = (
            False  # it gave an answer to HEAD, whose body a wrong backend sends, or one that streamed
        )
        # The answer being read
        self._call: Call | None = None
        self._parts: list[bytes] = []
        self.on_body = self._parts.append
        self._head = b""
        self._fields: list[Field] = []
        self._status = 0
        self._received = 0
        self._left = 0  # of a body that is long and whose length is known
        self._head_done = False
        self._complete = False
        self._keep = False
        self._malformed = False
        self._surplus = False
        self._parser: HttpResponseParser

    # ---- for the pool ------------------------------------------------------------------------------------

    def begin(self, call: Call) -> None:
        """Send `call`; its answer, or why there is none, goes to it."""
        self._call = call
        self._received = 0
        self.timer.set_at(call.deadline)
        body = call.body
        if not body:
            self.pool.batch.add(self, call.head)
        elif len(body) < _LARGE_BODY:
            self.pool.batch.add(self, call.head + body)
        else:
            self.write_alone(call.head)
            self.write_alone(body)

    def write_failed(self) -> None:
        """The call hears of it when the connection is lost."""

    def lend(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """Let another protocol speak on the connection, until `take_back` or its end."""
        self.timer.clear()
        self._transport.set_protocol(protocol)
        return self._transport

    def take_back(self) -> None:
        """The borrower is done, and the connection ready for the next call."""
        self.used = self.suspect = True
        self._transport.set_protocol(self)
        self.pool.release(self)

    def is_spoiled(self) -> bool:
        """Whether the backend has closed this idle connection or spoken on it, of which the loop has not told
        us yet."""
        return bool(self._poll.poll(0))

    def close(self) -> None:
        self.timer.clear()
        self._transport.close()

    def abort(self, error: UpstreamError) -> None:
        """Cut the connection; a call on it fails with `error`."""
        call, self._call = self._call, None
        self.timer.close()
        self._transport.abort()
        self.pool.gone(self)
        if call is not None:
            call.fail(error)

    @property
    def closing(self) -> bool:
        return self._transport.is_closing()

    def peer_certificate(self) -> bytes | None:
        """The backend's certificate in DER."""
        tls = self._transport.get_extra_info("ssl_object")
        return cast("bytes | None", tls.getpeercert(binary_form=True))

    # ---- events of the transport -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.write_alone = self._transport.write
        self.timer = Timer(self.pool.timers, self)
        self._parser = HttpResponseParser(self)
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)

    def data_received(self, data: bytes) -> None:
        call = self._call
        if call is None:
            self.abort(BadAnswer("the backend spoke without being asked"))
            return
        if not self._received:
            end = data.find(b"\r\n\r\n") + 4
            head = self._head = data[:end]
            known = self._heads.get(head)
            if known is not None and len(data) == end + known.length and call.method != "HEAD":
                self._deliver(call, Answer(known.status, known.fields, data[end:], known.head), True)
                return
        self._received += len(data)
        if self._left:
            self._collect(call, data)
            return
        wrong = None
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._surplus = True
            if not self._complete:
                wrong = improper(error)
        except HttpParserUpgrade:
            self._surplus = True
        if wrong is not None:
            self._misunderstood(call, data, wrong)
        elif self._malformed:
            self.abort(BadAnswer("the answer switches protocols, or its Transfer-Encoding is not chunked"))
        elif self._complete:
            self._finish(call, data)
        elif self._head_done and (length := content_length(self._fields)) is not None:
            self._expect(length)
        elif self._received > self._limits.head_bytes:
            self._check_size()

    def connection_lost(self, exc: Exception | None) -> None:
        call, self._call = self._call, None
        self.pool.gone(self)
        if call is not None:
            self._cut_off(call, exc)
        self.over()

    def over(self) -> None:
        """The connection has ended. Timer and parser hold us: they are let go, or all would wait for the
        collector, with what there is of an answer."""
        self.timer.close()
        del self._parser

    def _cut_off(self, call: Call, exc: Exception | None) -> None:
        """The connection has ended before the answer, unless its end is the answer's."""
        if self._head_done and exc is None and ends_with_connection(self._fields):
            self._surplus = True
            self._finish(call, b"")
        elif self.used and not self._received and call.repeatable:
            call.retried = True
            self.pool.submit(call)
        else:
            call.fail(lost(exc))

    def expired(self) -> None:
        if self._call is not None:
            self.abort(AnswerTimedOut("the answer was not complete in time"))
        else:
            self.pool.gone(self)
            self._transport.close()

    # ---- callbacks of the parser -------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._complete:
            raise BadAnswer("bytes follow the answer")  # stops the parser; `data_received` goes on
        self._fields = []
        self._head_done = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_done:  # a trailer: what it says, it says of no head
            return
        if len(name) == 17 and name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
            self._malformed = True
        self._fields.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        self._status = status = self._parser.get_status_code()
        if status >= 200:
            self._head_done = True
            if self._call is not None and self._call.method == "HEAD":
                self._complete = True

    def on_message_complete(self) -> None:
        status = self._status
        if status >= 200:
            self._complete = True
            self._keep = self._parser.should_keep_alive()  # llhttp forgets it on leaving this callback
        elif status == 101 or status < 100:
            self._malformed = True

    # ---- the answer --------------------------------------------------------------------------------------

    def _expect(self, length: int) -> None:
        """Collect the rest of a body of this length without the parser, which would copy it."""
        if length > self._limits.answer_bytes:
            self.abort(too_large(self._limits.answer_bytes))
        elif length:
            self._left = length - sum(map(len, self._parts))

    def _collect(self, call: Call, data: bytes) -> None:
        left = self._left
        if len(data) > left:
            self._surplus = True
            data = data[:left]
        self._parts.append(data)
        self._left = left - len(data)
        if not self._left:
            self._keep = says_keep(self._fields, self._parser.get_http_version() == "1.1")
            self._parser = HttpResponseParser(self)  # the old one waits for the body
            self._finish(call, b"")

    def _check_size(self) -> None:
        """Bound what an unfinished answer has taken so far, generous towards the overhead of chunks."""
        limits = self._limits
        if not self._head_done:
            self.abort(AnswerTooLarge(f"the head of the answer is longer than {limits.head_bytes} bytes"))
        elif self._received > limits.head_bytes + limits.answer_bytes + limits.answer_bytes // 4:
            self.abort(too_large(limits.answer_bytes))

    def _misunderstood(self, call: Call, data: bytes, wrong: BadAnswer) -> None:
        """No proper answer; or none at all, but what the backend said behind the one before."""
        if self.used and self._received == len(data) and is_stray(data) and call.repeatable:
            call.retried = True
            self._call = None
            self.abort(wrong)
            self.pool.submit(call)
        else:
            self.abort(wrong)

    def _finish(self, call: Call, data: bytes) -> None:
        """The parser has seen the end of the answer, in `data`."""
        parts = self._parts
        body = b""
        if parts:
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
        self._complete = False
        if call.method == "HEAD":
            self.suspect = True
            surplus = self._surplus or bool(body) or not ends_a_head(data)
            keep = not surplus and says_keep(self._fields, self._parser.get_http_version() == "1.1")
            self._parser = HttpResponseParser(self)
            self._deliver(call, Answer(self._status, self._fields, b""), keep)
            return
        answer = Answer(self._status, self._fields, body)
        keep = self._keep and not self._surplus
        if keep and len(data) == self._received == len(self._head) + len(body):
            self._learn(answer)
        self._deliver(call, answer, keep)

    def _learn(self, answer: Answer) -> None:
        """Remember the head of an answer that came in one piece, if the backend says it twice in a row: many
        backends never do."""
        if self._head == self.pool.last_head:
            self._heads.learn(self._head, answer)
        else:
            self.pool.last_head = self._head

    def _deliver(self, call: Call, answer: Answer, keep: bool) -> None:
        """Hand over the complete answer, and the connection back to the pool before: a call that is made on
        hearing the answer finds it there."""
        self._call = None
        self.used = True
        if keep and (len(call.body) < _LARGE_BODY or self._all_sent()):
            self.pool.release(self)
        else:
            self.timer.close()
            self._transport.close()
            self.pool.gone(self)
        if len(answer.body) > self._limits.answer_bytes:
            call.fail(too_large(self._limits.answer_bytes))
        else:
            call.resolve(answer)

    def _all_sent(self) -> bool:
        """Whether the whole request has left; a backend may answer before it has read it."""
        return self._transport.get_write_buffer_size() == 0
