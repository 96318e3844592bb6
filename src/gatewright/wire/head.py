"""Reads the heads of one connection's requests: bytes to a `Request` and what it says of its framing."""

from __future__ import annotations

import time
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from .framing import Framing, FramingError, only_host, origin_form, read_framing, valid_host
from .types import Field, Headers, Request

_METHODS: Final = {
    name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}

_REMEMBERED_TARGETS: Final = 1024
_REMEMBERED_TARGET: Final = 256
"""How many targets, and how long ones, a server keeps checked and split."""

Targets = dict[bytes, tuple[str, str | None]]
"""Targets that were seen, as path and query; shared by the connections of a server."""


class HeadReader:
    """The parser of one connection. It is given whole heads only; bodies are read elsewhere, and where one
    follows, the parser is renewed: it would wait for the body."""

    __slots__ = (
        "_client",
        "_client_port",
        "_fields",
        "_host",
        "_parser",
        "_scheme",
        "_server_port",
        "_target",
        "_targets",
        "framing",
    )

    def __init__(self, targets: Targets, client: tuple[str, int], scheme: str, server_port: int) -> None:
        # The connection's life
        self._targets = targets
        self._client, self._client_port = client
        self._scheme = scheme
        self._server_port = server_port
        self._parser = HttpRequestParser(self)
        self._host: bytes | None = None
        # The head being read
        self._target = b""
        self._fields: list[Field] = []
        self.framing: Framing | None = None

    def on_url(self, url: bytes) -> None:
        self._target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name, value.rstrip()))

    def renew(self) -> None:
        """Be ready for the next head though a body follows this one."""
        self._parser = HttpRequestParser(self)

    def read(self, head: bytes) -> Request:
        """The request that `head` begins, without its body; `framing` then tells of its body and connection,
        or is None where the fields say nothing of them. Raises `FramingError`."""
        fields: list[Field] = []
        self._fields = fields
        parser = self._parser
        try:
            parser.feed_data(head)
        except HttpParserUpgrade:  # an offer that is not taken up: the request is answered as HTTP/1.1
            self.renew()
        except HttpParserError as error:
            raise FramingError(str(error)) from error
        method = parser.get_method()
        target = self._target
        modern = head.startswith(b" HTTP/1.1\r\n", len(method) + 1 + len(target))
        host = only_host(fields) if modern else None
        if host is None:
            if not modern and not head.startswith(b" HTTP/1.0\r\n", len(method) + 1 + len(target)):
                raise FramingError("the request line is not METHOD, target and HTTP/1.0 or HTTP/1.1")
            self.framing = framing = read_framing(fields, modern)
            host = framing.host
        else:
            self.framing = None
        if host != self._host:
            if not valid_host(host or b""):
                raise FramingError("Host is malformed")
            self._host = host
        # Without its constructor, which would take half as long as all of the above.
        request = object.__new__(Request)
        request.method = _METHODS.get(method) or method.decode()
        request.path, request.query = self._targets.get(target) or self._split(target)
        request.headers = headers = object.__new__(Headers)
        headers.fields = fields
        request.body = b""
        request.client = self._client
        request.client_port = self._client_port
        request.scheme = self._scheme
        request.server_port = self._server_port
        request.version = "1.1" if modern else "1.0"
        request.received = time.time()
        return request

    def _split(self, target: bytes) -> tuple[str, str | None]:
        """Path and query of a target that was not seen before. Raises `FramingError`."""
        path, mark, query = origin_form(target, self._host).decode("latin-1").partition("?")
        split = path, query if mark else None
        if target.startswith(b"/") and len(target) <= _REMEMBERED_TARGET:
            if len(self._targets) >= _REMEMBERED_TARGETS:
                self._targets.clear()
            self._targets[target] = split
        return split
