"""Counters of usage in memory, for tests that have no data plane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from gatewright.catalog.api import Document


class MemoryUsage:
    """`UsageCounters` that `count` fills. Weeks begin on Monday, months on the first, `offset` days later."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: dict[tuple[str, str, date], int] = defaultdict(int)
        self._granted: dict[tuple[str, str, date], int] = defaultdict(int)  # by the period's first day

    def count(self, plan_id: str, key_id: str, requests: int) -> None:
        self._used[plan_id, key_id, self._today()] += requests

    def days(self, plan_id: str, key_id: str, quota: Document, start: date, end: date) -> list[list[int]]:
        days = [start + timedelta(number) for number in range((end - start).days + 1)]
        return [
            [self._used[plan_id, key_id, day], self._remaining(plan_id, key_id, quota, day)] for day in days
        ]

    def extend(self, plan_id: str, key_id: str, quota: Document, remaining: int) -> date:
        today = self._today()
        period = _period_start(quota, today)
        left = self._remaining(plan_id, key_id, quota, today)
        self._granted[plan_id, key_id, period] += remaining - left
        return period

    def _remaining(self, plan_id: str, key_id: str, quota: Document, day: date) -> int:
        period = _period_start(quota, day)
        used = sum(
            self._used[plan_id, key_id, period + timedelta(number)]
            for number in range((day - period).days + 1)
        )
        limit: int = quota["limit"]
        return limit + self._granted[plan_id, key_id, period] - used

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()


def _period_start(quota: Document, day: date) -> date:
    shifted = day - timedelta(quota["offset"])
    begin = {
        "DAY": shifted,
        "WEEK": shifted - timedelta(shifted.weekday()),
        "MONTH": shifted.replace(day=1),
    }[quota["period"]]
    return begin + timedelta(quota["offset"])
