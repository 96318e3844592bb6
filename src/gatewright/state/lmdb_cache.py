"""A cache with a time to live in an LMDB environment of its own, so that filling it holds up no admission.

Rows: `e` + digest of the space and key -> when it expires, generation, value; `x` + when it expires + digest,
for who goes first; `g` + space -> generation. A flush only moves the generation on: what was put under an
earlier one is no hit any more, and goes when it expires. Keys are digested: they may be tokens, and longer
than LMDB takes.

A process has values at hand until any space is flushed: `flushes` says so without a transaction, which costs
a hit 3 of its 4 µs.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from gatewright.state.api import Cached
from gatewright.state.environment import Environment, Transaction, scan
from gatewright.state.flushes import Flushes
from gatewright.state.spaces import check_space, digest_of

MOST_BYTES = 256 * 1024  # of a value
MOST_SECONDS = 86_400.0  # to live; Amazon's authorizers take 3600
RECENT, RECENT_BYTES = 1024, 8192  # values a process has at hand, while their space is not flushed

_HEAD = Struct("<dQ")  # expires (Unix seconds), generation
_EXPIRY = Struct(">cQ")  # microseconds, so that rows sort by time
_ENTRY, _ORDER, _ORDER_END, _GENERATION = b"e", b"x", b"y", b"g"
_AT_ONCE = 50  # entries removed in one transaction, which others wait for


class _Recent(NamedTuple):
    """A value at hand, when it expires, and the number of `flushes` before it was read."""

    expires: float
    cached: Cached
    flushes: int


class LmdbCache:
    """See `gatewright.state.api.Cache`."""

    def __init__(self, environment: Environment, flushes: Flushes, clock: Callable[[], float]) -> None:
        self._environment = environment
        self._flushes = flushes
        self._clock = clock
        self._recent: dict[tuple[bytes, bytes], _Recent] = {}

    def at_hand(self, space: bytes, key: bytes) -> Cached | None:
        recent = self._recent.get((space, key))
        if recent is None:
            return None
        expires, cached, flushes = recent
        if flushes == self._flushes.number() and self._clock() < expires:
            return cached
        self._recent.pop((space, key), None)
        return None

    async def get(self, space: bytes, key: bytes) -> Cached:
        return self.at_hand(space, key) or self._read(space, key)

    def _read(self, space: bytes, key: bytes) -> Cached:
        digest = digest_of(space, key)
        flushes = self._flushes.number()
        generation, row = self._environment.read(
            lambda txn: (_generation(txn, space), txn.get(_ENTRY + digest))
        )
        if row is None:
            return Cached(None, generation)
        expires, of = _HEAD.unpack_from(row)
        if of != generation or self._clock() >= expires:
            return Cached(None, generation)
        cached = Cached(row[_HEAD.size :], generation)
        if len(row) <= RECENT_BYTES:
            if len(self._recent) >= RECENT:
                self._recent.clear()
            self._recent[space, key] = _Recent(expires, cached, flushes)
        return cached

    async def put(self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int) -> bool:
        if len(value) > MOST_BYTES or ttl <= 0:
            return False
        expires = self._clock() + min(ttl, MOST_SECONDS)
        row = _HEAD.pack(expires, generation) + value
        digest = digest_of(space, key)
        self._recent.pop((space, key), None)

        def store(txn: Transaction) -> bool:
            if _generation(txn, space) != generation:
                return False
            _remove(txn, digest)
            if not self._make_room(txn):
                return False
            txn.put(_ENTRY + digest, row)
            txn.put(_order(expires, digest), b"")
            return True

        return self._environment.write(store)

    def flush(self, space: bytes) -> None:
        def move_on(txn: Transaction) -> None:
            txn.put(_GENERATION + space, (_generation(txn, space) + 1).to_bytes(8, "big"))

        check_space(space)
        self._environment.write(move_on)
        self._flushes.tell()

    def remove_expired(self) -> int:
        """Remove a bounded number of entries whose time is over; how many."""
        past = _order(self._clock(), b"")
        return self._environment.write(lambda txn: _remove_first(txn, past))

    def _make_room(self, txn: Transaction) -> bool:
        """Remove what expires soonest; whether that was enough."""
        return self._environment.has_room(txn) or (
            _remove_first(txn, _ORDER_END) > 0 and self._environment.has_room(txn)
        )


def _generation(txn: Transaction, space: bytes) -> int:
    return _number(txn.get(_GENERATION + space))


def _number(row: bytes | None) -> int:
    return 0 if row is None else int.from_bytes(row, "big")


def _remove(txn: Transaction, digest: bytes) -> None:
    row = txn.pop(_ENTRY + digest)
    if row is not None:
        txn.delete(_order(_HEAD.unpack_from(row)[0], digest))


def _remove_first(txn: Transaction, past: bytes) -> int:
    """Remove the entries that expire first, of those before the row `past`."""
    rows = scan(txn, _ORDER, past, _AT_ONCE)
    for key, _ in rows:
        txn.delete(key)
        txn.delete(_ENTRY + key[_EXPIRY.size :])
    return len(rows)


def _order(expires: float, digest: bytes) -> bytes:
    return _EXPIRY.pack(_ORDER, int(expires * 1e6)) + digest
