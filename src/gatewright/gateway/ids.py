"""Request ids, made in batches: one call of the system's random source serves many requests."""

from __future__ import annotations

import base64
import os
import re
import struct

BATCH = 256
_UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_GROUPS = struct.Struct("8s4s4s4s12s")
_EXTENDED_ID = struct.Struct("16s")
_TRACE_DIGITS = struct.Struct("24s")


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
    digits = bytearray(os.urandom(16 * BATCH).hex().encode())
    digits[12::32] = b"4" * BATCH  # the version
    digits[16::32] = b"a" * BATCH  # the variant
    return [b"-".join(groups) for groups in _UUID_GROUPS.iter_unpack(digits)]


def _extended_ids() -> list[bytes]:
    characters = bytearray(base64.urlsafe_b64encode(os.urandom(12 * BATCH)))
    characters[15::16] = b"=" * BATCH
    return [extended_id for (extended_id,) in _EXTENDED_ID.iter_unpack(characters)]


_trace_digits: list[bytes] = []


def new_trace_root(now: float) -> bytes:
    """`Root=1-{8 hex digits of the epoch second}-{24 random hex digits}`."""
    if not _trace_digits:
        _trace_digits.extend(
            digits for (digits,) in _TRACE_DIGITS.iter_unpack(os.urandom(12 * BATCH).hex().encode())
        )
    return b"Root=1-%08x-%b" % (int(now), _trace_digits.pop())
