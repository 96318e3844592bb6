"""The arithmetic of quotas, on the row that is stored for each day an API key is used in a plan.

A row carries the sum of the days before it in the same period, so that one row decides. The first request of
a day, or the first after the plan's period was changed, makes it from the rows of the days before.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from struct import Struct
from typing import NamedTuple

from gatewright.state.api import MOST, DayUsage, Quota
from gatewright.state.periods import date_of, period_start

RowOf = Callable[[int], bytes | None]  # the stored row of a day

_ROW = Struct("<QQqiq")
_unpack = _ROW.unpack
_pack = _ROW.pack
_UNLIMITED = -1


class Usage(NamedTuple):
    """One day's row."""

    used: int  # this day
    before: int  # earlier in the period
    extra: int  # what was granted on top of the period's limit; negative if it was cut
    start: int  # the period's first day
    limit: int  # as of the last change of the row


def read(row: bytes) -> Usage:
    return Usage._make(_unpack(row))


def count(row: bytes | None, quota: Quota, day: int, row_of: RowOf) -> bytes | None:
    """The day's row after one more request, None if the quota has none left."""
    start = period_start(day, quota.period, quota.offset)
    began = None
    if row is not None:
        used, before, extra, began, _ = _unpack(row)
    if began != start:
        used, before, extra, _, _ = opened(quota, day, row_of)
    limit = quota.limit
    if limit is None:
        limit = _UNLIMITED
    elif used + before >= limit + extra:
        return None
    return _pack(used + 1, before, extra, start, limit)


def left(row: bytes, quota: Quota) -> float:
    """What the quota has left in the row's period."""
    usage = read(row)
    return inf if quota.limit is None else quota.limit + usage.extra - usage.used - usage.before


def more(row: bytes, used: int) -> bytes:
    """The row with so many requests more, or less."""
    usage = read(row)
    return _pack(*usage._replace(used=usage.used + used))


def opened(quota: Quota, day: int, row_of: RowOf) -> Usage:
    """The row of `day`, made from those of the period's days so far."""
    start = period_start(day, quota.period, quota.offset)
    rows = {each: read(row) for each in range(start, day + 1) if (row := row_of(each)) is not None}
    extra = 0
    for usage in rows.values():
        if usage.start == start:
            extra = usage.extra
    today = rows.pop(day, None)
    before = sum(usage.used for usage in rows.values())
    return Usage(today.used if today else 0, before, extra, start, _stored(quota.limit))


def with_remaining(quota: Quota, day: int, remaining: int, row_of: RowOf, held: int) -> bytes:
    """The day's row under which `remaining` more requests pass in its period, those held ahead included."""
    limit = check_remaining(quota, remaining)
    usage = opened(quota, day, row_of)
    extra = remaining - limit + usage.used - held + usage.before
    return _pack(*usage._replace(extra=extra))


def check_remaining(quota: Quota, remaining: int) -> int:
    """The quota's limit. Raises ValueError if what remains of it cannot be set to this."""
    if quota.limit is None:
        raise ValueError(f"The plan {quota.plan} has no quota: nothing remains that could be set")
    if not 0 <= remaining <= MOST:
        raise ValueError(f"The remaining quota {remaining} is outside 0 to {MOST}")
    return quota.limit


def history(quota: Quota, first: int, last: int, today: int, row_of: RowOf) -> list[DayUsage]:
    """Each day from `first` to `last`; days without a row too, as the days before them left the quota.

    The current period is judged by the quota's limit, earlier ones by the limit they ended with.
    """
    current = period_start(today, quota.period, quota.offset)
    days = []
    start = used = total = extra = limit = 0
    for day in range(period_start(first, quota.period, quota.offset), last + 1):
        if day == period_start(day, quota.period, quota.offset):
            start, total, extra, limit = day, 0, 0, _stored(quota.limit)
        row, used = row_of(day), 0
        if row is not None:
            usage = read(row)
            used = usage.used
            total += used
            if usage.start == start:
                extra = usage.extra
                limit = limit if start == current else usage.limit
        days.append(DayUsage(date_of(day), used, _remaining(limit, extra, total)))
    return days[first - last - 1 :]


def _remaining(limit: int, extra: int, used: int) -> int | None:
    return None if limit == _UNLIMITED else max(0, limit + extra - used)


def _stored(limit: int | None) -> int:
    return _UNLIMITED if limit is None else limit
