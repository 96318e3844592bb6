"""Cached responses in an LMDB environment of their own, so that filling it holds up no admission.

Rows, where D is a digest of the space and key, S one of the space:

    e D piece              the value's first piece behind when it expires and its generation; its other pieces
    m D                    what is known of the entry: `_Meta`
    x expires D            who is of no use any more
    o used D               who was used least recently, of all
    u S generation used D  and in its space
    s S                    the space: `_Space`
    c D                    who fetches it: see `lmdb_claims`

A value is kept in pieces, since LMDB keeps a long one in a run of free pages, which may not be found though
many are free. A flush only moves the space's generation on: what was put under an earlier one is no hit any
more, and goes when it expires or when it is the least recently used of all.

A hit writes nothing. Each process notes what it used, and writes that down with its next entry, or with a hit
once a second: so the order is right to a second between processes, and exact in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from gatewright.state.api import Cached, StateUnavailable
from gatewright.state.environment import Environment, Transaction, scan
from gatewright.state.lmdb_claims import LmdbClaims
from gatewright.state.spaces import DIGEST_BYTES, check_space, digest_of

MOST_BYTES = 1_310_720  # of a value: Amazon's 1 MiB of a body, its head and what encryption adds
MOST_SECONDS = 3600.0  # to live
PIECE_BYTES = 32 * 1024
RECENT, RECENT_BYTES, RECENT_KEY_BYTES = 1024, 8192, 512  # values a process has at hand
USES, USES_AT_ONCE, USES_SECONDS = 4096, 100, 1.0  # noted; written in one transaction; how often
REMEMBERED_SPACES = 4096
AT_ONCE = 100  # entries removed in one transaction, which others wait for: some 0.5 ms
EXPIRED_FOR_ONE = 2  # expired entries that go for each that comes: they never pile up

_ENTRY, _META, _EXPIRY, _ORDER, _SPACE_ORDER, _SPACE = b"e", b"m", b"x", b"o", b"u", b"s"
_ORDER_END = b"p"
_HEAD = Struct("<dQ")  # expires (Unix seconds), generation
_TIME = Struct(">cQ")  # microseconds, so that rows sort by time
_TIME_OF_SPACE = Struct(">c16sQQ")
_META_ROW = Struct("<16sQQQI")
_SPACE_ROW = Struct("<QQQ")
_SPACE_BYTES = 16
_KNOWN = 16  # bytes of a space's row that tell whether what a process has at hand still counts


class _Meta(NamedTuple):
    space: bytes
    generation: int
    expires: int  # microseconds
    used: int
    size: int


class _Space(NamedTuple):
    generation: int
    replaced: int  # entries, before their time was over
    held: int  # bytes of this generation's values


class _Recent(NamedTuple):
    expires: float
    known: bytes  # the beginning of the space's row when it was read
    digest: bytes
    cached: Cached


class LmdbResponses:
    """See `gatewright.state.api.Responses`."""

    def __init__(self, environment: Environment, clock: Callable[[], float]) -> None:
        self._environment = environment
        self._clock = clock
        self._claims = LmdbClaims(environment, clock)
        self._recent: dict[tuple[bytes, bytes], _Recent] = {}
        self._spaces: dict[bytes, bytes] = {}  # a space's row
        self._uses: dict[bytes, float] = {}  # by digest, not written down yet
        self._write_uses_at = 0.0

    async def get(self, space: bytes, key: bytes) -> Cached:
        recent = self._recent.get((space, key))
        if recent is None:
            return self._read(space, key)
        expires, known, digest, cached = recent
        where = self._where(space)
        row = self._environment.read(lambda txn: txn.get(where))
        now = self._clock()
        if row is None or not row.startswith(known) or now >= expires:
            self._recent.pop((space, key), None)
            return self._read(space, key)
        self._note(digest, now)
        return cached

    def _read(self, space: bytes, key: bytes) -> Cached:
        digest, where = digest_of(space, key), self._where(space)
        row, first, pieces = self._environment.read(lambda txn: (txn.get(where), *_value(txn, digest)))
        generation = _space(row).generation
        if first is None:
            return Cached(None, generation)
        expires, of = _HEAD.unpack_from(first)
        now = self._clock()
        if of != generation or now >= expires:
            return Cached(None, generation)
        cached = Cached(b"".join((first[_HEAD.size :], *pieces)), generation)
        self._note(digest, now)
        if row is not None and not pieces and len(first) <= RECENT_BYTES and len(key) <= RECENT_KEY_BYTES:
            if len(self._recent) >= RECENT:
                self._recent.clear()
            self._recent[space, key] = _Recent(expires, row[:_KNOWN], digest, cached)
        return cached

    async def put(
        self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int, most_bytes: int
    ) -> bool:
        if len(value) > min(MOST_BYTES, most_bytes) or ttl <= 0:
            return False
        now = self._clock()
        expires = now + min(ttl, MOST_SECONDS)
        digest, where = digest_of(space, key), self._where(space)
        meta = _Meta(where[1:], generation, _micros(expires), _micros(now), len(value))
        self._recent.pop((space, key), None)

        def store(txn: Transaction) -> bool:
            if _space(txn.get(where)).generation != generation:
                return False
            self._write_uses(txn)
            _replace(txn, digest, meta)
            for other in _expired(txn, meta.used, EXPIRED_FOR_ONE):
                _remove(txn, other)
            if not self._make_room(txn, meta, most_bytes):
                return False
            _add(txn, digest, meta, _HEAD.pack(expires, generation) + value)
            return True

        return self._environment.write(store)

    async def claim(self, space: bytes, key: bytes, seconds: float) -> bool:
        return self._claims.take(digest_of(space, key), seconds)

    async def release(self, space: bytes, key: bytes) -> None:
        self._claims.give_up(digest_of(space, key))

    def flush(self, space: bytes) -> None:
        def move_on(txn: Transaction) -> None:
            before = _space(txn.get(where))
            _keep(txn, where[1:], before._replace(generation=before.generation + 1, held=0))

        check_space(space)
        where = self._where(space)
        self._environment.write(move_on)

    def remove_expired(self) -> None:
        """Remove a bounded number of entries and claims whose time is over."""

        def remove(txn: Transaction) -> None:
            for digest in _expired(txn, _micros(self._clock()), AT_ONCE):
                _remove(txn, digest)

        self._environment.write(remove)
        self._claims.remove_expired()

    def _where(self, space: bytes) -> bytes:
        """The key of the space's row."""
        where = self._spaces.get(space)
        if where is None:
            where = _SPACE + blake2b(space, digest_size=_SPACE_BYTES).digest()
            if len(self._spaces) >= REMEMBERED_SPACES:
                self._spaces.clear()
            self._spaces[space] = where
        return where

    def _make_room(self, txn: Transaction, meta: _Meta, most_bytes: int) -> bool:
        """Remove what was used least recently, in the space and of all; whether that was enough."""

        def fits_space() -> bool:
            return _space(txn.get(_SPACE + meta.space)).held + meta.size <= most_bytes

        def fits_file() -> bool:
            return self._environment.has_room(txn, meta.size)

        return _removed_until(txn, fits_space, lambda: _least_used_of_space(txn, meta)) and _removed_until(
            txn, fits_file, lambda: _least_used(txn)
        )

    def _note(self, digest: bytes, now: float) -> None:
        """Remember the use of an entry."""
        uses = self._uses
        if len(uses) < USES:
            uses[digest] = now
        if now >= self._write_uses_at or now < self._write_uses_at - USES_SECONDS:
            self._write_uses_at = now + USES_SECONDS
            try:
                self._environment.write(self._write_uses)
            except StateUnavailable:
                uses.clear()  # the order is known less well, and the hit is one all the same

    def _write_uses(self, txn: Transaction) -> None:
        """Write down the oldest of the uses that were noted."""
        uses = self._uses
        for digest in list(uses)[:USES_AT_ONCE]:
            _touch(txn, digest, _micros(uses.pop(digest)))


