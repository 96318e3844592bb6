"""What is removed from the counters: buckets that are full again, and usage of days long past."""

from __future__ import annotations

from functools import partial

from gatewright.state import buckets
from gatewright.state.environment import Environment, Transaction, scan
from gatewright.state.rows import BUCKETS, BUCKETS_END, USAGE, usage_key

MOST = 1000  # rows looked at in one call: under a millisecond
_AT_ONCE = 100  # rows removed in one transaction, which others wait for: some 0.1 ms


def remove_full_buckets(counters: Environment, now: float, after: bytes) -> bytes:
    """Go on behind the row `after`; where to go on next time."""
    rows = counters.read(lambda txn: scan(txn, max(after + b"\0", BUCKETS), BUCKETS_END, MOST))
    full = [key for key, row in rows if buckets.is_full(row, now)]
    for chunk in _chunks(full):
        counters.write(partial(_remove_full, keys=chunk, now=now))
    return rows[-1][0] if len(rows) == MOST else b""


def remove_usage(environment: Environment, before: int) -> None:
    """Remove usage of days before the day `before`; for the counters and the ledger alike."""
    past = usage_key(max(before, 0), b"")
    rows = environment.read(lambda txn: scan(txn, USAGE, past, MOST))
    for chunk in _chunks([key for key, _ in rows]):
        environment.write(partial(_remove, keys=chunk))


def _remove_full(txn: Transaction, keys: list[bytes], now: float) -> None:
    for key in keys:
        row = txn.get(key)  # again: somebody may have taken a token in the meantime
        if row is not None and buckets.is_full(row, now):
            txn.delete(key)


def _remove(txn: Transaction, keys: list[bytes]) -> None:
    for key in keys:
        txn.delete(key)


def _chunks(keys: list[bytes]) -> list[list[bytes]]:
    return [keys[begin : begin + _AT_ONCE] for begin in range(0, len(keys), _AT_ONCE)]
