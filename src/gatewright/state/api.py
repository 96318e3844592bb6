"""What changes while the gateway runs and all its workers share: token buckets, quotas, cached policies and
responses.

What a request asks is `async`, so that a store across the network can wait for it; the embedded store never
suspends and answers in microseconds. What management and timers ask is synchronous: they have threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol, final

from gatewright.state.periods import Period, check_offset

KEY_BYTES = 400  # of a bucket's key, and of a quota's plan and key together; LMDB takes 511
MOST = 2**53  # a quota's limit and a bucket's burst stay exact as a double


class StateUnavailable(Exception):
    """The store cannot be read or written: it is full, damaged, or not permitted. Whoever asked for an
    admission refuses the request."""


@final
@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: holds at most `burst` tokens, gains `rate` a second, starts full.

    A rate or burst of 0 admits nothing. `name` tells which layer this is, for whoever explains a refusal.
    Raises ValueError past the bounds.
    """

    key: bytes
    rate: float
    burst: int
    name: str = ""

    def __post_init__(self) -> None:
        _check_key(self.key)
        if not 0 <= self.rate <= MOST:
            raise ValueError(f"The rate {self.rate} is outside 0 to {MOST} a second")
        if not 0 <= self.burst <= MOST:
            raise ValueError(f"The burst {self.burst} is outside 0 to {MOST}")


@final
@dataclass(frozen=True, slots=True)
class Quota:
    """How many requests an API key may make in a plan's period; with `limit` None they are only counted.

    Raises ValueError past the bounds, with Amazon's range of offsets.
    """

    plan: str
    key: str
    limit: int | None
    period: Period
    offset: int = 0
    owner: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if "\0" in self.plan or "\0" in self.key:
            raise ValueError(f"The plan {self.plan!r} or key {self.key!r} contains a NUL character")
        object.__setattr__(self, "owner", f"{self.plan}\0{self.key}".encode())
        _check_key(self.owner)
        if self.limit is not None and not 0 <= self.limit <= MOST:
            raise ValueError(f"The quota limit {self.limit} is outside 0 to {MOST}")
        check_offset(self.period, self.offset)


Limit = Bucket | Quota


@dataclass(frozen=True, slots=True)
class DayUsage:
    """One day of one API key in one plan; `remaining` at its end, or now, None without a limit."""

    day: date
    used: int
    remaining: int | None


class Cached(NamedTuple):
    """What a look-up found: `value` is None on a miss. Hand `generation` to the `put` that fills it."""

    value: bytes | None
    generation: int


class Cache(Protocol):
    """Values with a time to live, in spaces that are flushed as a whole."""

    def at_hand(self, space: bytes, key: bytes) -> Cached | None:
        """What `get` would find, where the process knows it; never waits. None: `get` it."""

    async def get(self, space: bytes, key: bytes) -> Cached:
        """The value, unless it expired, was flushed or never put. `key` may be a secret, of any length."""

    async def put(self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int) -> bool:
        """Keep `value` for `ttl` seconds; others that expire soonest make room.

        False, and nothing is kept, if the space was flushed since `generation` was read, or if the value
        is over the size that is kept.
        """

    def flush(self, space: bytes) -> None:
        """Forget the space: no `get` that begins after this returned, on any worker, sees what was in it."""


class Responses(Protocol):
    """Responses with a time to live, in spaces that have a size each and are flushed as a whole."""

    async def get(self, space: bytes, key: bytes) -> Cached:
        """The value, unless it expired, was flushed, made room or was never put. `key` is of any length."""

    async def put(
        self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int, most_bytes: int
    ) -> bool:
        """Keep `value` for `ttl` seconds, in place of what is there under the key.

        All values of the space together may have `most_bytes`, with what keeping them takes in a store that
        nothing else bounds: those used least recently make room, a bounded number of them at once. False, and
        nothing is kept, if the space was flushed since `generation` was read, if there is no room, or if the
        value is over the size that is kept.
        """

    async def claim(self, space: bytes, key: bytes, seconds: float) -> bool:
        """Whether nobody is fetching this entry: then it is the caller's to fetch, until it says `release` or
        `seconds` are over, should it die. True also where the store cannot tell."""

    async def renew(self, space: bytes, key: bytes, seconds: float) -> None:
        """Have the claim that this process has, if it still has it, stand for `seconds` from now."""

    async def release(self, space: bytes, key: bytes) -> None:
        """Give up the claim that this process has, if it still has it."""

    def flush(self, space: bytes) -> None:
        """Forget the space: no `get` that begins after this returned, on any worker, sees what was in it."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a store holds, for metrics: rows, the bytes their pages take, the bytes there are."""

    entries: int
    used_bytes: int
    total_bytes: int


class Admission(Protocol):
    """Limits that one process asks again and again."""

    @property
    def passes(self) -> Callable[[], bool]:
        """Whether a request is admitted, and counted, by what the process holds ahead; never waits."""

    async def admit(self) -> Limit | None:
        """As `State.admit`, for a request that did not pass."""


class State(Protocol):
    """Shared state. Each process opens it for itself; its methods may be called from any thread."""

    @property
    def policies(self) -> Cache:
        """Policies that Lambda authorizers answered with."""

    @property
    def responses(self) -> Responses:
        """What stages answered, where they cache it; a space is one stage's."""

    async def admit(self, limits: Sequence[Limit]) -> Limit | None:
        """Take one token from every bucket and one request from every quota, or nothing at all.

        They are tried in the order given, each at most once in it; the answer is the first that has nothing
        left, None if the request is admitted. Amazon's order: buckets of the plan, its quota, those of the
        stage and of the account.
        """

    def admission(self, limits: Sequence[Limit]) -> Admission:
        """The same for many requests; all those of a process come from one thread."""

    def usage(self, quota: Quota, first: date, last: date) -> list[DayUsage]:
        """Each day from `first` to `last` inclusive, with all requests admitted before the call.

        Raises ValueError if that is over 400 days.
        """

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        """Let `remaining` more requests through in the current period; later periods are as before.

        Raises ValueError without a limit, or if `remaining` is negative or over `MOST`.
        """

    def housekeep(self) -> dict[str, Size]:
        """A bounded share of the cleaning; secure the usage counts against a crash of the machine; the sizes.

        For a timer of one process, every few seconds, and once at the end.
        """

    def close(self) -> None:
        """Give everything up; the object is of no use afterwards."""


def _check_key(key: bytes) -> None:
    if not 0 < len(key) <= KEY_BYTES:
        raise ValueError(f"A key has 1 to {KEY_BYTES} bytes, {key[:40]!r} has {len(key)}")
