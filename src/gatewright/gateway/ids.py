"""Request ids, made in batches: one call of the system's random source serves many requests."""

from __future__ import annotations

import base64
import os
import re

BATCH = 256
_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class RequestIds:
    """A source of (`x-amzn-RequestId`, `x-amz-apigw-id`) pairs: a version 4 UUID, and 15 URL-safe base64
    characters and `=`."""

    __slots__ = ("_ready",)

    def __init__(self) -> None:
        self._ready: list[tuple[bytes, bytes]] = []

    def next(self) -> tuple[bytes, bytes]:
        if not self._ready:
            self._ready = list(zip(_uuids(), _extended_ids(), strict=True))
        return self._ready.pop()

    def named(self, sent: bytes | None) -> tuple[bytes, bytes]:
        """A pair for a request; `sent` is the client's own `x-amzn-RequestId`, taken if it is a UUID."""
        request_id, extended = self.next()
        return (sent if sent is not None and _UUID.fullmatch(sent) else request_id), extended


def _uuids() -> list[bytes]:
    digits = os.urandom(16 * BATCH).hex().encode()
    return [
        b"%b-%b-4%b-a%b-%b"
        % (
            digits[at : at + 8],
            digits[at + 8 : at + 12],
            digits[at + 13 : at + 16],
            digits[at + 17 : at + 20],
            digits[at + 20 : at + 32],
        )
        for at in range(0, len(digits), 32)
    ]


def _extended_ids() -> list[bytes]:
    characters = base64.urlsafe_b64encode(os.urandom(12 * BATCH))
    return [characters[at : at + 15] + b"=" for at in range(0, len(characters), 16)]


class _TraceDigits:
    """24 random hex digits at a time."""

    def __init__(self) -> None:
        self._digits = b""
        self._at = 0

    def next(self) -> bytes:
        if self._at == len(self._digits):
            self._digits, self._at = os.urandom(12 * BATCH).hex().encode(), 0
        self._at += 24
        return self._digits[self._at - 24 : self._at]


_trace_digits = _TraceDigits()


def new_trace_root(now: float) -> bytes:
    """`Root=1-{8 hex digits of the epoch second}-{24 random hex digits}`."""
    return b"Root=1-%08x-%b" % (int(now), _trace_digits.next())
