"""The values that cross between the wire and whoever answers: `Request`, `Response`, `Headers`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

Field = tuple[bytes, bytes]


class Headers:
    """Header fields as they arrived: order, repeats and case kept; look-ups ignore case.

    Names given to look-ups are lower case already: they are constants of the caller. A list given to the
    constructor is taken over, not copied, and from then on nobody changes it.
    """

    __slots__ = ("fields", "get", "repeated")

    get: Callable[[bytes], bytes | None]
    """The last value sent under a name (lower case), as API Gateway's single-value views read it."""

    def __init__(self, fields: Iterable[Field] = ()) -> None:
        self.fields: list[Field] = fields if type(fields) is list else list(fields)
        latest = {name.lower(): value for name, value in self.fields}
        self.get = latest.get
        self.repeated = len(latest) < len(self.fields)  # whether any name came more than once

    def get_all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.fields if key.lower() == name]

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, name: bytes) -> bool:
        return self.get(name) is not None


class Request:
    """One whole request. Its body is complete and un-chunked; a content coding is still on it (`coding`)."""

    __slots__ = (
        "body",
        "client",
        "client_port",
        "headers",
        "method",
        "path",
        "query",
        "received",
        "scheme",
        "server_port",
        "version",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: str | None = None,
        headers: Headers | None = None,
        body: bytes = b"",
        *,
        client: str = "127.0.0.1",
        client_port: int = 0,
        scheme: str = "http",
        server_port: int = 80,
        version: str = "1.1",
        received: float = 0.0,
    ) -> None:
        self.method = method
        self.path = path  # raw: percent-encoding untouched, bytes over 0x7f as latin-1
        self.query = query  # raw, without the question mark; None when there was no question mark
        self.headers = headers if headers is not None else Headers()
        self.body = body
        self.client = client  # address of the peer, or what the PROXY protocol said of it
        self.client_port = client_port
        self.scheme = scheme  # "http" or "https"
        self.server_port = server_port
        self.version = version
        self.received = received  # time.time() when the head was complete


class Response:
    """A complete answer. `head` is the rendered header block without the status line and without the framing
    fields, which the server writes: Content-Length, Connection and Date."""

    __slots__ = ("body", "head", "status")

    def __init__(self, status: int, head: bytes = b"", body: bytes = b"") -> None:
        self.status = status
        self.head = head
        self.body = body


def render_fields(fields: Iterable[Field]) -> bytes:
    """Header fields as they stand on the wire, each with its CRLF. The caller vouches for the characters."""
    return b"".join([b"%b: %b\r\n" % field for field in fields])


class Reply(Protocol):
    """What a handler answers a request with: one `send`, or `start`, `write`… and `end`.

    Calls after the client went away are ignored; a handler need not look.
    """

    on_drain: Callable[[], None] | None
    """Called once, when the client has taken what waited for it, or is gone."""

    on_gone: Callable[[], None] | None
    """Called when the client goes away before the answer is complete."""

    def send(self, response: Response) -> None:
        """Answer completely. The server adds Content-Length, Connection and Date."""

    def start(self, status: int, head: bytes, length: int | None = None) -> bool:
        """Begin a streamed answer: chunked (HTTP/1.1) or ended by close (HTTP/1.0) when `length` is None.
        False if the client wants no body: it asked by HEAD, has gone, or the status has none."""

    def write(self, chunk: bytes) -> bool:
        """Send a piece. False asks the caller to wait until the client has read: `on_drain`."""

    def end(self) -> None:
        """End a streamed answer; one that is short of its `length` closes the connection."""

    def abort(self) -> None:
        """Close the connection without a (further) word: the answer cannot be completed."""


class Handler(Protocol):
    """Answers requests; called from the parser's callback, so it must not block."""

    def __call__(self, request: Request, reply: Reply) -> None: ...
