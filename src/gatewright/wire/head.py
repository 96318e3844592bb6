"""Reads the heads of one connection's requests: bytes to a `Request` and what it says of its framing."""

from __future__ import annotations

from time import time
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from .framing import Framing, FramingError, only_host, origin_form, read_framing, valid_host
from .types import Field, Headers, Request

_REMEMBERED_LINES: Final = 1024
_REMEMBERED_LINE: Final = 256
"""How many request lines, and how long ones, a server keeps checked and taken apart."""

Line = tuple[str, str, str | None, bool]
"""Method, path, query, and whether the version is 1.1 rather than 1.0."""

Lines = dict[bytes, Line]
"""Request lines that were seen; shared by the connections of a server."""


class _Heard:
    """What a parser calls. Not the reader: two that hold each other are left to the collector, with all that
    a connection had in hand when it ended."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: list[Field] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value.rstrip()))


class HeadReader:
    """The parser of one connection. It is given whole heads only; bodies are read elsewhere, and where one
    follows, the parser is renewed: it would wait for the body."""

    __slots__ = (
        "_client",
        "_client_port",
        "_heard",
        "_host",
        "_lines",
        "_parser",
        "_scheme",
        "_server_port",
        "framing",
    )

    def __init__(self, lines: Lines, client: tuple[str, int], scheme: str, server_port: int) -> None:
        # The connection's life
        self._lines = lines
        self._client, self._client_port = client
        self._scheme = scheme
        self._server_port = server_port
        self._heard = _Heard()
        self._parser = HttpRequestParser(self._heard)
        self._host: bytes | None = None
        # The head being read
        self.framing: Framing | None = None

    def renew(self) -> None:
        """Be ready for the next head though a body follows this one."""
        self._parser = HttpRequestParser(self._heard)

    def read(self, head: bytes) -> Request:
        """The request that `head` begins, without its body; `framing` then tells of its body and connection,
        or is None where the fields say nothing of them. Raises `FramingError`."""
        fields: list[Field] = []
        self._heard.fields = fields
        try:
            self._parser.feed_data(head)
        except HttpParserUpgrade:  # an offer that is not taken up: the request is answered as HTTP/1.1
            self.renew()
        except HttpParserError as error:
            raise FramingError(str(error)) from error
        latest = {name.lower(): value for name, value in fields}
        line = head[: head.find(b"\n")]
        method, path, query, modern = self._lines.get(line) or self._read_line(line, latest.get(b"host"))
        repeated = len(latest) < len(fields)
        host = only_host(latest) if modern and not repeated else None
        if host is None:
            self.framing = framing = read_framing(fields, modern)
            host = framing.host
        else:
            self.framing = None
        if host != self._host:
            if not valid_host(host or b""):
                raise FramingError("Host is malformed")
            self._host = host
        # Without their constructors, which would take half as long as all of the above.
        request = object.__new__(Request)
        request.method = method
        request.path = path
        request.query = query
        request.headers = headers = object.__new__(Headers)
        headers.fields = fields
        headers.get = latest.get
        headers.repeated = repeated
        request.body = b""
        request.client = self._client
        request.client_port = self._client_port
        request.scheme = self._scheme
        request.server_port = self._server_port
        request.version = "1.1" if modern else "1.0"
        request.received = time()
        return request

    def _read_line(self, line: bytes, host: bytes | None) -> Line:
        """Take apart a request line that was not seen before. Raises `FramingError`."""
        parts = line.split(b" ")
        modern = parts[-1] == b"HTTP/1.1\r"
        if len(parts) != 3 or not (modern or parts[2] == b"HTTP/1.0\r"):
            raise FramingError("the request line is not METHOD, target and HTTP/1.0 or HTTP/1.1")
        path, mark, query = origin_form(parts[1], host).decode("latin-1").partition("?")
        read = parts[0].decode(), path, query if mark else None, modern
        if parts[1].startswith(b"/") and len(line) <= _REMEMBERED_LINE:
            if len(self._lines) >= _REMEMBERED_LINES:
                self._lines.clear()
            self._lines[line] = read
        return read
