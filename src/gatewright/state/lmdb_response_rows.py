"""The rows of cached responses, and the steps that keep them in accord, each inside one transaction.

D is a digest of the space and key, S one of the space:

    e D piece              the value's first piece behind when it expires and its generation; its other pieces
    m D                    what is known of the entry: `Meta`
    x expires D            who is of no use any more
    o used D               who was used least recently, of all
    u S generation used D  and in its space
    s S                    the space: `Space`
    c D                    who fetches it: see `lmdb_claims`

A value is kept in pieces, since LMDB keeps a long one in a run of free pages, which may not be found though
many are free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import NamedTuple

from gatewright.state.environment import Transaction, scan
from gatewright.state.spaces import DIGEST_BYTES

PIECE_BYTES = 32 * 1024
AT_ONCE = 100  # entries removed in one transaction, which others wait for: some 0.5 ms

_ENTRY, _META, _EXPIRY, _ORDER, _SPACE_ORDER, SPACE = b"e", b"m", b"x", b"o", b"u", b"s"
_ORDER_END = b"p"
HEAD = Struct("<dQ")  # expires (Unix seconds), generation
_TIME = Struct(">cQ")  # microseconds, so that rows sort by time
_TIME_OF_SPACE = Struct(">c16sQQ")
_META_ROW = Struct("<16sQQQI")
_SPACE_ROW = Struct("<QQQ")
SPACE_BYTES = 16


class Meta(NamedTuple):
    space: bytes
    generation: int
    expires: int  # microseconds
    used: int
    size: int


class Space(NamedTuple):
    generation: int
    replaced: int  # entries, before their time was over
    held: int  # bytes of this generation's values


def value_of(txn: Transaction, digest: bytes) -> tuple[bytes | None, list[bytes]]:
    """An entry's first piece and the others."""
    first = txn.get(_piece(digest, 0))
    if first is None or len(first) < PIECE_BYTES:
        return first, []
    return first, [value for _, value in scan(txn, _piece(digest, 1), _piece(digest, 0xFFFF), 0xFFFF)]


def add(txn: Transaction, digest: bytes, meta: Meta, value: bytes) -> None:
    for number, begin in enumerate(range(0, len(value), PIECE_BYTES)):
        txn.put(_piece(digest, number), value[begin : begin + PIECE_BYTES])
    txn.put(_META + digest, _META_ROW.pack(*meta))
    for row in _orders(meta, digest):
        txn.put(row, b"")
    space = space_row(txn.get(SPACE + meta.space))
    keep(txn, meta.space, space._replace(held=space.held + meta.size))


def replace(txn: Transaction, digest: bytes, by: Meta) -> None:
    """Remove the entry whose place another takes; processes that have it at hand are told, if it counted."""
    old = remove(txn, digest)
    if old is not None and old.generation == by.generation and old.expires > by.used:
        space = space_row(txn.get(SPACE + by.space))
        keep(txn, by.space, space._replace(replaced=space.replaced + 1))


def removed_until(txn: Transaction, enough: Callable[[], bool], first: Callable[[], list[bytes]]) -> bool:
    """Whether it is enough, once entries are removed in their order, a bounded number of them."""
    return enough() or any(remove(txn, digest) is not None and enough() for digest in first())


def remove(txn: Transaction, digest: bytes) -> Meta | None:
    """Remove an entry; what was known of it."""
    meta = _meta(txn.pop(_META + digest))
    if meta is None:
        return None
    for row in _orders(meta, digest):
        txn.delete(row)
    for number in range(-(-(meta.size + HEAD.size) // PIECE_BYTES)):
        txn.delete(_piece(digest, number))
    space = space_row(txn.get(SPACE + meta.space))
    if space.generation == meta.generation:
        keep(txn, meta.space, space._replace(held=space.held - meta.size))
    return meta


def touch(txn: Transaction, digest: bytes, used: int) -> None:
    """Note when an entry was used last; it may have gone."""
    meta = _meta(txn.get(_META + digest))
    if meta is None or used <= meta.used:
        return
    later = meta._replace(used=used)
    for old, new in zip(_orders(meta, digest), _orders(later, digest), strict=True):
        if old != new:
            txn.delete(old)
            txn.put(new, b"")
    txn.put(_META + digest, _META_ROW.pack(*later))


def _orders(meta: Meta, digest: bytes) -> Iterator[bytes]:
    """The keys of the rows that say when an entry goes."""
    yield _TIME.pack(_EXPIRY, meta.expires) + digest
    yield _TIME.pack(_ORDER, meta.used) + digest
    yield _TIME_OF_SPACE.pack(_SPACE_ORDER, meta.space, meta.generation, meta.used) + digest


def _digests(txn: Transaction, first: bytes, past: bytes, most: int) -> list[bytes]:
    """Of the entries that an order has from the row `first` up to, not including, `past`."""
    return [key[-DIGEST_BYTES:] for key, _ in scan(txn, first, past, most)]


def expired(txn: Transaction, now: int, most: int) -> list[bytes]:
    return _digests(txn, _EXPIRY, _TIME.pack(_EXPIRY, now), most)


def least_used(txn: Transaction) -> list[bytes]:
    return _digests(txn, _ORDER, _ORDER_END, AT_ONCE)


def least_used_of_space(txn: Transaction, meta: Meta) -> list[bytes]:
    begin = _TIME_OF_SPACE.pack(_SPACE_ORDER, meta.space, meta.generation, 0)
    end = _TIME_OF_SPACE.pack(_SPACE_ORDER, meta.space, meta.generation + 1, 0)
    return _digests(txn, begin, end, AT_ONCE)


def _meta(row: bytes | None) -> Meta | None:
    return None if row is None else Meta._make(_META_ROW.unpack(row))


def space_row(row: bytes | None) -> Space:
    return Space(0, 0, 0) if row is None else Space._make(_SPACE_ROW.unpack(row))


def keep(txn: Transaction, name: bytes, space: Space) -> None:
    txn.put(SPACE + name, _SPACE_ROW.pack(*space))


def _piece(digest: bytes, number: int) -> bytes:
    return _ENTRY + digest + number.to_bytes(2, "big")


def micros(seconds: float) -> int:
    return int(seconds * 1e6)