def _value(txn: Transaction, digest: bytes) -> tuple[bytes | None, list[bytes]]:
    """An entry's first piece and the others."""
    first = txn.get(_piece(digest, 0))
    if first is None or len(first) < PIECE_BYTES:
        return first, []
    return first, [value for _, value in scan(txn, _piece(digest, 1), _piece(digest, 0xFFFF), 0xFFFF)]


def _add(txn: Transaction, digest: bytes, meta: _Meta, value: bytes) -> None:
    for number, begin in enumerate(range(0, len(value), PIECE_BYTES)):
        txn.put(_piece(digest, number), value[begin : begin + PIECE_BYTES])
    txn.put(_META + digest, _META_ROW.pack(*meta))
    for row in _orders(meta, digest):
        txn.put(row, b"")
    space = _space(txn.get(_SPACE + meta.space))
    _keep(txn, meta.space, space._replace(held=space.held + meta.size))


def _replace(txn: Transaction, digest: bytes, by: _Meta) -> None:
    """Remove the entry whose place another takes; processes that have it at hand are told, if it counted."""
    old = _remove(txn, digest)
    if old is not None and old.generation == by.generation and old.expires > by.used:
        space = _space(txn.get(_SPACE + by.space))
        _keep(txn, by.space, space._replace(replaced=space.replaced + 1))


