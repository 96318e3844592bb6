"""Cached responses in an LMDB environment of their own, so that filling it holds up no admission; its
rows are those of `lmdb_response_rows`.

A flush only moves the space's generation on: what was put under an earlier one is no hit any more, and goes
when it expires or when it is the least recently used of all.

A hit writes nothing. Each process notes what it used, and writes that down with its next entry, or with a hit
once a second: so the order is right to a second between processes, and exact in one.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from gatewright.state import lmdb_response_rows as rows
from gatewright.state.api import Cached, StateUnavailable
from gatewright.state.environment import Environment, Transaction
from gatewright.state.lmdb_claims import LmdbClaims
from gatewright.state.spaces import check_space, digest_of

MOST_BYTES = 1_310_720  # of a value: Amazon's 1 MiB of a body, its head and what encryption adds
MOST_SECONDS = 3600.0  # to live
RECENT, RECENT_BYTES, RECENT_KEY_BYTES = 1024, 8192, 512  # values a process has at hand
USES, USES_AT_ONCE, USES_SECONDS = 4096, 100, 1.0  # noted; written in one transaction; how often
REMEMBERED_SPACES = 4096
EXPIRED_FOR_ONE = 2  # expired entries that go for each that comes: they never pile up
_KNOWN = 16  # bytes of a space's row that tell whether what a process has at hand still counts


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
        row = self._environment.get(where)
        now = self._clock()
        if row is None or not row.startswith(known) or now >= expires:
            self._recent.pop((space, key), None)
            return self._read(space, key)
        self._note(digest, now)
        return cached

    def _read(self, space: bytes, key: bytes) -> Cached:
        digest, where = digest_of(space, key), self._where(space)
        row, first, pieces = self._environment.read(lambda txn: (txn.get(where), *rows.value_of(txn, digest)))
        generation = rows.space_row(row).generation
        if first is None:
            return Cached(None, generation)
        expires, of = rows.HEAD.unpack_from(first)
        now = self._clock()
        if of != generation or now >= expires:
            return Cached(None, generation)
        cached = Cached(b"".join((first[rows.HEAD.size :], *pieces)), generation)
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
        meta = rows.Meta(where[1:], generation, rows.micros(expires), rows.micros(now), len(value))
        self._recent.pop((space, key), None)

        def store(txn: Transaction) -> bool:
            if rows.space_row(txn.get(where)).generation != generation:
                return False
            self._write_uses(txn)
            rows.replace(txn, digest, meta)
            for other in rows.expired(txn, meta.used, EXPIRED_FOR_ONE):
                rows.remove(txn, other)
            if not self._make_room(txn, meta, most_bytes):
                return False
            rows.add(txn, digest, meta, rows.HEAD.pack(expires, generation) + value)
            return True

        return self._environment.write(store)

    async def claim(self, space: bytes, key: bytes, seconds: float) -> bool:
        return self._claims.take(digest_of(space, key), seconds)

    async def renew(self, space: bytes, key: bytes, seconds: float) -> None:
        self._claims.renew(digest_of(space, key), seconds)

    async def release(self, space: bytes, key: bytes) -> None:
        self._claims.give_up(digest_of(space, key))

    def flush(self, space: bytes) -> None:
        def move_on(txn: Transaction) -> None:
            before = rows.space_row(txn.get(where))
            rows.keep(txn, where[1:], before._replace(generation=before.generation + 1, held=0))

        check_space(space)
        where = self._where(space)
        self._environment.write(move_on)

    def remove_expired(self) -> None:
        """Remove a bounded number of entries and claims whose time is over."""

        def remove(txn: Transaction) -> None:
            for digest in rows.expired(txn, rows.micros(self._clock()), rows.AT_ONCE):
                rows.remove(txn, digest)

        self._environment.write(remove)
        self._claims.remove_expired()

    def _where(self, space: bytes) -> bytes:
        """The key of the space's row."""
        where = self._spaces.get(space)
        if where is None:
            where = rows.SPACE + blake2b(space, digest_size=rows.SPACE_BYTES).digest()
            if len(self._spaces) >= REMEMBERED_SPACES:
                self._spaces.clear()
            self._spaces[space] = where
        return where

    def _make_room(self, txn: Transaction, meta: rows.Meta, most_bytes: int) -> bool:
        """Remove what was used least recently, in the space and of all; whether that was enough."""

        def fits_space() -> bool:
            return rows.space_row(txn.get(rows.SPACE + meta.space)).held + meta.size <= most_bytes

        def fits_file() -> bool:
            return self._environment.has_room(txn, meta.size)

        return rows.removed_until(
            txn, fits_space, lambda: rows.least_used_of_space(txn, meta)
        ) and rows.removed_until(txn, fits_file, lambda: rows.least_used(txn))

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
            rows.touch(txn, digest, rows.micros(uses.pop(digest)))
