"""The shared state in Valkey: many machines, all their processes.

A request takes from what its process leased (see `leases`); to lease is one script in one slot, so an
admission by limits in several slots is all or nothing without a transaction: what is leased is only taken
once every limit has some. A process says what it used every tenth of a second at the latest: see
`valkey_leasing`.

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

from gatewright.state import quotas
from gatewright.state.api import DayUsage, Limit, Quota, Size, State
from gatewright.state.known_leases import AnyLease
from gatewright.state.leases import QuotaLease
from gatewright.state.periods import check_span, day_at, day_of
from gatewright.state.valkey_cache import ValkeyPolicies, ValkeyResponses
from gatewright.state.valkey_leasing import Leasing, period_of, usage_keys
from gatewright.state.valkey_link import Link, Loop, ValkeyAway
from gatewright.state.valkey_scripts import SET_REMAINING, USAGE
from gatewright.state.valkey_servers import Client, Servers

POLICIES_BYTES = 64 * 2**20  # of one space of policies
REPORT_SECONDS = 0.1  # between two reports of what was used

Clock = Callable[[], float]


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
        self.leasing = Leasing(self.link, processes, monotonic, time_sent)
        self._known = self.leasing.known
        self.policies = ValkeyPolicies(self.link, policies_bytes, time_sent)
        self.responses = ValkeyResponses(self.link, "responses", time_sent)
        self._timer = loop.call_later(REPORT_SECONDS, self._tick)

    def admission(self, limits: Sequence[Limit]) -> ValkeyAdmission:
        return ValkeyAdmission(self, limits)

    async def admit(self, limits: Sequence[Limit]) -> Limit | None:
        now, day = self._monotonic(), day_at(self._clock())
        leases = [self._known.of(limit, day) for limit in limits]
        while not self.link.away:
            dry = next((lease for lease in leases if lease.left <= 0), None)
            if dry is None:
                for lease in leases:
                    lease.take()
                    if lease.runs_low() and not lease.is_empty(now):
                        self.leasing.ask(lease)
                return None
            if not dry.asking and dry.is_empty(self._monotonic()):
                return limits[leases.index(dry)]
            await self._refilled(dry)
        return self._admit_alone(limits, leases)

    async def _refilled(self, lease: AnyLease) -> None:
        """Wait for the answer to an asking that knows of this request."""
        if isinstance(lease, QuotaLease) and lease.before is not None:
            before, lease.before = lease.before, None
            if before.asking:
                await before.answer()
            self.leasing.ask(before, most=0)
            await before.answer()
        waiter = lease.answer()
        if not lease.asking:
            self.leasing.ask(lease)
        await waiter

    def _admit_alone(self, limits: Sequence[Limit], leases: list[AnyLease]) -> Limit | None:
        """While Valkey is away: by this process's share of each limit."""
        now = self._monotonic()
        for limit, lease in zip(limits, leases, strict=True):
            self._known.use(lease)  # it has a share, which a new one would have anew
            if not lease.has_alone(now, self.leasing.processes):
                return limit
        for lease in leases:
            lease.take_alone()
        return None

    def _tick(self) -> None:
        self._timer = self._loop.call_later(REPORT_SECONDS, self._tick)
        if self.link.away:
            self.link.probe()
            return
        now = self._monotonic()
        self.leasing.beat(now)
        self.leasing.report(now, day_at(self._clock()))

    def usage(self, quota: Quota, first: date, last: date) -> list[DayUsage]:
        """What processes said they used: all but the last tenth of a second. Raises `ValkeyAway`."""
        check_span(first, last)
        keys = usage_keys(quota)
        fields = self.link.call(lambda client: USAGE.run(client, keys, self._time()))
        rows = {int(day): row for day, row in zip(fields[::2], fields[1::2], strict=True)}
        return quotas.history(quota, day_of(first), day_of(last), day_at(self._clock()), rows.get)

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        """Raises `ValkeyAway`."""
        quotas.check_remaining(quota, remaining)
        keys, sent = usage_keys(quota), (*period_of(quota, day_at(self._clock())), remaining)
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
                self.leasing.leave()
            except ValkeyAway:
                pass
        self.link.close()


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


def _size(client: Client) -> tuple[int, int, int]:
    """Keys, bytes that the data takes, bytes that there may be; of all primaries together."""
    memory = client.info("memory")
    servers = [memory] if "used_memory" in memory else list(memory.values())
    used = sum(one["used_memory"] for one in servers)
    total = sum(one["maxmemory"] or one["total_system_memory"] for one in servers)
    return client.dbsize(), used, total
