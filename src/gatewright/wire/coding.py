"""Content codings: gzip, deflate and identity, taken off within a bound and put on."""

from __future__ import annotations

import gzip
import zlib


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
            body = _inflate(body, limit, 16 + zlib.MAX_WBITS)
        elif name == b"deflate":
            body = _inflate(body, limit, _deflate_window(body))
        elif name not in (b"identity", b""):
            raise UnsupportedCoding(f"the content coding {name.decode('latin-1')} is not gzip or deflate")
    if len(body) > limit:
        raise TooLarge(f"the body is longer than {limit} bytes")
    return body


def _deflate_window(body: bytes) -> int:
    """`deflate` means the zlib format; some senders leave its header out, which browsers tolerate."""
    is_zlib = len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _inflate(body: bytes, limit: int, window: int) -> bytes:
    """All members of a compressed body, each of which must be complete."""
    whole = b""
    while body or not whole:
        inflater = zlib.decompressobj(window)
        try:
            whole += inflater.decompress(body, limit + 1 - len(whole))
        except zlib.error as error:
            raise BrokenCoding(f"the body is not what its content coding says: {error}") from error
        if len(whole) > limit:
            raise TooLarge(f"the body is longer than {limit} bytes without its content coding")
        if not inflater.eof:
            raise BrokenCoding("the body ends within its content coding")
        body = inflater.unused_data
        if not whole and not body:
            break
    return whole


def encode(coding: bytes, body: bytes) -> bytes:
    """Put one `coding` on `body`. The result depends on nothing but its arguments."""
    if coding == b"gzip":
        return gzip.compress(body, compresslevel=6, mtime=0)
    if coding == b"deflate":
        return zlib.compress(body)
    if coding == b"identity":
        return body
    raise UnsupportedCoding(f"the content coding {coding.decode('latin-1')} is not gzip, deflate or identity")
