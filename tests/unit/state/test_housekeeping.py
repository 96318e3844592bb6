"""What is removed by and by, and what the sizes say."""

from __future__ import annotations

from datetime import date

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock

from gatewright.state.api import Bucket, Quota, State
from gatewright.state.housekeeping import MOST
from gatewright.state.lmdb_store import LEAST_BYTES
from gatewright.state.periods import USAGE_DAYS


@pytest.fixture
def state(embedded: State) -> State:
    return embedded


def test_full_buckets_are_removed_others_are_not(state: State, clock: MovedClock) -> None:
    slow = Bucket(b"slow", 0.001, 1)
    answer(state.admit([slow]))
    for number in range(MOST + 500):
        answer(state.admit([Bucket(b"%d" % number, 1, 5)]))
    clock.move(seconds=0.5)
    assert state.housekeep()["counters"].entries == MOST + 501
    clock.move(seconds=1)
    counts = [state.housekeep()["counters"].entries for _ in range(4)]
    assert counts[0] > 1, "the work of one call is bounded"
    assert counts[-1] == 1
    assert answer(state.admit([slow])) is slow


def test_usage_is_kept_for_its_days(state: State, clock: MovedClock) -> None:
    quota = Quota("plan", "key", 10, "DAY")
    answer(state.admit([quota]))
    state.housekeep()
    clock.move(days=USAGE_DAYS)
    answer(state.admit([quota]))
    assert state.housekeep()["counters"].entries == 2
    assert state.usage(quota, date(2026, 3, 11), date(2026, 3, 11))[0].used == 1
    clock.move(days=1)
    sizes = state.housekeep()
    assert sizes["counters"].entries == 1
    assert sizes["ledger"].entries == 2  # and its mark
    assert state.usage(quota, date(2026, 3, 11), date(2026, 3, 11))[0].used == 0


def test_expired_policies_are_removed_others_are_not(state: State, clock: MovedClock) -> None:
    for number in range(120):
        answer(state.policies.put(b"space", b"%d" % number, b"policy", 300 + number, 0))
    clock.move(seconds=300 + 110.5)
    entries = [state.housekeep()["policies"].entries for _ in range(4)]
    assert entries[0] > 18, "the work of one call is bounded"
    assert entries[-1] == 18  # nine, and their order
    assert answer(state.policies.get(b"space", b"119")).value == b"policy"


def test_sizes(state: State) -> None:
    before = state.housekeep()["counters"]
    assert (before.entries, before.used_bytes, before.total_bytes) == (0, 0, LEAST_BYTES)
    answer(state.admit([Bucket(b"k", 1, 5), Quota("plan", "key", 10, "DAY")]))
    after = state.housekeep()["counters"]
    assert (after.entries, after.used_bytes) == (2, 4096)
