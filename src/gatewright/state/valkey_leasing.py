"""Asking Valkey for what a process leases, and telling it what was used.

Each lease asks for itself, one question at a time; the answer comes to the thread of the loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

from gatewright.state.api import MOST, Bucket, Quota
from gatewright.state.known_leases import AnyLease, KnownLeases
from gatewright.state.leases import BucketLease, QuotaLease
from gatewright.state.periods import period_start
from gatewright.state.valkey_link import Link, ValkeyAway
from gatewright.state.valkey_scripts import BEAT, BUCKET, HOLD, LEAVE
from gatewright.state.valkey_servers import Client
from gatewright.wire.pending import Pending

REPORTS = 300  # at once
LEAVE_SECONDS = 2.0  # that it may take a process to give back what it holds at its end
HOLD_SECONDS = 10.0  # a process that was not heard of for so long is dead
BEAT_SECONDS = 2.0
MEMBERS = b"gatewright:members"

Answer = TypeVar("Answer")


class Leasing:
    """What one process asks for. `processes` is how many share the limits, as last heard."""

    def __init__(
        self, link: Link, processes: int, monotonic: Callable[[], float], time_sent: Callable[[], str]
    ) -> None:
        self.known = KnownLeases()
        self.processes = processes
        self._link = link
        self._monotonic = monotonic
        self._time = time_sent
        self._id = uuid4().hex
        self._beaten = -inf
        self._beating = False

    @property
    def busy(self) -> bool:
        """Whether an answer is under way that nobody waits for."""
        return self._beating or any(lease.asking for lease in self.known.active)

    def ask(self, lease: AnyLease, *, most: float | None = None) -> None:
        """Ask for the next batch; `most` 0 gives back what is left."""
        self.known.use(lease)
        if isinstance(lease, BucketLease):
            self._ask_bucket(lease, most)
        else:
            self._ask_quota(lease, most)

    def _ask_bucket(self, lease: BucketLease, most: float | None) -> None:
        now, bucket = self._monotonic(), lease.limit
        share = bucket.burst / 2 / self.processes if most is None else most
        hold = lease.asks(now, share)
        if hold < lease.left:
            lease.back, lease.left = lease.back + lease.left - hold, hold
        want, back = hold - lease.left, lease.back
        lease.back = 0
        sent = (self._time(), bucket.rate, bucket.burst, want, back)

        def granted(answer: list[int]) -> None:
            if lease.limit is bucket:
                lease.granted(answer[0], want, answer[1] / 1e6, self._monotonic())
            else:
                lease.back += answer[0]

        self._then(lease, self._link.ask(run(BUCKET, _bucket_keys(bucket), *sent)), granted)

    def _ask_quota(self, lease: QuotaLease, most: float | None) -> None:
        now, quota, used = self._monotonic(), lease.limit, lease.used
        share = min(lease.spare, MOST) / 2 / self.processes if most is None else most
        hold = lease.asks(now, share)
        lease.left = min(lease.left, hold)
        sent = self._told(lease, hold)

        def granted(answer: list[int]) -> None:
            if answer[0] == 0:
                lease.unknown()
            else:
                lease.granted(answer[1], hold, answer[2], used, self._monotonic())
                if lease.limit is not quota:
                    lease.left, lease.empty_until = 0, -inf

        self._then(lease, self._link.ask(run(HOLD, usage_keys(quota), self._time(), *sent)), granted)

    def _then(self, lease: AnyLease, asked: Pending[Answer], granted: Callable[[Answer], None]) -> None:
        """Let `granted` see the answer, then those who waited; a failure of our own is theirs."""

        def arrived(done: Pending[Answer]) -> None:
            try:
                granted(done.result())
            except ValkeyAway:
                lease.answered()
            except Exception as error:
                lease.failed(error)
            else:
                lease.answered()

        asked.then(arrived)

    def report(self, now: float, day: int) -> None:
        """Tell what was used, give back what is not: of those that wait longest, so many at once."""
        asked = 0
        for lease in [lease for lease in self.known.active if not lease.asking]:
            if lease.is_idle(now) or lease.is_over(day):
                self.ask(lease, most=0)
            elif lease.unsaid:
                self.ask(lease)
            elif lease.held:
                continue
            else:
                self.known.rest(lease)
                continue
            asked += 1
            if asked == REPORTS:
                break

    def beat(self, now: float) -> None:
        """Say that this process is there, if it knows limits and is due to, and hear how many are."""
        if not self.known or self._beating or now - self._beaten < BEAT_SECONDS:
            return
        self._beaten, self._beating = now, True
        sent = (self._time(), self._id, HOLD_SECONDS)

        def heard(answer: Pending[Any]) -> None:
            self._beating = False
            try:
                self.processes = max(1, answer.result())
            except ValkeyAway:
                pass

        self._link.ask(lambda client: BEAT.run(client, [MEMBERS], *sent)).then(heard)

    def leave(self) -> None:
        """Say what was used and give back what is left, here and now. Raises `ValkeyAway`."""
        until = time.monotonic() + LEAVE_SECONDS
        for lease in self.known.active:
            if time.monotonic() > until:
                break  # what is left counts as held by a dead process
            if isinstance(lease, BucketLease):
                bucket, back = lease.limit, lease.left + lease.back
                self._link.call(
                    run(BUCKET, _bucket_keys(bucket), self._time(), bucket.rate, bucket.burst, 0, back)
                )
            else:
                self._link.call(run(HOLD, usage_keys(lease.limit), self._time(), *self._told(lease, 0)))
        self._link.call(run(LEAVE, [MEMBERS], self._id))

    def _told(self, lease: QuotaLease, hold: int) -> tuple[Any, ...]:
        """What HOLD is told behind the time."""
        quota = lease.limit
        who = f"{self._id}:{lease.number}"
        return (*period_of(quota, lease.day), who, lease.used, hold, int(lease.fresh), HOLD_SECONDS)


def run(script: Any, keys: list[bytes], *arguments: Any) -> Callable[[Client], Any]:
    return lambda client: script.run(client, keys, *arguments)


def period_of(quota: Quota, day: int) -> tuple[int, int, int]:
    """The day, the first day of its period, the limit or -1."""
    start = period_start(day, quota.period, quota.offset)
    return day, start, -1 if quota.limit is None else quota.limit


def _bucket_keys(bucket: Bucket) -> list[bytes]:
    return [b"gatewright:bucket:{%s}" % _named(bucket.key)]


def _named(key: bytes) -> bytes:
    """A key without characters that decide its slot."""
    return quote(key, safe="").encode()


def usage_keys(quota: Quota) -> list[bytes]:
    owner = _named(quota.plan.encode()) + b":" + _named(quota.key.encode())
    return [b"gatewright:usage:{%s}" % owner, b"gatewright:holds:{%s}" % owner]
