"""Who fetches which missing response, among the processes of one machine: a row for each that is under way,
in the environment of the responses.

    c D     when it was claimed, when that ends, and by which process; D is a digest of the space and key

A row whose time is over counts for nothing: whoever comes next writes over it, and housekeeping removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from uuid import uuid4

from gatewright.state.environment import Environment, Transaction, scan

MOST_SECONDS = 3600.0  # that a claim stands
AT_ONCE = 100  # rows looked at in one transaction

_CLAIM, _CLAIM_END = b"c", b"d"
_ROW = Struct("<dd16s")  # claimed, ends (Unix seconds), process


class LmdbClaims:
    """The claims as one process sees and makes them."""

    def __init__(self, environment: Environment, clock: Callable[[], float]) -> None:
        self._environment = environment
        self._clock = clock
        self._process = uuid4().bytes
        self._swept = b""

    def take(self, digest: bytes, seconds: float) -> bool:
        """Whether it was free; so it is where there is no room to write it down."""

        def take(txn: Transaction) -> bool:
            now = self._clock()
            if _stands(txn.get(_CLAIM + digest), now):
                txn.abort()
                return False
            if self._environment.has_room(txn):
                txn.put(_CLAIM + digest, self._row(now, seconds))
            return True

        return self._environment.write(take)

    def renew(self, digest: bytes, seconds: float) -> None:
        def renew(txn: Transaction) -> None:
            if self._has(txn, digest):
                txn.put(_CLAIM + digest, self._row(self._clock(), seconds))

        self._environment.write(renew)

    def give_up(self, digest: bytes) -> None:
        def give_up(txn: Transaction) -> None:
            if self._has(txn, digest):
                txn.delete(_CLAIM + digest)

        self._environment.write(give_up)

    def _row(self, now: float, seconds: float) -> bytes:
        return _ROW.pack(now, now + min(seconds, MOST_SECONDS), self._process)

    def _has(self, txn: Transaction, digest: bytes) -> bool:
        row = txn.get(_CLAIM + digest)
        return row is not None and row.endswith(self._process)

    def remove_expired(self) -> None:
        """Remove what processes left that died, a bounded number; the next call goes on from there."""

        def remove(txn: Transaction) -> bytes:
            now = self._clock()
            rows = scan(txn, max(self._swept + b"\0", _CLAIM), _CLAIM_END, AT_ONCE)
            for key, row in rows:
                if not _stands(row, now):
                    txn.delete(key)
            return rows[-1][0] if len(rows) == AT_ONCE else b""

        self._swept = self._environment.write(remove)


def _stands(row: bytes | None, now: float) -> bool:
    """One from a time to come stands no more: the clock was set back."""
    if row is None:
        return False
    claimed, ends, _ = _ROW.unpack(row)
    return bool(claimed <= now < ends)
