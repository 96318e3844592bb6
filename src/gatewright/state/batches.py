"""Requests admitted ahead: under load a process takes a batch from all limits of a request at once, and then
lets requests pass without a look at the state.

What it did not give away goes back after `LIFETIME`; until then others do not have it. So a batch is at most
what a bucket gains in that time, and a `SHARE`th of what any of its limits has left: near its end a limit is
asked for each request. No more pass than the limits say, for a bucket as of `LIFETIME` before; all that they
say pass.

GetUsage is exact nevertheless: a row beside the usage tells up to which number a batch goes, and a file of
the process how far it is given away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from pathlib import Path
from struct import Struct
from typing import final

from gatewright.state import buckets, quotas
from gatewright.state.api import Bucket, Limit, StateUnavailable
from gatewright.state.environment import Environment, Transaction, scan
from gatewright.state.rows import AHEAD, AHEAD_END
from gatewright.state.spent import NAME_BYTES, Spent, names_of_the_dead, number

LIFETIME = 0.01  # seconds
SHARE = 64
MOST = 256  # requests in a batch
_UNCOUNTED = 0  # the counter of batches that no quota counts
_HOLDER = Struct(f">{NAME_BYTES}sH")  # whose file, which counter
_UP_TO = Struct(">q")
_ALL = 2**20  # rows, more than there can be

Clock = Callable[[], float]
Later = Callable[[float, Callable[[], None]], object]
Row = tuple[Limit, bytes, bytes]  # with its key and what is to be stored

_log = logging.getLogger(__name__)


@final
class Batch:
    """What is held ahead for one set of limits; `left` of `size` requests."""

    __slots__ = ("_clock", "_numbers", "asked_at", "counter", "given", "left", "rows", "size", "until")

    def __init__(self, numbers: memoryview[int], clock: Clock) -> None:
        self._numbers = numbers
        self._clock = clock
        self.left = self.size = 0
        self.until = self.asked_at = -inf
        self.counter = _UNCOUNTED
        self.given = 0  # the counter's number
        self.rows: tuple[tuple[Limit, bytes], ...] = ()  # what it was taken from

    def passes(self) -> bool:
        """Whether one of it is given away, to this request."""
        if self.left == 0 or self._clock() >= self.until:
            return False
        self.left -= 1
        self.given += 1
        self._numbers[self.counter] = self.given
        return True

    def wish(self, now: float) -> int:
        """Its size from now on: as much as will be used, but at most twice what was used of the last."""
        used, elapsed = self.size - self.left + 1, now - self.asked_at
        self.asked_at = now
        return int(min(2 * used, used * LIFETIME / max(elapsed, 1e-6), MOST))


class Batches:
    """All batches of this process, which has one thread for them, and what others hold."""

    def __init__(self, counters: Environment, directory: Path, clock: Clock, later: Later | None) -> None:
        """`later` calls a function in so many seconds; without it, nothing is held ahead."""
        self._counters = counters
        self._directory = directory
        self._clock = clock
        self._later = later
        self._active: set[Batch] = set()
        self._spent = None if later is None else Spent(directory)

    def new(self) -> Batch | None:
        return None if self._spent is None else Batch(self._spent.numbers, self._clock)

    def take(self, txn: Transaction, batch: Batch, rows: list[Row], now: float) -> int:
        """Take a batch of the rows too, how large a one; `begin` it once that is committed."""
        ahead = int(min(batch.wish(now), *(_spare(limit, row) for limit, _, row in rows)))
        counted = [key for limit, key, _ in rows if type(limit) is not Bucket]
        if ahead <= 0 or self._spent is None or not self._count(self._spent, batch, bool(counted)):
            return 0
        rows[:] = [(limit, key, _more(limit, row, -ahead)) for limit, key, row in rows]
        for key in counted:
            txn.put(self._holder(self._spent, key, batch), _UP_TO.pack(batch.given + ahead))
        return ahead

    def begin(self, batch: Batch, rows: list[Row], ahead: int, until: float) -> None:
        """Let requests pass on what was taken."""
        assert self._later is not None
        batch.left, batch.size, batch.until = ahead, ahead, until
        batch.rows = tuple((limit, key) for limit, key, _ in rows)
        if not self._active:
            self._later(LIFETIME, self._expire)
        self._active.add(batch)

    def give_back(self, batches: Sequence[Batch]) -> None:
        """What these have left goes where it was taken from. Raises `StateUnavailable`."""
        self._counters.write(partial(self._put_back, batches=batches))
        for batch in batches:
            batch.size -= batch.left
            batch.left = 0
            self._active.discard(batch)
            if batch.counter != _UNCOUNTED and self._spent is not None:
                self._spent.free.append(batch.counter)
                batch.counter = _UNCOUNTED

    def held_of(self, txn: Transaction, usage: bytes) -> int:
        """How many of the requests that a usage row counts are not made yet: processes hold them."""
        first = AHEAD + usage
        return self._held(txn, first, first + b"\xff" * _HOLDER.size).get(usage, 0)

    def held(self, txn: Transaction) -> dict[bytes, int]:
        """The same of every usage row of which any are held."""
        return self._held(txn, AHEAD, AHEAD_END)

    def bury(self) -> None:
        """Give back what processes held that were killed."""
        for name in names_of_the_dead(self._directory):
            self._counters.write(partial(self._put_back_of, owner=name))

    def close(self) -> None:
        self.give_back(list(self._active))
        if self._spent is not None:
            self._spent.close()

    def _held(self, txn: Transaction, first: bytes, past: bytes) -> dict[bytes, int]:
        held: dict[bytes, int] = {}
        for key, row in scan(txn, first, past, _ALL):
            usage, name, counter = _parts(key)
            held[usage] = held.get(usage, 0) + self._left(name, counter, row)
        return held

    def _count(self, spent: Spent, batch: Batch, counted: bool) -> bool:
        """See to it that it has a counter where it needs one; False when there is none."""
        if not counted or batch.counter != _UNCOUNTED:
            return True
        if not spent.free:
            return False
        batch.counter = spent.free.pop()
        batch.given = spent.numbers[batch.counter]
        return True

    def _holder(self, spent: Spent, usage: bytes, batch: Batch) -> bytes:
        return AHEAD + usage + _HOLDER.pack(spent.name, batch.counter)

    def _left(self, name: bytes, counter: int, row: bytes) -> int:
        return max(0, int(_UP_TO.unpack(row)[0]) - number(self._directory, name, counter))

    def _expire(self) -> None:
        now = self._clock()
        over = [batch for batch in self._active if now >= batch.until]
        try:
            if over:
                self.give_back(over)
        except StateUnavailable as error:  # nobody has it until this works
            _log.error("requests that were admitted ahead cannot be given back: %s", error)
        if self._active and self._later is not None:
            self._later(LIFETIME, self._expire)

    def _put_back(self, txn: Transaction, batches: Sequence[Batch]) -> None:
        for batch in batches:
            for limit, key in batch.rows:
                row = txn.get(key)
                if row is not None and batch.left:
                    txn.put(key, _more(limit, row, batch.left))
                if self._spent is not None and type(limit) is not Bucket:
                    txn.delete(self._holder(self._spent, key, batch))

    def _put_back_of(self, txn: Transaction, owner: bytes) -> None:
        for key, row in scan(txn, AHEAD, AHEAD_END, _ALL):
            usage, name, counter = _parts(key)
            if name == owner:
                used = txn.get(usage)
                if used is not None:
                    txn.put(usage, quotas.more(used, -self._left(name, counter, row)))
                txn.delete(key)


def _parts(key: bytes) -> tuple[bytes, bytes, int]:
    """The usage row, the process and its counter that a row is about."""
    name, counter = _HOLDER.unpack(key[-_HOLDER.size :])
    return key[len(AHEAD) : -_HOLDER.size], name, counter


def _spare(limit: Limit, row: bytes) -> float:
    """How much of what it has left may be held ahead."""
    if type(limit) is Bucket:
        return min(buckets.left(row) / SHARE, limit.rate * LIFETIME)
    return quotas.left(row, limit) / SHARE


def _more(limit: Limit, row: bytes, more: int) -> bytes:
    """The row with more left, or less."""
    return buckets.more(row, more) if type(limit) is Bucket else quotas.more(row, -more)
