"""The leases that a process knows, found by their limits.

A lease is active while it holds something, or counted what was not told yet: it is not forgotten. The others
rest; those that rest longest are forgotten, one for one that comes, where many are known.
"""

from __future__ import annotations

from gatewright.state.api import Bucket, Limit, Quota
from gatewright.state.leases import BucketLease, QuotaLease, never_seen

REMEMBERED = 20_000  # limits in one process, unless more are active

AnyLease = BucketLease | QuotaLease


class KnownLeases:
    """For the thread of one loop."""

    def __init__(self) -> None:
        self.active: dict[AnyLease, None] = {}  # who was used last stands last
        self._buckets: dict[bytes, BucketLease] = {}
        self._quotas: dict[bytes, QuotaLease] = {}
        self._resting: dict[AnyLease, None] = {}  # the longest first

    def __len__(self) -> int:
        return len(self._buckets) + len(self._quotas)

    def of(self, limit: Limit, day: int) -> AnyLease:
        """The limit's lease, on the limit as it is now; of a quota the one of the day."""
        if type(limit) is Bucket:
            bucket = self._buckets.get(limit.key)
            if bucket is None:
                self._make_room()
                bucket = self._buckets[limit.key] = BucketLease(limit=limit)
                self._resting[bucket] = None
            elif bucket.limit is not limit and bucket.limit != limit:
                bucket.follow(limit)
            return bucket
        assert type(limit) is Quota
        quota = self._quotas.get(limit.owner)
        if quota is None:
            self._make_room()
            quota = self._quotas[limit.owner] = QuotaLease(limit=limit, day=day, spare=never_seen(limit))
            self._resting[quota] = None
        elif quota.limit is not limit and quota.limit != limit:
            quota.follow(limit)
        return quota if quota.day == day else self._next_day(quota, day)

    def use(self, lease: AnyLease) -> None:
        """It is active now."""
        self._resting.pop(lease, None)
        self.active.pop(lease, None)
        self.active[lease] = None

    def rest(self, lease: AnyLease) -> None:
        """It is not active any more."""
        del self.active[lease]
        if self._is_known(lease):  # and was not of a day before
            self._resting[lease] = None

    def _next_day(self, before: QuotaLease, day: int) -> QuotaLease:
        """In place of the lease of a day before, which is told of as long as it is active."""
        self._resting.pop(before, None)
        quota = self._quotas[before.limit.owner] = before.next_day(day)
        self._resting[quota] = None
        return quota

    def _make_room(self) -> None:
        while len(self) >= REMEMBERED and self._resting:
            lease = next(iter(self._resting))
            del self._resting[lease]
            if isinstance(lease, BucketLease):
                del self._buckets[lease.limit.key]
            else:
                del self._quotas[lease.limit.owner]

    def _is_known(self, lease: AnyLease) -> bool:
        if isinstance(lease, BucketLease):
            return self._buckets.get(lease.limit.key) is lease
        return self._quotas.get(lease.limit.owner) is lease
