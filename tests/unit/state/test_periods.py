"""When a quota's period begins."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.state.periods import OFFSETS, Period, date_of, day_at, day_of, period_start


@pytest.mark.parametrize(
    ("day", "period", "offset", "start"),
    [
        ("2026-03-11", "DAY", 0, "2026-03-11"),
        ("2026-03-11", "WEEK", 0, "2026-03-08"),  # a Sunday
        ("2026-03-08", "WEEK", 0, "2026-03-08"),
        ("2026-03-07", "WEEK", 0, "2026-03-01"),
        ("2026-03-11", "WEEK", 1, "2026-03-09"),
        ("2026-03-11", "WEEK", 3, "2026-03-11"),
        ("2026-03-11", "WEEK", 4, "2026-03-05"),
        ("2026-03-11", "WEEK", 6, "2026-03-07"),
        ("2026-03-01", "MONTH", 0, "2026-03-01"),
        ("2026-03-31", "MONTH", 0, "2026-03-01"),
        ("2026-03-11", "MONTH", 10, "2026-03-11"),
        ("2026-03-10", "MONTH", 10, "2026-02-11"),
        ("2026-01-05", "MONTH", 27, "2025-12-28"),
        ("2024-02-29", "MONTH", 27, "2024-02-28"),
        ("2026-03-01", "MONTH", 27, "2026-02-28"),
    ],
)
def test_the_first_day(day: str, period: Period, offset: int, start: str) -> None:
    found = period_start(day_of(date.fromisoformat(day)), period, offset)
    assert date_of(found) == date.fromisoformat(start)


@given(
    period=st.sampled_from(sorted(OFFSETS)),
    day=st.integers(0, 40_000),
    data=st.data(),
)
def test_periods_follow_each_other_without_a_gap(period: Period, day: int, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, OFFSETS[period]))
    start = period_start(day, period, offset)
    assert start <= day < start + 31
    assert period_start(start, period, offset) == start
    assert period_start(start - 1, period, offset) < start
    assert {period_start(each, period, offset) for each in range(start, day + 1)} == {start}


@pytest.mark.parametrize(("now", "day"), [(0.0, 0), (86_399.999, 0), (86_400.0, 1), (1.7e9, 19_675)])
def test_a_day_begins_at_midnight_utc(now: float, day: int) -> None:
    assert day_at(now) == day
