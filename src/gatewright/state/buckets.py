"""The arithmetic of token buckets, on the row that is stored of one.

A row holds the tokens left, when that was true, and the rate and burst then in force. Tokens are counted, not
times: elapsed time is the difference of two near clock readings and so exact, and no error adds up.
"""

from __future__ import annotations

from math import inf
from struct import Struct

from gatewright.state.api import Bucket

_ROW = Struct("<dddd")  # tokens, at (seconds), rate (a second), burst
_unpack = _ROW.unpack
_pack = _ROW.pack


def refilled(tokens: float, elapsed: float, rate: float, burst: float) -> float:
    """The tokens after `elapsed` seconds. A clock that went backwards adds nothing."""
    if elapsed > 0:
        tokens += elapsed * rate
    return tokens if tokens < burst else burst


def take(row: bytes | None, bucket: Bucket, now: float) -> bytes | None:
    """The row after one token is taken, None if there is none. No row: the bucket is full."""
    tokens: float
    if row is None:
        tokens = bucket.burst
    else:
        tokens, at, _, _ = _unpack(row)
        tokens = refilled(tokens, now - at, bucket.rate, bucket.burst)
    if tokens < 1 or bucket.rate == 0:
        return None
    return _pack(tokens - 1, now, bucket.rate, bucket.burst)


def left(row: bytes) -> float:
    """The tokens of a row that was just stored."""
    tokens: float = _unpack(row)[0]
    return tokens


def more(row: bytes, tokens: int) -> bytes:
    """The row with so many tokens more, or less; not over its burst."""
    had, at, rate, burst = _unpack(row)
    return _pack(min(had + tokens, burst), at, rate, burst)


def next_token(row: bytes | None, bucket: Bucket, now: float) -> float:
    """When an empty bucket has a token at the earliest: others can only take more away before."""
    if row is None or bucket.rate == 0 or bucket.burst == 0:
        return inf
    tokens, at, _, _ = _unpack(row)
    return at + (1 - tokens) / bucket.rate if at <= now else now


def rebased(row: bytes | None, now: float) -> bytes | None:
    """The row to store in place of one from the future, so that it refills from now on; else None."""
    if row is None:
        return None
    tokens, at, rate, burst = _unpack(row)
    return _pack(tokens, now, rate, burst) if at > now else None


def is_full(row: bytes, now: float) -> bool:
    """Whether the bucket is as good as one that has no row."""
    tokens, at, rate, burst = _unpack(row)
    return bool(refilled(tokens, now - at, rate, burst) >= burst)
