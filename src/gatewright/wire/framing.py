"""Where one HTTP/1.1 message ends: the rules beyond those of llhttp, and the chunked coding.

llhttp (through httptools) reads heads and is strict about bare CR and LF, obs-fold, whitespace before the
colon, NUL, control characters, repeated or malformed Content-Length, and Content-Length with
Transfer-Encoding. What it lets through is refused here: other protocols and versions, several spaces in the
request line, a Transfer-Encoding other than exactly `chunked`, characters no URI may hold, repeated Host.
"""

from __future__ import annotations

import re
from typing import Final

from .types import Field


class FramingError(Exception):
    """The bytes do not say without doubt where the message ends."""


_ORIGIN_FORM = re.compile(rb"/[!$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*").fullmatch
_ABSOLUTE_FORM = re.compile(rb"(?i:https?)://([^/?#@\s]+)(/.*|\?.*|)").fullmatch
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+;=%\-]*(?::[0-9]*)?|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?").fullmatch
_BARE_END_OF_LINE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)").search
_METHOD_BEGUN = re.compile(rb"[A-Z][A-Z\-]{0,23}(?: |\Z)").match

_MESSAGE_NAMES: Final = frozenset((b"connection", b"content-length", b"transfer-encoding", b"expect"))
_FRAMING_NAMES: Final = _MESSAGE_NAMES | {b"host"}


class Framing:
    """What a request's fields say about its connection and its body."""

    __slots__ = ("chunked", "close", "expect", "host", "keep_alive", "length", "modern")

    def __init__(self, modern: bool) -> None:
        self.modern = modern
        self.host: bytes | None = None
        self.length: int | None = None
        self.chunked = False
        self.expect: bytes | None = None
        self.close = False
        self.keep_alive = False

    @property
    def persistent(self) -> bool:
        """Whether the client wants to use the connection again."""
        return not self.close and (self.modern or self.keep_alive)


def only_host(latest: dict[bytes, bytes]) -> bytes | None:
    """Host, if it is the only field that bears on framing, as in most requests; None leaves the matter to
    `read_framing`. `latest` has the fields by their lower-case names, none of which came twice."""
    return latest.get(b"host") if latest.keys().isdisjoint(_MESSAGE_NAMES) else None


def read_framing(fields: list[Field], modern: bool) -> Framing:
    """The framing fields of a request; `modern` says HTTP/1.1. Raises `FramingError`."""
    framing = Framing(modern)
    for name, value in fields:
        key = name.lower()
        if key in _FRAMING_NAMES:
            if key == b"host":
                if framing.host is not None:
                    raise FramingError("Host is repeated")
                framing.host = value
            else:
                _read_field(framing, key, value)
    if modern and framing.host is None:
        raise FramingError("Host is missing")
    return framing


def _read_field(framing: Framing, key: bytes, value: bytes) -> None:
    if key == b"content-length":
        framing.length = int(value)  # digits only and not repeated: llhttp has seen to it
    elif key == b"transfer-encoding":
        if not framing.modern or framing.chunked or value.lower() != b"chunked":
            raise FramingError("Transfer-Encoding is not exactly chunked")
        framing.chunked = True
    elif key == b"expect":
        if framing.modern:
            framing.expect = value.lower()
    else:
        tokens = [token.strip() for token in value.lower().split(b",")]
        framing.close = framing.close or b"close" in tokens
        framing.keep_alive = framing.keep_alive or b"keep-alive" in tokens


def origin_form(target: bytes, host: bytes | None) -> bytes:
    """The target as path and query; an absolute one only if it names the Host. Raises `FramingError`."""
    if _ORIGIN_FORM(target):
        return target
    absolute = _ABSOLUTE_FORM(target)
    if absolute is None or absolute[1].lower() != (host or b"").lower():
        raise FramingError("the target is neither a path nor an address at Host")
    path = bytes(absolute[2])
    return origin_form(path if path.startswith(b"/") else b"/" + path, host)


def valid_host(host: bytes) -> bool:
    return _HOST(host) is not None


def hopeless(head: bytes) -> bool:
    """Whether a head that is not yet complete can already not become a valid one."""
    return _METHOD_BEGUN(head) is None or b"\0" in head or _BARE_END_OF_LINE(head) is not None


_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?").fullmatch
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*").fullmatch

