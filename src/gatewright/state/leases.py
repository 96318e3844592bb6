"""What a process holds of the shared limits, so that a request seldom waits for the network.

A lease is a batch of tokens of a bucket, or of requests of a quota, that this process may give away. It is
asked for again before it runs out, sized by how fast it was used. All processes together hold at most half of
a burst, or of what is left of a quota; where a share of that is less than two, they ask for each request.

While Valkey is away a lease becomes a share: the limit divided by the number of processes. Plain arithmetic,
on readings of one monotonic clock: the store asks, and says what was answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from math import inf

from gatewright.state.api import Bucket, Quota
from gatewright.state.buckets import refilled
from gatewright.state.periods import period_start
from gatewright.wire.pending import Pending

AHEAD_SECONDS = 0.2  # of use that a batch should last
IDLE_SECONDS = 1.0  # without use, after which what is left is given back
LEAST_BATCH = 10  # for those who come now and then
ASK_AGAIN_SECONDS = 0.05  # an empty limit is refused from memory so long, or until it has a token


_numbers = count()


@dataclass(slots=True, eq=False)
class Lease:
    """What is the same for both kinds. `taken` counts from the first request on."""

    left: int = 0
    taken: int = 0
    ahead: bool = False  # whether more is asked for than requests wait for
    asked_taken: int = 0
    asked_at: float = -inf
    empty_until: float = -inf
    asking: bool = False
    waiters: list[Pending[None]] = field(default_factory=list)

    def take(self) -> None:
        self.left -= 1
        self.taken += 1

    def runs_low(self) -> bool:
        """More than half of the batch is gone, and nobody asks for the next."""
        return self.ahead and not self.asking and self.left < self.taken - self.asked_taken

    def is_empty(self, now: float) -> bool:
        """Whether the limit was seen empty, and no time has come since for it to have more."""
        return self.asked_at <= now < self.empty_until

    def asks(self, now: float, most: float) -> int:
        """What it should hold from now on, to be asked for: `most` at most, but one for each who waits."""
        self.ahead = most >= 2
        rate = (self.taken - self.asked_taken) / max(now - self.asked_at, 1e-3)
        batch = int(min(max(LEAST_BATCH, rate * AHEAD_SECONDS), most)) if self.ahead else 0
        self.asking, self.asked_at, self.asked_taken = True, now, self.taken
        return max(batch, len(self.waiters))

    @property
    def held(self) -> bool:
        """Whether the server counts something as this process's."""
        return self.left > 0

    def is_idle(self, now: float) -> bool:
        return self.held and now - self.asked_at > IDLE_SECONDS and self.taken == self.asked_taken

    def answer(self) -> Pending[None]:
        """What is resolved with the next answer."""
        waiter: Pending[None] = Pending()
        self.waiters.append(waiter)
        return waiter

    def answered(self) -> None:
        """Let those go on who waited; the first takes first."""
        self.asking = False
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            waiter.resolve(None)

    def failed(self, error: Exception) -> None:
        """Let those fail who waited."""
        self.asking = False
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            waiter.fail(error)


