"""What the operations on usage ask of the part that counts requests against the quotas of usage plans."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from gatewright.catalog.api import Document


class UsageCounters(Protocol):
    """Requests counted by plan and key. `quota` is the plan's: `{"limit", "offset", "period"}`.

    Days are those of UTC. A key that made no request has its whole quota left.
    """

    def days(self, plan_id: str, key_id: str, quota: Document, start: date, end: date) -> list[list[int]]:
        """`[used that day, left at its end]` for each day from `start` to `end`, both inclusive."""

    def extend(self, plan_id: str, key_id: str, quota: Document, remaining: int) -> date:
        """Leave `remaining` requests in the current period, and in no other; the period's first day."""