_LINE_BYTES: Final = 4096
"""Longest chunk-size line or trailer line; extensions are read over, and trailers unless they are wanted."""

_TRAILER_LINES: Final = 100

_SMALL_READ: Final = 4096
_LARGE_PIECE: Final = 65_536
"""Pieces of a body are kept as they were read; small ones are joined up to this size."""

_SIZE, _DATA, _DATA_END, _TRAILERS, _DONE = range(5)


class Dechunker:
    """Takes the chunked coding off a body, piece by piece, however the bytes are split."""

    __slots__ = ("_body", "_keeps", "_left", "_limit", "_line", "_state", "_taken", "_trailers", "trailers")

    def __init__(self, limit: int, *, keeps_trailers: bool = False) -> None:
        self.trailers: list[Field] = []
        self._keeps = keeps_trailers
        self._body = bytearray()
        self._taken = 0
        self._limit = limit
        self._state = _SIZE
        self._left = 0
        self._line = b""
        self._trailers = 0

    @property
    def done(self) -> bool:
        return self._state == _DONE

    @property
    def size(self) -> int:
        """Bytes of the body so far."""
        return self._taken + len(self._body)

    @property
    def too_large(self) -> bool:
        """The body would pass the limit; what is beyond it is not kept, and feeding must stop."""
        return self._taken + len(self._body) + self._left > self._limit

    def take(self) -> bytes:
        """What was read of the body since the last time."""
        piece = bytes(self._body)
        self._taken += len(piece)
        self._body.clear()
        return piece

    def feed(self, data: bytes, at: int) -> int:
        """Read `data` from `at`; answers the position after the last byte used. Raises `FramingError`."""
        end = len(data)
        while at < end and self._state != _DONE and not self.too_large:
            at = self._take_data(data, at) if self._state == _DATA else self._take_line(data, at)
        return at

    def _take_data(self, data: bytes, at: int) -> int:
        piece = data[at : at + self._left]
        self._body += piece
        self._left -= len(piece)
        if not self._left:
            self._state = _DATA_END
        return at + len(piece)

    def _take_line(self, data: bytes, at: int) -> int:
        newline = data.find(b"\n", at, at + _LINE_BYTES)
        stop = newline + 1 if newline >= 0 else len(data)
        line = self._line + data[at:stop]
        if len(line) > _LINE_BYTES:
            raise FramingError("a line of the chunked coding is too long")
        if newline < 0:
            self._line = line
            return stop
        self._line = b""
        if not line.endswith(b"\r\n"):
            raise FramingError("a line of the chunked coding ends with a bare LF")
        self._read_line(line[:-2])
        return stop

    def _read_line(self, line: bytes) -> None:
        if self._state == _SIZE:
            size = _CHUNK_SIZE(line)
            if size is None:
                raise FramingError("a chunk size is malformed")
            self._left = int(size[1], 16)
            self._state = _DATA if self._left else _TRAILERS
        elif self._state == _DATA_END:
            if line:
                raise FramingError("a chunk is longer than its size")
            self._state = _SIZE
        elif not line:
            self._state = _DONE
        else:
            self._trailers += 1
            if self._trailers > _TRAILER_LINES or _TRAILER(line) is None:
                raise FramingError("a trailer is malformed")
            if self._keeps:
                name, _, value = line.partition(b":")
                self.trailers.append((name, value.strip()))


class LengthBody:
    """Collects a body of a known length, with the interface of `Dechunker`."""

    __slots__ = ("_left", "_pieces", "size", "trailers")

    too_large: Final = False

    def __init__(self, length: int) -> None:
        self.trailers: list[Field] = []  # there are none behind a length
        self._pieces: list[bytes] = []
        self._left = length
        self.size = 0

    @property
    def done(self) -> bool:
        return not self._left

    def feed(self, data: bytes, at: int) -> int:
        """Read `data` from `at`; answers the position after the last byte used."""
        stop = min(len(data), at + self._left)
        pieces = self._pieces
        pieces.append(data[at:stop] if at or stop < len(data) else data)
        size = stop - at
        self._left -= size
        self.size += size
        if size < _SMALL_READ and len(pieces) > 1 and len(pieces[-2]) < _LARGE_PIECE:
            # A client that sends drops would make us keep an object for each.
            last = pieces.pop()
            pieces[-1] += last
        return stop

    def take(self) -> bytes:
        """What was read of the body since the last time."""
        pieces = self._pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        return body
