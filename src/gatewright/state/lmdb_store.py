"""The embedded shared state, on LMDB in `DIR/state/`: one machine, all its processes.

An admission is one write transaction: measured at 3.5 µs of CPU with one bucket, 6.5 µs with a bucket and a
quota, 10 µs with three buckets and a quota; two processes that do nothing else share 110,000 a second. It
counts exactly, because the clock is read inside: readings follow each other as the transactions do. Under
load far from the limits, one transaction admits a batch (see `batches`). A bucket that this process saw empty
is refused from memory, under 1 µs and without the lock, until it can have one: so a flood does not take the
lock from others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from math import inf
from pathlib import Path
from typing import NamedTuple

from gatewright.state import buckets, housekeeping, ledger, quotas
from gatewright.state.api import Bucket, DayUsage, Limit, Quota, Size, State
from gatewright.state.batches import LIFETIME, Batch, Batches, Later, Row
from gatewright.state.directory import Sizes, open_directory, open_ledger, this_boot
from gatewright.state.environment import Environment, Transaction
from gatewright.state.lmdb_cache import LmdbCache
from gatewright.state.lmdb_responses import LmdbResponses
from gatewright.state.periods import SECONDS, USAGE_DAYS, check_span, day_at, day_of
from gatewright.state.quotas import RowOf
from gatewright.state.rows import BUCKETS, usage_key

COUNTERS_BYTES = 128 * 2**20  # some 900,000 buckets and days of usage
POLICIES_BYTES = 64 * 2**20
RESPONSES_BYTES = 256 * 2**20
LEAST_BYTES = 4 * 2**20  # a quarter of it is room enough to delete in
LEAST_RESPONSES_BYTES = 16 * 2**20  # a quarter of it takes three of the largest, while others are deleted
REMEMBERED = 10_000  # buckets known to be empty, in one process

Clock = Callable[[], float]


class _Refusal(NamedTuple):
    """Which limit had nothing left, its row, and when that was."""

    limit: Limit
    row: bytes | None
    now: float


class _Taken(NamedTuple):
    """The rows of the limits, how many requests are held ahead of them, and until when."""

    rows: list[Row]
    ahead: int
    until: float


class LmdbAdmission:
    """See `gatewright.state.api.Admission`."""

    __slots__ = ("_batch", "_limits", "_state", "passes")

    def __init__(self, state: LmdbState, limits: Sequence[Limit], batch: Batch | None) -> None:
        self._state = state
        self._limits = limits
        self._batch = batch
        self.passes = _never if batch is None else batch.passes

    async def admit(self) -> Limit | None:
        return self._state.take(self._limits, self._batch)


class LmdbState:
    """See `gatewright.state.api.State`. Made by `open_state`."""

    policies: LmdbCache
    responses: LmdbResponses

    def __init__(
        self,
        directory: Path,
        boot: str,
        sizes: Sizes,
        clock: Clock,
        monotonic: Clock,
        later: Later | None,
    ) -> None:
        self._directory = directory
        self._counters_bytes = sizes.counters
        self._clock = clock
        self._monotonic = monotonic
        self._opened = open_directory(directory, boot, sizes)
        self._counters = self._opened.counters
        self._batches = Batches(self._counters, directory / "counters" / "spent", monotonic, later)
        self.policies = LmdbCache(self._opened.policies, self._opened.flushes, clock)
        self.responses = LmdbResponses(self._opened.responses, clock)
        self._empty: dict[bytes, tuple[Bucket, float, float]] = {}
        self._ledger: Environment | None = None
        self._swept = b""

    async def admit(self, limits: Sequence[Limit]) -> Limit | None:
        return self.take(limits, None)

    def admission(self, limits: Sequence[Limit]) -> LmdbAdmission:
        return LmdbAdmission(self, limits, self._batches.new() if limits else None)

    def take(self, limits: Sequence[Limit], batch: Batch | None) -> Limit | None:
        """As `admit`; and a batch for those who come next, where that is worth it."""
        if not limits:
            return None
        if batch is not None and batch.left:
            self._batches.give_back([batch])
        if self._empty and self._is_known_empty(limits[0]):
            return limits[0]
        taken = self._counters.write(lambda txn: self._take(txn, limits, batch))
        if isinstance(taken, _Refusal):
            return self._refused(taken, limits)
        if batch is not None and taken.ahead:
            self._batches.begin(batch, taken.rows, taken.ahead, taken.until)
        return None

    def usage(self, quota: Quota, first: date, last: date) -> list[DayUsage]:
        check_span(first, last)
        today = day_at(self._clock())
        return self._counters.write(
            lambda txn: quotas.history(quota, day_of(first), day_of(last), today, self._made(txn, quota))
        )

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        def put(txn: Transaction) -> None:
            day = day_at(self._clock())
            key = usage_key(day, quota.owner)
            held = self._batches.held_of(txn, key)
            row = quotas.with_remaining(quota, day, remaining, self._rows(txn, quota, day), held)
            txn.put(key, row)

        self._counters.write(put)

    def housekeep(self) -> dict[str, Size]:
        today = day_at(self._clock())
        self._batches.bury()
        self._swept = housekeeping.remove_full_buckets(self._counters, self._monotonic(), self._swept)
        housekeeping.remove_usage(self._counters, today - USAGE_DAYS)
        self.policies.remove_expired()
        self.responses.remove_expired()
        if self._ledger is None:
            self._ledger = open_ledger(self._directory, self._counters_bytes)
        ledger.save(self._counters, self._ledger, today, self._batches.held)
        housekeeping.remove_usage(self._ledger, today - USAGE_DAYS)
        return {
            "counters": self._tidied(self._counters),
            "policies": self._tidied(self._opened.policies),
            "responses": self._tidied(self._opened.responses),
            "ledger": self._tidied(self._ledger),
        }

    def close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
        self._batches.close()
        self._opened.close()

    def _take(self, txn: Transaction, limits: Sequence[Limit], batch: Batch | None) -> _Taken | _Refusal:
        now, until = self._monotonic(), inf
        rows: list[Row] = []
        for limit in limits:
            if type(limit) is Bucket:
                key = BUCKETS + limit.key
                old = txn.get(key)
                new = buckets.take(old, limit, now)
            else:
                unix = self._clock()
                day = day_at(unix)
                until = now + SECONDS - unix % SECONDS
                key = usage_key(day, limit.owner)
                old = txn.get(key)
                new = quotas.count(old, limit, day, self._rows(txn, limit, day))
            if new is None:
                txn.abort()
                return _Refusal(limit, old, now)
            if old is None:
                self._counters.require_room(txn)
            rows.append((limit, key, new))
        ahead = 0 if batch is None else self._batches.take(txn, batch, rows, now)
        for _, key, new in rows:
            txn.put(key, new)
        return _Taken(rows, ahead, min(until, now + LIFETIME))

    def _refused(self, refusal: _Refusal, limits: Sequence[Limit]) -> Limit:
        limit, row, now = refusal
        if type(limit) is Bucket:
            self._rebase(limit, row, now)
            if limit is limits[0]:
                self._note_empty(limit, row, now)
        return limit

    def _rows(self, txn: Transaction, quota: Quota, today: int) -> RowOf:
        """Today's row counts what is held ahead; that of another day is over, and counts what was made."""
        made = self._made(txn, quota)
        return lambda day: txn.get(usage_key(day, quota.owner)) if day == today else made(day)

    def _made(self, txn: Transaction, quota: Quota) -> RowOf:
        """The rows without what is held ahead."""

        def row_of(day: int) -> bytes | None:
            key = usage_key(day, quota.owner)
            row = txn.get(key)
            return None if row is None else quotas.more(row, -self._batches.held_of(txn, key))

        return row_of

    def _is_known_empty(self, limit: Limit) -> bool:
        """Whether this process saw the bucket empty, and no time has come since for it to have a token."""
        noted = self._empty.get(limit.key) if type(limit) is Bucket else None
        if noted is None:
            return False
        bucket, since, until = noted
        return since <= self._monotonic() < until and bucket == limit

    def _note_empty(self, bucket: Bucket, row: bytes | None, now: float) -> None:
        if len(self._empty) >= REMEMBERED:
            self._empty.clear()
        self._empty[bucket.key] = bucket, now, buckets.next_token(row, bucket, now)

    def _rebase(self, bucket: Bucket, row: bytes | None, now: float) -> None:
        """Let a bucket refill from now on that is empty until long ahead, by a clock that was set back."""
        rebased = buckets.rebased(row, now)
        if rebased is not None:
            key = BUCKETS + bucket.key
            self._counters.write(lambda txn: txn.get(key) == row and txn.put(key, rebased))

    def _tidied(self, environment: Environment) -> Size:
        environment.clear_dead_readers()
        return environment.size()