def _removed_until(txn: Transaction, enough: Callable[[], bool], first: Callable[[], list[bytes]]) -> bool:
    """Whether it is enough, once entries are removed in their order, a bounded number of them."""
    return enough() or any(_remove(txn, digest) is not None and enough() for digest in first())


def _remove(txn: Transaction, digest: bytes) -> _Meta | None:
    """Remove an entry; what was known of it."""
    meta = _meta(txn.pop(_META + digest))
    if meta is None:
        return None
    for row in _orders(meta, digest):
        txn.delete(row)
    for number in range(-(-(meta.size + _HEAD.size) // PIECE_BYTES)):
        txn.delete(_piece(digest, number))
    space = _space(txn.get(_SPACE + meta.space))
    if space.generation == meta.generation:
        _keep(txn, meta.space, space._replace(held=space.held - meta.size))
    return meta


def _touch(txn: Transaction, digest: bytes, used: int) -> None:
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


def _orders(meta: _Meta, digest: bytes) -> Iterator[bytes]:
    """The keys of the rows that say when an entry goes."""
    yield _TIME.pack(_EXPIRY, meta.expires) + digest
    yield _TIME.pack(_ORDER, meta.used) + digest
    yield _TIME_OF_SPACE.pack(_SPACE_ORDER, meta.space, meta.generation, meta.used) + digest


def _digests(txn: Transaction, first: bytes, past: bytes, most: int) -> list[bytes]:
    """Of the entries that an order has from the row `first` up to, not including, `past`."""
    return [key[-DIGEST_BYTES:] for key, _ in scan(txn, first, past, most)]


def _expired(txn: Transaction, now: int, most: int) -> list[bytes]:
    return _digests(txn, _EXPIRY, _TIME.pack(_EXPIRY, now), most)


def _least_used(txn: Transaction) -> list[bytes]:
    return _digests(txn, _ORDER, _ORDER_END, AT_ONCE)


def _least_used_of_space(txn: Transaction, meta: _Meta) -> list[bytes]:
    begin = _TIME_OF_SPACE.pack(_SPACE_ORDER, meta.space, meta.generation, 0)
    end = _TIME_OF_SPACE.pack(_SPACE_ORDER, meta.space, meta.generation + 1, 0)
    return _digests(txn, begin, end, AT_ONCE)


def _meta(row: bytes | None) -> _Meta | None:
    return None if row is None else _Meta._make(_META_ROW.unpack(row))


def _space(row: bytes | None) -> _Space:
    return _Space(0, 0, 0) if row is None else _Space._make(_SPACE_ROW.unpack(row))


def _keep(txn: Transaction, name: bytes, space: _Space) -> None:
    txn.put(_SPACE + name, _SPACE_ROW.pack(*space))


def _piece(digest: bytes, number: int) -> bytes:
    return _ENTRY + digest + number.to_bytes(2, "big")


def _micros(seconds: float) -> int:
    return int(seconds * 1e6)
