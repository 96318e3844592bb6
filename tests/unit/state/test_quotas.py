"""Quotas and usage, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock

from gatewright.state import quotas
from gatewright.state.api import MOST, Quota, State
from gatewright.state.periods import OFFSETS, Period, day_of, period_start

WEDNESDAY = date(2026, 3, 11)  # what the clock says first
SATURDAY = date(2026, 3, 14)
WEEKLY = Quota("plan", "key", 10, "WEEK")


def use(state: State, quota: Quota, times: int) -> int:
    """How many of so many requests are admitted."""
    return sum(answer(state.admit([quota])) is None for _ in range(times))


def pairs(state: State, quota: Quota, first: date, last: date) -> list[tuple[int, int | None]]:
    return [(day.used, day.remaining) for day in state.usage(quota, first, last)]


def test_the_limit_is_for_the_whole_period(state: State, clock: MovedClock) -> None:
    assert use(state, WEEKLY, 4) == 4
    clock.move(days=1)
    assert use(state, WEEKLY, 3) == 3
    clock.move(days=2)
    assert use(state, WEEKLY, 9) == 3
    assert use(state, WEEKLY, 9) == 0
    clock.move(days=1)  # Sunday
    assert use(state, WEEKLY, 99) == 10


def test_usage_of_days_with_and_without_requests(state: State, clock: MovedClock) -> None:
    use(state, WEEKLY, 4)
    clock.move(days=2)
    use(state, WEEKLY, 3)
    clock.move(days=2)
    use(state, WEEKLY, 1)
    assert pairs(state, WEEKLY, date(2026, 3, 10), date(2026, 3, 16)) == [
        (0, 10),
        (4, 6),
        (0, 6),
        (3, 3),
        (0, 3),
        (1, 9),
        (0, 9),
    ]
    assert pairs(state, WEEKLY, SATURDAY, SATURDAY) == [(0, 3)]


def test_usage_is_exact_at_once(state: State) -> None:
    for count in range(1, 6):
        use(state, WEEKLY, 1)
        assert pairs(state, WEEKLY, WEDNESDAY, WEDNESDAY) == [(count, 10 - count)]


def test_keys_and_plans_are_counted_apart(state: State) -> None:
    use(state, WEEKLY, 4)
    for other in (Quota("plan", "key2", 10, "WEEK"), Quota("pla", "nkey", 10, "WEEK")):
        assert pairs(state, other, WEDNESDAY, WEDNESDAY) == [(0, 10)]
        assert use(state, other, 99) == 10


def test_without_a_limit_requests_are_only_counted(state: State) -> None:
    counted = Quota("plan", "key", None, "DAY")
    assert use(state, counted, 50) == 50
    assert pairs(state, counted, WEDNESDAY, WEDNESDAY) == [(50, None)]
    with pytest.raises(ValueError, match="The plan plan has no quota"):
        state.set_remaining(counted, 5)


def test_a_limit_of_zero_admits_nothing(state: State) -> None:
    assert use(state, Quota("plan", "key", 0, "DAY"), 5) == 0


def test_remaining_is_set_for_this_period_only(state: State, clock: MovedClock) -> None:
    use(state, WEEKLY, 10)
    state.set_remaining(WEEKLY, 5)
    assert pairs(state, WEEKLY, WEDNESDAY, WEDNESDAY) == [(10, 5)]
    assert use(state, WEEKLY, 2) == 2
    clock.move(days=1)
    assert use(state, WEEKLY, 99) == 3
    state.set_remaining(WEEKLY, 0)
    assert use(state, WEEKLY, 99) == 0
    clock.move(days=3)
    assert use(state, WEEKLY, 99) == 10
    assert pairs(state, WEEKLY, WEDNESDAY, date(2026, 3, 15))[:2] == [(12, 3), (3, 0)]


def test_remaining_is_set_before_the_first_request(state: State) -> None:
    state.set_remaining(WEEKLY, 25)
    assert pairs(state, WEEKLY, WEDNESDAY, WEDNESDAY) == [(0, 25)]
    assert use(state, WEEKLY, 99) == 25


@pytest.mark.parametrize("remaining", [-1, MOST + 1])
def test_remaining_past_the_bounds(state: State, remaining: int) -> None:
    with pytest.raises(ValueError, match=f"remaining quota {remaining} is outside"):
        state.set_remaining(WEEKLY, remaining)


def test_a_changed_limit_holds_at_once_and_keeps_what_was_granted(state: State) -> None:
    use(state, WEEKLY, 10)
    state.set_remaining(WEEKLY, 2)
    raised = Quota("plan", "key", 15, "WEEK")
    assert pairs(state, raised, WEDNESDAY, WEDNESDAY) == [(10, 7)]
    assert use(state, raised, 99) == 7
    lowered = Quota("plan", "key", 1, "WEEK")
    assert pairs(state, lowered, WEDNESDAY, WEDNESDAY) == [(17, 0)]
    assert use(state, lowered, 1) == 0


def test_earlier_periods_keep_the_limit_they_had(state: State, clock: MovedClock) -> None:
    use(state, WEEKLY, 4)
    clock.move(days=7)
    raised = Quota("plan", "key", 100, "WEEK")
    assert pairs(state, raised, WEDNESDAY, WEDNESDAY) == [(4, 6)]


def test_a_changed_period_counts_the_days_it_has(state: State, clock: MovedClock) -> None:
    daily, monthly = Quota("plan", "key", 5, "DAY"), Quota("plan", "key", 12, "MONTH")
    assert use(state, daily, 99) == 5
    clock.move(days=1)
    assert use(state, daily, 3) == 3
    assert use(state, monthly, 99) == 4
    assert use(state, daily, 99) == 0
    assert pairs(state, monthly, WEDNESDAY, date(2026, 3, 12)) == [(5, 7), (7, 0)]


@settings(max_examples=25)
@given(data=st.data(), period=st.sampled_from(sorted(OFFSETS)), limit=st.integers(0, 30))
def test_never_more_than_the_limit_in_any_period(data: st.DataObject, period: Period, limit: int) -> None:
    quota = Quota("plan", "key", limit, period, data.draw(st.integers(0, OFFSETS[period])))
    first = day_of(WEDNESDAY)
    rows: dict[int, bytes] = {}
    admitted: dict[int, int] = {}
    asked: dict[int, int] = {}
    for day in range(first, first + 45):
        for _ in range(data.draw(st.sampled_from([0, 0, 1, 3, 20]))):
            start = period_start(day, period, quota.offset)
            asked[start] = asked.get(start, 0) + 1
            row = quotas.count(rows.get(day), quota, day, rows.get)
            if row is not None:
                rows[day] = row
                admitted[start] = admitted.get(start, 0) + 1
    assert admitted == {start: min(limit, count) for start, count in asked.items() if limit}


@pytest.mark.parametrize(("days", "problem"), [(-1, "0 days"), (-5, "-4 days"), (400, "401 days")])
def test_a_span_past_the_bounds(state: State, days: int, problem: str) -> None:
    with pytest.raises(ValueError, match=f"are {problem}: ask for 1 to 400"):
        state.usage(WEEKLY, WEDNESDAY, WEDNESDAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("plan", "key", "limit", "period", "offset", "message"),
    [
        ("a\0b", "key", 1, "DAY", 0, "contains a NUL"),
        ("plan", "k" * 400, 1, "DAY", 0, "1 to 400 bytes"),
        ("plan", "key", -1, "DAY", 0, "quota limit -1 is outside"),
        ("plan", "key", MOST + 1, "DAY", 0, "is outside 0 to"),
        ("plan", "key", 1, "DAY", 1, "offset 1 is outside 0 to 0 of the period DAY"),
        ("plan", "key", 1, "WEEK", 7, "offset 7 is outside 0 to 6 of the period WEEK"),
        ("plan", "key", 1, "MONTH", 28, "offset 28 is outside 0 to 27 of the period MONTH"),
        ("plan", "key", 1, "YEAR", 0, "period 'YEAR' is none of DAY, WEEK, MONTH"),
    ],
)
def test_a_quota_past_the_bounds(
    plan: str, key: str, limit: int, period: Period, offset: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Quota(plan, key, limit, period, offset)