def open_state(
    directory: Path,
    *,
    counters_bytes: int = COUNTERS_BYTES,
    policies_bytes: int = POLICIES_BYTES,
    responses_bytes: int = RESPONSES_BYTES,
    clock: Clock = time.time,
    monotonic: Clock = time.monotonic,
    boot: str | None = None,
    later: Later | None = None,
) -> State:
    """Open the state in `directory`, made if need be, for its owner only. Once a process, after a fork.

    Sizes hold from when no process has it open. `clock` is Unix time and decides quotas and times to live,
    `monotonic` is the same in all processes of the machine and fills buckets; `boot` names the machine's run.
    `later` calls a function in so many seconds, in the thread that asks for admissions: a process that admits
    many requests gives it, and gets batches.
    Raises `StateUnavailable`, and ValueError for a size under `LEAST_BYTES`, of responses under
    `LEAST_RESPONSES_BYTES`.
    """
    least = Sizes(LEAST_BYTES, LEAST_BYTES, LEAST_RESPONSES_BYTES)
    sizes = Sizes(counters_bytes, policies_bytes, responses_bytes)
    for size, least_size in zip(sizes, least, strict=True):
        if size < least_size:
            raise ValueError(f"A store of {size} bytes is under {least_size}")
    boot = this_boot() if boot is None else boot
    return LmdbState(directory, boot, sizes, clock, monotonic, later)


def _never() -> bool:
    return False
