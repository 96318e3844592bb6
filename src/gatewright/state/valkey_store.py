"""The shared state in Valkey: many machines, all their processes.

A request takes from what its process leased (see `leases`); to lease is one script in one slot, so an
admission by limits in several slots is all or nothing without a transaction: what is leased is only taken
once every limit has some. A process says what it used every tenth of a second at the latest.

    gatewright:bucket:{KEY}           tokens and when that was true; gone when it is full
    gatewright:usage:{PLAN:KEY}       a hash: a row a day
    gatewright:holds:{PLAN:KEY}       a hash: what each process may use without asking
    gatewright:members                the processes, by when they count as gone
    gatewright:policies:{SPACE}:…     see `valkey_cache`, as `gatewright:responses:…`

Coroutines, and the timer, belong to the thread of the loop it was opened with; all else is for any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from math import inf
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

from gatewright.state import quotas
from gatewright.state.api import MOST, Bucket, DayUsage, Limit, Quota, Size, State
from gatewright.state.leases import BucketLease, QuotaLease, never_seen
from gatewright.state.periods import check_span, day_at, day_of, period_start
from gatewright.state.valkey_cache import ValkeyPolicies, ValkeyResponses
from gatewright.state.valkey_link import Link, Loop, ValkeyAway
from gatewright.state.valkey_scripts import BEAT, BUCKET, HOLD, LEAVE, SET_REMAINING, USAGE
from gatewright.state.valkey_servers import Client, Servers
from gatewright.wire.pending import Pending

POLICIES_BYTES = 64 * 2**20  # of one space of policies
REPORT_SECONDS = 0.1  # between two reports of what was used
REPORTS = 300  # at once
LEAVE_SECONDS = 2.0  # that it may take a process to give back what it holds at its end
HOLD_SECONDS = 10.0  # a process that was not heard of for so long is dead
BEAT_SECONDS = 2.0
REMEMBERED = 20_000  # limits in one process
MEMBERS = b"gatewright:members"

Clock = Callable[[], float]
Answer = TypeVar("Answer")
AnyLease = BucketLease | QuotaLease


class ValkeyAdmission:
    """See `gatewright.state.api.Admission`: what is held ahead are the leases of each limit."""

    def __init__(self, state: ValkeyState, limits: Sequence[Limit]) -> None:
        self._state = state
        self._limits = limits

    def passes(self) -> bool:
        return False

    async def admit(self) -> Limit | None:
        return await self._state.admit(self._limits)


class ValkeyState:
    """See `gatewright.state.api.State`. Made by `open_valkey`."""

    policies: ValkeyPolicies
    responses: ValkeyResponses

    def __init__(
        self,
        servers: Servers,
        loop: Loop,
        *,
        processes: int,
        policies_bytes: int,
        clock: Clock,
        monotonic: Clock,
        time_sent: Callable[[], str],
    ) -> None:
        self.link = Link(servers, loop)
        self._loop = loop
        self._clock = clock
        self._monotonic = monotonic
        self._time = time_sent
        self.processes = processes  # that share the limits, as last heard
        self._id = uuid4().hex
        self._buckets: dict[bytes, BucketLease] = {}
        self._quotas: dict[bytes, QuotaLease] = {}
        # Those that hold something, or counted what was not told yet; who asked last stands last.
        self._active: dict[AnyLease, None] = {}
        self._beaten = -inf
        self._beating = False
        self.policies = ValkeyPolicies(self.link, policies_bytes, time_sent)
        self.responses = ValkeyResponses(self.link, "responses", time_sent)
        self._timer = loop.call_later(REPORT_SECONDS, self._tick)

    @property
    def busy(self) -> bool:
        """Whether an answer is under way that nobody waits for."""
        return self._beating or any(lease.asking for lease in self._active)

    # ---- admission ----------------------------------------------------------------------------------------

    def admission(self, limits: Sequence[Limit]) -> ValkeyAdmission:
        return ValkeyAdmission(self, limits)

    async def admit(self, limits: Sequence[Limit]) -> Limit | None:
        now, day = self._monotonic(), day_at(self._clock())
        leases = [self._lease(limit, day) for limit in limits]
        while not self.link.away:
            dry = next((lease for lease in leases if lease.left <= 0), None)
            if dry is None:
                for lease in leases:
                    lease.take()
                    if lease.runs_low() and not lease.is_empty(now):
                        self._ask(lease)
                return None
            if not dry.asking and dry.is_empty(self._monotonic()):
                return limits[leases.index(dry)]
            await self._refilled(dry)
        return self._admit_alone(limits, leases)

    def _lease(self, limit: Limit, day: int) -> AnyLease:
        if type(limit) is Bucket:
            bucket = self._buckets.get(limit.key)
            if bucket is None:
                self._make_room()
                bucket = self._buckets[limit.key] = BucketLease(limit=limit)
            elif bucket.limit is not limit and bucket.limit != limit:
                bucket.follow(limit)
            return bucket
        assert type(limit) is Quota
        quota = self._quotas.get(limit.owner)
        if quota is None:
            self._make_room()
            quota = self._quotas[limit.owner] = QuotaLease(limit=limit, day=day, spare=never_seen(limit))
        elif quota.limit is not limit and quota.limit != limit:
            quota.follow(limit)
        if quota.day != day:
            quota = self._quotas[limit.owner] = quota.next_day(day)
        return quota

    async def _refilled(self, lease: AnyLease) -> None:
        """Wait for the answer to an asking that knows of this request."""
        if isinstance(lease, QuotaLease) and lease.before is not None:
            before, lease.before = lease.before, None
            if before.asking:
                await before.answer()
            self._ask(before, most=0)
            await before.answer()
        waiter = lease.answer()
        if not lease.asking:
            self._ask(lease)
        await waiter

    def _admit_alone(self, limits: Sequence[Limit], leases: list[AnyLease]) -> Limit | None:
        """While Valkey is away: by this process's share of each limit."""
        now = self._monotonic()
        for limit, lease in zip(limits, leases, strict=True):
            if not lease.has_alone(now, self.processes):
                return limit
        for lease in leases:
            lease.take_alone()
            self._active[lease] = None
        return None

    # ---- asking -------------------------------------------------------------------------------------------

    def _ask(self, lease: AnyLease, *, most: float | None = None) -> None:
        """Ask for the next batch; `most` 0 gives back what is left."""
        self._active.pop(lease, None)
        self._active[lease] = None
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

        self._then(lease, self.link.ask(_run(BUCKET, _bucket_keys(bucket), *sent)), granted)

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

        self._then(lease, self.link.ask(_run(HOLD, _usage_keys(quota), self._time(), *sent)), granted)

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

    # ---- the timer ----------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._timer = self._loop.call_later(REPORT_SECONDS, self._tick)
        if self.link.away:
            self.link.probe()
            return
        now = self._monotonic()
        if (self._buckets or self._quotas) and now - self._beaten >= BEAT_SECONDS and not self._beating:
            self._beat(now)
        self._report(now, day_at(self._clock()))

    def _report(self, now: float, day: int) -> None:
        """Tell what was used, give back what is not: of those that wait longest, so many at once."""
        asked = 0
        for lease in [lease for lease in self._active if not lease.asking]:
            if lease.is_idle(now) or lease.is_over(day):
                self._ask(lease, most=0)
            elif lease.unsaid:
                self._ask(lease)
            elif lease.held:
                continue
            else:
                del self._active[lease]
                continue
            asked += 1
            if asked == REPORTS:
                break

    def _beat(self, now: float) -> None:
        """Say that this process is there, and hear how many are."""
        self._beaten, self._beating = now, True
        sent = (self._time(), self._id, HOLD_SECONDS)

        def heard(answer: Pending[Any]) -> None:
            self._beating = False
            try:
                self.processes = max(1, answer.result())
            except ValkeyAway:
                pass

        self.link.ask(lambda client: BEAT.run(client, [MEMBERS], *sent)).then(heard)

    def _make_room(self) -> None:
        """Forget limits that nothing is held of, where too many are known."""
        if len(self._buckets) + len(self._quotas) < REMEMBERED:
            return
        active = self._active
        self._buckets = {key: lease for key, lease in self._buckets.items() if lease in active}
        self._quotas = {key: lease for key, lease in self._quotas.items() if lease in active}

    # ---- management ---------------------------------------------------------------------------------------

    def usage(self, quota: Quota, first: date, last: date) -> list[DayUsage]:
        """What processes said they used: all but the last tenth of a second. Raises `ValkeyAway`."""
        check_span(first, last)
        keys = _usage_keys(quota)
        fields = self.link.call(lambda client: USAGE.run(client, keys, self._time()))
        rows = {int(day): row for day, row in zip(fields[::2], fields[1::2], strict=True)}
        return quotas.history(quota, day_of(first), day_of(last), day_at(self._clock()), rows.get)

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        """Raises `ValkeyAway`."""
        quotas.check_remaining(quota, remaining)
        keys, sent = _usage_keys(quota), (*_period(quota, day_at(self._clock())), remaining)
        self.link.call(lambda client: SET_REMAINING.run(client, keys, self._time(), *sent))

    def housekeep(self) -> dict[str, Size]:
        """Nothing is to be done: what is old expires. While Valkey is away there are no sizes."""
        try:
            entries, used, total = self.link.call(_size)
        except ValkeyAway:
            return {}
        return {"valkey": Size(entries, used, total)}

    def close(self) -> None:
        """Say what was used, give back what is left."""
        self._timer.cancel()
        self.link.drain()
        if not self.link.away:
            try:
                self._leave()
            except ValkeyAway:
                pass
        self.link.close()

    def _leave(self) -> None:
        until = time.monotonic() + LEAVE_SECONDS
        for lease in self._active:
            if time.monotonic() > until:
                break  # what is left counts as held by a dead process
            if isinstance(lease, BucketLease):
                bucket, back = lease.limit, lease.left + lease.back
                self.link.call(
                    _run(BUCKET, _bucket_keys(bucket), self._time(), bucket.rate, bucket.burst, 0, back)
                )
            else:
                self.link.call(_run(HOLD, _usage_keys(lease.limit), self._time(), *self._told(lease, 0)))
        self.link.call(_run(LEAVE, [MEMBERS], self._id))

    def _told(self, lease: QuotaLease, hold: int) -> tuple[Any, ...]:
        """What HOLD is told behind the time."""
        quota = lease.limit
        who = f"{self._id}:{lease.number}"
        return (*_period(quota, lease.day), who, lease.used, hold, int(lease.fresh), HOLD_SECONDS)


