"""The ledger: the usage rows on the disk, in an environment of their own.

The counters are as fast as memory and as mortal as the machine. A timer copies what changed to the ledger;
after a crash of the machine, the counters begin again from it, so what is lost is what was counted since the
last copy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gatewright.state import quotas
from gatewright.state.environment import Environment, Transaction, scan
from gatewright.state.rows import USAGE, USAGE_END, usage_key

Held = Callable[[Transaction], dict[bytes, int]]

_MARK = b"s"  # the day of the last copy; rows of days before the one before it change no more
_CHUNK = 1000  # rows read in one go: under a millisecond


def save(counters: Environment, ledger: Environment, today: int, held: Held) -> None:
    """Copy the rows that may have changed since the last time, in one transaction.

    What is held ahead does not outlive the machine: it is not counted here.
    """
    mark = ledger.read(lambda txn: txn.get(_MARK))
    first = min(int.from_bytes(mark, "big"), today) - 1 if mark else 0
    ahead = counters.read(held)
    rows = _rows(counters, usage_key(max(first, 0), b""))

    def put(txn: Transaction) -> None:
        for key, row in rows:
            row = quotas.more(row, -ahead[key]) if key in ahead else row
            if txn.get(key) != row:
                txn.put(key, row)
        day = today.to_bytes(4, "big")
        if mark != day:
            txn.put(_MARK, day)

    ledger.write(put)


def restore(counters: Environment, ledger: Environment) -> None:
    """Fill new counters with what the ledger has."""
    rows = _rows(ledger, USAGE)
    for begin in range(0, len(rows), _CHUNK):
        counters.write(partial(_put, rows=rows[begin : begin + _CHUNK]))


def _put(txn: Transaction, rows: list[tuple[bytes, bytes]]) -> None:
    for key, row in rows:
        txn.put(key, row)


def _rows(environment: Environment, first: bytes) -> list[tuple[bytes, bytes]]:
    rows: list[tuple[bytes, bytes]] = []
    while True:
        chunk = environment.read(partial(scan, first=first, past=USAGE_END, most=_CHUNK))
        rows += chunk
        if len(chunk) < _CHUNK:
            return rows
        first = chunk[-1][0] + b"\0"
