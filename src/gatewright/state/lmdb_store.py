"""The embedded shared state, on LMDB in `DIR/state/`: one machine, all its processes.

An admission is one write transaction: measured at 3.5 µs of CPU with one bucket, 6.5 µs with a bucket and a
quota, 10 µs with three buckets and a quota; two processes that do nothing else share 110,000 a second. It
counts exactly, because the clock is read inside: readings follow each other as the transactions do. A bucket
that this process saw empty is refused from memory, under 1 µs and without the lock, until it can have one:
so a flood does not take the lock from others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from gatewright.state import buckets, housekeeping, ledger, quotas
from gatewright.state.api import Bucket, DayUsage, Limit, Quota, Size, State
from gatewright.state.directory import Sizes, open_directory, open_ledger, this_boot
from gatewright.state.environment import Environment, Transaction
from gatewright.state.lmdb_cache import LmdbCache
from gatewright.state.lmdb_responses import LmdbResponses
from gatewright.state.periods import USAGE_DAYS, check_span, day_at, day_of
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


class LmdbState:
    """See `gatewright.state.api.State`. Made by `open_state`."""

    policies: LmdbCache
    responses: LmdbResponses

    def __init__(self, directory: Path, boot: str, sizes: Sizes, clock: Clock, monotonic: Clock) -> None:
        self._directory = directory
        self._counters_bytes = sizes.counters
        self._clock = clock
        self._monotonic = monotonic
        self._opened = open_directory(directory, boot, sizes)
        self._counters = self._opened.counters
        self.policies = LmdbCache(self._opened.policies, clock)
        self.responses = LmdbResponses(self._opened.responses, clock)
        self._empty: dict[bytes, tuple[Bucket, float, float]] = {}
        self._ledger: Environment | None = None
        self._swept = b""

    async def admit(self, limits: Sequence[Limit]) -> Limit | None:
        if not limits:
            return None
        if self._empty and self._is_known_empty(limits[0]):
            return limits[0]
        refusal = self._counters.write(lambda txn: self._take(txn, limits))
        if refusal is None:
            return None
        limit, row, now = refusal
        if type(limit) is Bucket:
            self._rebase(limit, row, now)
            if limit is limits[0]:
                self._note_empty(limit, row, now)
        return limit

    def usage(self, quota: Quota, first: date, last: date) -> list[DayUsage]:
        check_span(first, last)
        today = day_at(self._clock())
        return self._counters.read(
            lambda txn: quotas.history(quota, day_of(first), day_of(last), today, _rows(txn, quota))
        )

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        def put(txn: Transaction) -> None:
            day = day_at(self._clock())
            row = quotas.with_remaining(quota, day, remaining, _rows(txn, quota))
            txn.put(usage_key(day, quota.owner), row)

        self._counters.write(put)

    def housekeep(self) -> dict[str, Size]:
        today = day_at(self._clock())
        self._swept = housekeeping.remove_full_buckets(self._counters, self._monotonic(), self._swept)
        housekeeping.remove_usage(self._counters, today - USAGE_DAYS)
        self.policies.remove_expired()
        self.responses.remove_expired()
        if self._ledger is None:
            self._ledger = open_ledger(self._directory, self._counters_bytes)
        ledger.save(self._counters, self._ledger, today)
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
        self._opened.close()

    def _take(self, txn: Transaction, limits: Sequence[Limit]) -> _Refusal | None:
        now = self._monotonic()
        for limit in limits:
            if type(limit) is Bucket:
                key = BUCKETS + limit.key
                old = txn.get(key)
                new = buckets.take(old, limit, now)
            else:
                day = day_at(self._clock())
                key = usage_key(day, limit.owner)
                old = txn.get(key)
                new = quotas.count(old, limit, day, _rows(txn, limit))
            if new is None:
                txn.abort()
                return _Refusal(limit, old, now)
            if old is None:
                self._counters.require_room(txn)
            txn.put(key, new)
        return None

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
) -> State:
    """Open the state in `directory`, made if need be, for its owner only. Once a process, after a fork.

    Sizes hold from when no process has it open. `clock` is Unix time and decides quotas and times to live,
    `monotonic` is the same in all processes of the machine and fills buckets; `boot` names the machine's run.
    Raises `StateUnavailable`, and ValueError for a size under `LEAST_BYTES`, of responses under
    `LEAST_RESPONSES_BYTES`.
    """
    least = Sizes(LEAST_BYTES, LEAST_BYTES, LEAST_RESPONSES_BYTES)
    sizes = Sizes(counters_bytes, policies_bytes, responses_bytes)
    for size, least_size in zip(sizes, least, strict=True):
        if size < least_size:
            raise ValueError(f"A store of {size} bytes is under {least_size}")
    boot = this_boot() if boot is None else boot
    return LmdbState(directory, boot, sizes, clock, monotonic)


def _rows(txn: Transaction, quota: Quota) -> RowOf:
    return lambda day: txn.get(usage_key(day, quota.owner))
