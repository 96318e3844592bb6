"""What passes several limits at once."""

from __future__ import annotations

from datetime import date

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock

from gatewright.state.api import Bucket, Limit, Quota, State

PLAN = Bucket(b"plan/key", 1, 3, "plan")
STAGE = Bucket(b"stage", 1, 2, "stage")
ACCOUNT = Bucket(b"account", 10, 50, "account")
QUOTA = Quota("plan", "key", 4, "DAY")


def admit(state: State, *limits: Limit) -> Limit | None:
    return answer(state.admit(limits))


def left(state: State, bucket: Bucket) -> int:
    """How many tokens there are; it takes them all."""
    tokens = 0
    while admit(state, bucket) is None:
        tokens += 1
    return tokens


def used(state: State, quota: Quota = QUOTA) -> int:
    return state.usage(quota, date(2026, 3, 11), date(2026, 3, 11))[0].used


def test_no_limit_admits(state: State) -> None:
    assert admit(state) is None


def test_all_give_or_none_does(state: State) -> None:
    for _ in range(2):
        assert admit(state, PLAN, QUOTA, STAGE, ACCOUNT) is None
    for _ in range(10):
        assert admit(state, PLAN, QUOTA, STAGE, ACCOUNT) is STAGE
    assert used(state) == 2
    assert left(state, PLAN) == 1
    assert left(state, ACCOUNT) == 48


@pytest.mark.parametrize(
    ("limits", "first"),
    [([PLAN, QUOTA, STAGE], PLAN), ([QUOTA, PLAN, STAGE], QUOTA), ([STAGE, QUOTA, PLAN], STAGE)],
)
def test_the_first_that_has_nothing_left_is_named(state: State, limits: list[Limit], first: Limit) -> None:
    for limit in (PLAN, QUOTA, STAGE):
        while admit(state, limit) is None:
            pass
    assert admit(state, ACCOUNT, *limits) is first
    assert left(state, ACCOUNT) == 50


def test_throttled_requests_cost_no_quota(state: State) -> None:
    outcomes = [admit(state, STAGE, QUOTA) for _ in range(5)]
    assert outcomes == [None, None, STAGE, STAGE, STAGE]
    assert used(state) == 2


def test_a_refused_bucket_opens_again_in_its_time(state: State, clock: MovedClock) -> None:
    assert left(state, STAGE) == 2
    clock.move(seconds=0.99)
    assert admit(state, STAGE) is STAGE
    clock.move(seconds=0.02)
    assert admit(state, STAGE) is None
    assert admit(state, STAGE) is STAGE


def test_a_raised_limit_ends_a_refusal_at_once(state: State, clock: MovedClock) -> None:
    slow = Bucket(b"k", 0.001, 1)
    assert left(state, slow) == 1
    clock.move(seconds=0.5)
    assert admit(state, slow) is slow
    assert admit(state, Bucket(b"k", 10, 1)) is None


def test_a_clock_set_back_neither_refills_nor_starves(state: State, clock: MovedClock) -> None:
    assert left(state, STAGE) == 2
    clock.monotonic -= 500
    assert left(state, STAGE) == 0
    clock.move(seconds=1)
    assert left(state, STAGE) == 1


def test_more_refused_buckets_than_are_remembered(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatewright.state.lmdb_store.REMEMBERED", 3)
    few = [Bucket(b"k%d" % number, 0.001, 1) for number in range(10)]
    assert [left(state, bucket) for bucket in few] == [1] * 10
    assert [left(state, bucket) for bucket in few] == [0] * 10