@dataclass(slots=True, kw_only=True, eq=False)
class BucketLease(Lease):
    """Of one bucket."""

    limit: Bucket
    back: int = 0  # tokens to give back with the next asking
    alone: float | None = None  # tokens of the share while Valkey is away
    alone_at: float = 0.0
    unsaid = False

    @property
    def held(self) -> bool:
        return self.left > 0 or self.back > 0

    def is_over(self, _today: int) -> bool:
        return False

    def follow(self, bucket: Bucket) -> None:
        """The limit was changed: begin anew with it."""
        self.limit = bucket
        self.back, self.left = self.back + self.left, 0
        self.alone, self.empty_until = None, -inf

    def granted(self, tokens: int, asked: int, wait: float, now: float) -> None:
        """`wait` is the seconds until the bucket has a token, negative for never."""
        self.left += tokens
        self.alone = None
        self.empty_until = -inf
        if tokens < asked:
            rate = self.limit.rate
            pause = min(ASK_AGAIN_SECONDS, self.limit.burst / rate / 2) if rate else inf
            self.empty_until = now + (inf if wait < 0 else max(wait, pause))

    def has_alone(self, now: float, processes: int) -> bool:
        """Whether its share has a token."""
        bucket = self.limit
        rate, burst = bucket.rate / processes, max(1.0, bucket.burst / processes)
        if bucket.rate == 0 or bucket.burst == 0:
            return False
        if self.alone is None:
            self.alone = burst
        else:
            self.alone = refilled(self.alone, now - self.alone_at, rate, burst)
        self.alone_at, self.left = now, 0
        return self.alone >= 1

    def take_alone(self) -> None:
        if self.alone is not None:
            self.alone -= 1
        self.taken += 1


@dataclass(slots=True, kw_only=True, eq=False)
class QuotaLease(Lease):
    """Of one quota on one day. `spare` is what nobody held when Valkey said so last."""

    limit: Quota
    day: int
    spare: float
    number: int = field(default_factory=_numbers.__next__)  # no other lease of the process has it
    before: QuotaLease | None = None  # of an earlier day, which is to be told before this one asks
    fresh: bool = True  # the server may not know of it
    offset: int = 0  # between what it says it used and `taken`
    said: int = 0  # what it said it used, when it was answered last
    hold: int = 0  # what it was answered then
    alone: int | None = None  # requests of the share while Valkey is away

    @property
    def start(self) -> int:
        return period_start(self.day, self.limit.period, self.limit.offset)

    @property
    def used(self) -> int:
        return self.taken + self.offset

    @property
    def unsaid(self) -> bool:
        return self.used != self.said

    @property
    def held(self) -> bool:
        return self.hold > 0

    def is_over(self, today: int) -> bool:
        """Whether its day is over and that is still to be told."""
        return self.day != today and (self.held or self.unsaid)

    def follow(self, quota: Quota) -> None:
        """The limit was changed: what is left of the old one is not used."""
        if quota.limit is not None and self.limit.limit is not None:
            self.spare = max(0.0, self.spare + quota.limit - self.limit.limit)
        self.limit, self.left, self.alone, self.empty_until = quota, 0, None, -inf

    def next_day(self, day: int) -> QuotaLease:
        """The lease of a later day, which goes on with the share if the period is the same."""
        after = QuotaLease(limit=self.limit, day=day, spare=never_seen(self.limit), before=self)
        if after.start == self.start:
            after.spare, after.alone = self.spare, self.alone
        return after

    def granted(self, hold: int, asked: int, spare: int, sent: int, now: float) -> None:
        """`sent` is what it said it used when it asked: what was taken since is of the new hold."""
        self.fresh, self.said, self.hold, self.alone = False, sent, hold, None
        self.left = max(0, hold - (self.used - sent))
        self.spare = inf if self.limit.limit is None else spare
        self.empty_until = now + ASK_AGAIN_SECONDS if hold < asked else -inf

    def unknown(self) -> None:
        """The server took it for dead, and what it held for used: what was really used is put right."""
        self.offset -= self.said + self.hold
        self.fresh, self.said, self.hold, self.left = True, 0, 0, 0

    def has_alone(self, _now: float, processes: int) -> bool:
        """Whether it or its share has a request left."""
        if self.alone is None:
            self.alone = 0 if self.spare == 0 else -1 if self.spare == inf else int(self.spare // processes)
        return self.left > 0 or self.alone != 0

    def take_alone(self) -> None:
        self.taken += 1
        if self.left > 0:
            self.left -= 1
        elif self.alone is not None and self.alone > 0:
            self.alone -= 1


def never_seen(quota: Quota) -> float:
    """What is left of a quota that the server was never asked about: all of it."""
    return inf if quota.limit is None else quota.limit
