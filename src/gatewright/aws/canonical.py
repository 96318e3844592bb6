"""Signature Version 4: what of a request is signed, in the exact form both sides must agree on.

    METHOD \\n path \\n query \\n headers, each with \\n \\n signed header names \\n payload hash

Works on the bytes of the wire: paths and queries are given as sent, bytes over 0x7f as latin-1.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SIGNATURE_PARAMETER = "X-Amz-Signature"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

# Nothing to resolve and nothing to encode: what most paths are.
_CANONICAL_PATH = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?")

Fields = Iterable[tuple[bytes, bytes]]
Values = Mapping[bytes, bytes]  # of header fields, by names in lower case


class Scope(NamedTuple):
    """Where a signature is good: `{date}/{region}/{service}/aws4_request`."""

    date: str  # YYYYMMDD
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def payload_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def canonical_request(
    method: str,
    path: str,
    query: str | None,
    values: Values,
    signed: Collection[str],
    payload: str,
    service: str,
) -> bytes:
    """`signed`: lower-case header names; `payload`: hash of the body, or what stands in for it."""
    names, shown = _in_order(tuple(signed))
    lines = [
        method.upper().encode(),
        canonical_path(path, service),
        canonical_query(query or ""),
        canonical_headers(values, names),
        shown,
        payload.encode("latin-1"),
    ]
    return b"\n".join(lines)


@lru_cache(maxsize=1024)
def _in_order(signed: tuple[str, ...]) -> tuple[tuple[bytes, ...], bytes]:
    """The names as they are sorted, each once, and joined."""
    names = [name.encode("latin-1") for name in sorted(signed)]
    return tuple(dict.fromkeys(names)), b";".join(names)


def by_name(fields: Fields) -> dict[bytes, bytes]:
    """Repeated fields are joined by commas."""
    values: dict[bytes, bytes] = {}
    for name, value in fields:
        key, text = name.lower(), value.strip()
        values[key] = b"%b,%b" % (values[key], text) if key in values else text
    return values


def canonical_path(path: str, service: str) -> bytes:
    """Dots and empty segments resolved, then each byte encoded once more; S3 signs the path as sent."""
    raw = path.encode("latin-1")
    if service == "s3":
        return raw or b"/"
    if _CANONICAL_PATH.fullmatch(raw):
        return raw
    segments: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in (b"", b"."):
            segments.append(segment)
    slash = "/" if raw.endswith(b"/") and segments else ""
    return ("/" + quote(b"/".join(segments), safe="/~") + slash).encode()


def query_pairs(query: str) -> list[tuple[bytes, bytes]]:
    """Names and values, percent-decoded; a plus sign is a plus sign."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def without_signature(query: str) -> str:
    """A presigned query as it was when it was signed."""
    return "&".join(part for part in query.split("&") if not part.startswith(f"{SIGNATURE_PARAMETER}="))


def canonical_query(query: str) -> bytes:
    if not query:
        return b""
    pairs = [(_encoded(name), _encoded(value)) for name, value in query_pairs(query)]
    return b"&".join([b"%b=%b" % pair for pair in sorted(pairs)])


def canonical_headers(values: Values, names: Iterable[bytes]) -> bytes:
    """A line for each name in order; runs of spaces are one space."""
    return b"".join([b"%b:%b\n" % (name, b" ".join(values.get(name, b"").split())) for name in names])


def string_to_sign(date: str, scope: Scope, canonical: bytes) -> str:
    """`date`: YYYYMMDD'T'HHMMSS'Z'."""
    return f"{ALGORITHM}\n{date}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"


def signature(secret_key: str, scope: Scope, text: str) -> str:
    return _hmac(_signing_key(secret_key, scope), text).hex()


@lru_cache(maxsize=1024)
def _signing_key(secret_key: str, scope: Scope) -> bytes:
    """The same for all that one key signs on one day; callers that come back make it worth keeping."""
    key = ("AWS4" + secret_key).encode()
    for part in (scope.date, scope.region, scope.service, TERMINATOR):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.encode("latin-1"))


def _encoded(value: bytes) -> bytes:
    return quote(value, safe="~").encode()
