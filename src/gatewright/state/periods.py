"""Days and quota periods, all in UTC. A day is the number of days since 1 January 1970."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

Period = Literal["DAY", "WEEK", "MONTH"]

EPOCH = date(1970, 1, 1)
SECONDS = 86_400
USAGE_DAYS = 100  # that usage is kept for
LONGEST_USAGE = 400  # days, that one question may be about
OFFSETS: dict[Period, int] = {"DAY": 0, "WEEK": 6, "MONTH": 27}  # the largest that Amazon's service takes


def day_at(now: float) -> int:
    """The day of a Unix time in seconds."""
    return int(now // SECONDS)


def day_of(when: date) -> int:
    return (when - EPOCH).days


def date_of(day: int) -> date:
    return EPOCH + timedelta(days=day)


def check_span(first: date, last: date) -> None:
    days = (last - first).days + 1
    if not 0 < days <= LONGEST_USAGE:
        raise ValueError(f"From {first} to {last} are {days} days: ask for 1 to {LONGEST_USAGE}")


def check_offset(period: Period, offset: int) -> None:
    if period not in OFFSETS:
        raise ValueError(f"The quota period {period!r} is none of {', '.join(OFFSETS)}")
    if not 0 <= offset <= OFFSETS[period]:
        raise ValueError(
            f"The quota offset {offset} is outside 0 to {OFFSETS[period]} of the period {period}"
        )


@lru_cache(maxsize=1024)
def period_start(day: int, period: Period, offset: int) -> int:
    """The first day of the period that `day` is in.

    A week begins `offset` days after Sunday, a month `offset` days after its first. Amazon names no first
    day of the week; Sunday is what its numbering 0 to 6 suggests.
    """
    if period == "DAY":
        return day
    when = date_of(day)
    if period == "WEEK":
        return day - (when.isoweekday() - offset) % 7
    first = when.replace(day=1 + offset)
    if first > when:
        first = (first.replace(day=1) - timedelta(days=1)).replace(day=1 + offset)
    return day_of(first)
