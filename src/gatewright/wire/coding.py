"""Content codings: gzip, deflate and identity, taken off within a bound and put on."""

from __future__ import annotations

import gzip
import zlib
from typing import Final

_GZIP_MEMBERS: Final = 1000
"""Streams that one gzip body may be made of; block compressors make one of every 64 KiB."""

_STEP: Final = 65_536
"""Bytes given to zlib at once, which copies what is behind the end of a stream."""


class CodingError(Exception):
    """The body's content coding cannot be taken off."""


class UnsupportedCoding(CodingError):
    """A coding other than gzip, deflate or identity."""


class BrokenCoding(CodingError):
    """The body is not what its coding says."""


class TooLarge(CodingError):
    """The body would be longer than the limit once its coding is off."""


def decode(coding: bytes, body: bytes, limit: int) -> bytes:
    """Take `coding` (the value of Content-Encoding) off `body`; at most `limit` bytes result."""
    for name in reversed(coding.lower().split(b",")):
        name = name.strip()
        if name in (b"gzip", b"x-gzip"):
            body = _inflate(body, limit, 16 + zlib.MAX_WBITS, _GZIP_MEMBERS)
        elif name == b"deflate":
            body = _inflate(body, limit, _deflate_window(body), 1)
        elif name not in (b"identity", b""):
            raise UnsupportedCoding(f"the content coding {name.decode('latin-1')} is not gzip or deflate")
    if len(body) > limit:
        raise TooLarge(f"the body is longer than {limit} bytes")
    return body


def content_coded(coding: bytes | None) -> bool:
    """Whether a Content-Encoding says that a body is coded."""
    return coding is not None and any(
        name.strip() not in (b"", b"identity") for name in coding.lower().split(b",")
    )


def _deflate_window(body: bytes) -> int:
    """`deflate` means the zlib format; some senders leave its header out, which browsers tolerate."""
    is_zlib = len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _inflate(body: bytes, limit: int, window: int, members: int) -> bytes:
    """What up to so many compressed streams, one behind the other, hold; each must be complete."""
    pieces: list[bytes] = []
    left = limit
    at = 0
    for _ in range(members):
        inflater = zlib.decompressobj(window)
        while not inflater.eof:
            data = body[at : at + _STEP]
            if not data:
                raise BrokenCoding("the body ends within its content coding")
            try:
                piece = inflater.decompress(data, left + 1)
            except zlib.error as error:
                raise BrokenCoding(f"the body is not what its content coding says: {error}") from error
            left -= len(piece)
            if left < 0:
                raise TooLarge(f"the body is longer than {limit} bytes without its content coding")
            pieces.append(piece)
            at += len(data) - len(inflater.unconsumed_tail) - len(inflater.unused_data)
        if at == len(body):
            return b"".join(pieces)
    raise BrokenCoding("something follows the end of the body's content coding")


def encode(coding: bytes, body: bytes) -> bytes:
    """Put one `coding` on `body`. The result depends on nothing but its arguments."""
    if coding == b"gzip":
        return gzip.compress(body, compresslevel=6, mtime=0)
    if coding == b"deflate":
        return zlib.compress(body)
    if coding == b"identity":
        return body
    raise UnsupportedCoding(f"the content coding {coding.decode('latin-1')} is not gzip, deflate or identity")