def open_valkey(
    servers: Servers,
    loop: Loop,
    *,
    processes: int = 1,
    policies_bytes: int = POLICIES_BYTES,
    clock: Clock = time.time,
    monotonic: Clock = time.monotonic,
    time_sent: Callable[[], str] = str,
) -> State:
    """The state on these servers, which need not be there yet.

    `processes` is how many share the limits until that is heard. `clock` decides days, `monotonic` leases;
    `time_sent` is the time that the server is to go by, empty for its own.
    """
    return ValkeyState(
        servers,
        loop,
        processes=processes,
        policies_bytes=policies_bytes,
        clock=clock,
        monotonic=monotonic,
        time_sent=time_sent,
    )


def _run(script: Any, keys: list[bytes], *arguments: Any) -> Callable[[Client], Any]:
    return lambda client: script.run(client, keys, *arguments)


def _period(quota: Quota, day: int) -> tuple[int, int, int]:
    """The day, the first day of its period, the limit or -1."""
    start = period_start(day, quota.period, quota.offset)
    return day, start, -1 if quota.limit is None else quota.limit


def _bucket_keys(bucket: Bucket) -> list[bytes]:
    return [b"gatewright:bucket:{%s}" % _named(bucket.key)]


def _named(key: bytes) -> bytes:
    """A key without characters that decide its slot."""
    return quote(key, safe="").encode()


def _usage_keys(quota: Quota) -> list[bytes]:
    owner = _named(quota.plan.encode()) + b":" + _named(quota.key.encode())
    return [b"gatewright:usage:{%s}" % owner, b"gatewright:holds:{%s}" % owner]


def _size(client: Client) -> tuple[int, int, int]:
    """Keys, bytes that the data takes, bytes that there may be; of all primaries together."""
    memory = client.info("memory")
    servers = [memory] if "used_memory" in memory else list(memory.values())
    used = sum(one["used_memory"] for one in servers)
    total = sum(one["maxmemory"] or one["total_system_memory"] for one in servers)
    return client.dbsize(), used, total
