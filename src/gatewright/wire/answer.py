"""What a backend's answer is, and what it says of itself and of its connection."""

from __future__ import annotations

import ssl

from httptools import HttpParserError

from .flow import Source
from .types import Field
from .upstream_errors import AnswerTooLarge, BadAnswer, ConnectionLost, TlsFailed, UpstreamError


class Answer:
    """A backend's whole answer. `fields` are as received, framing fields included, and not to be changed;
    `body` is un-chunked, a content coding is still on it. `head` is empty, or the bytes that `fields` were
    read from: answers with equal heads have equal fields."""

    __slots__ = ("body", "fields", "head", "status")

    def __init__(self, status: int, fields: list[Field], body: bytes, head: bytes = b"") -> None:
        self.status = status
        self.fields = fields
        self.body = body
        self.head = head


class StreamedAnswer:
    """An answer whose head has come. `length` is what Content-Length says, None where it says nothing."""

    __slots__ = ("body", "fields", "length", "status")

    def __init__(self, status: int, fields: list[Field], length: int | None, body: Source) -> None:
        self.status = status
        self.fields = fields
        self.length = length
        self.body = body


def ends_with_connection(fields: list[Field]) -> bool:
    """Whether an answer is framed by nothing but the end of its connection."""
    return not any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in fields)


def content_length(fields: list[Field]) -> int | None:
    """What Content-Length says: digits, llhttp has seen to it."""
    for name, value in fields:
        if name.lower() == b"content-length":
            return int(value)
    return None


def says_keep(fields: list[Field], modern: bool) -> bool:
    """Whether more may follow an answer without a body, or with one of a known length."""
    connection = [value.lower() for name, value in fields if name.lower() == b"connection"]
    return not any(b"close" in value for value in connection) and (modern or b"keep-alive" in connection)


def is_stray(data: bytes) -> bool:
    """Whether no answer begins so: the backend said it before it had the request."""
    return not data.startswith(b"HTTP/"[: len(data)])


def ends_a_head(data: bytes) -> bool:
    """Whether a read that ended the head of an answer has brought nothing behind it."""
    return b"\r\n\r\n".endswith(data[-4:])


def improper(error: HttpParserError) -> BadAnswer:
    return BadAnswer(f"the answer is not proper HTTP/1.1: {error}")


def lost(exc: Exception | None) -> UpstreamError:
    """TLS 1.3 tells a client only after the handshake that its certificate is refused, or missing."""
    if isinstance(exc, ssl.SSLError):
        return TlsFailed(f"the backend ended TLS: {exc.reason or exc}")
    return ConnectionLost("the backend closed the connection before its answer was complete")


def too_large(limit: int) -> AnswerTooLarge:
    return AnswerTooLarge(f"the answer is longer than {limit} bytes")
