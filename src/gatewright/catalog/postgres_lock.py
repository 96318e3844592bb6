"""The right to write: the row of the revision counter, which one transaction of all nodes holds at a time.

The server ends the transaction of a holder that says nothing for a few seconds, so that a node which is cut
off, or whose process is stopped, holds up the others no longer than that. A holder that is at work between
two statements (it reads a large import) says every second that it is there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.postgres_pool import PostgresConnection
from gatewright.catalog.tables import REVISION

SILENT_SECONDS = 3.0  # after which the server ends the holder's transaction
SIGN_SECONDS = 1.0  # between two signs of life

# Whoever has the lock has a transaction's number too; those that wait for it have none yet.
_HOLDER = """
    SELECT locks.pid, activity.application_name, host(activity.client_addr), activity.state,
        extract(epoch FROM clock_timestamp() - activity.xact_start)::int
    FROM pg_locks locks LEFT JOIN pg_stat_activity activity ON activity.pid = locks.pid
    WHERE locks.relation = 'counters'::regclass AND locks.mode <> 'AccessShareLock'
        AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND EXISTS (
            SELECT 1 FROM pg_locks numbers
            WHERE numbers.pid = locks.pid AND numbers.locktype = 'transactionid'
                AND numbers.mode = 'ExclusiveLock' AND numbers.granted
        )
    LIMIT 1
"""


def watched() -> str:
    """The expression that lets the server end the transaction it stands in when its client falls silent."""
    return f"set_config('idle_in_transaction_session_timeout', '{int(SILENT_SECONDS * 1000)}', true)"


def locked_revision(connection: PostgresConnection) -> int:
    """The revision, whose row nobody else may lock until the transaction ends.

    Raises `CatalogUnavailable`, which names who has it where that takes too long.
    """
    lock = f"SELECT value, {watched()} FROM counters WHERE name = :name FOR UPDATE"
    try:
        rows = connection.rows(lock, name=REVISION)
    except CatalogUnavailable as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise _busy(connection) from error
    if not rows:
        raise CatalogUnavailable("The catalog has lost its revision counter: restore it from a backup")
    return int(rows[0][0])


@contextmanager
def signs_of_life(connection: PostgresConnection) -> Iterator[None]:
    """Keep a transaction that is at work from being ended as one that fell silent."""
    over = threading.Event()
    thread = threading.Thread(target=_sign, args=(connection, over), name="catalog-writer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _sign(connection: PostgresConnection, over: threading.Event) -> None:
    while not over.wait(SIGN_SECONDS):
        connection.stay()


def _busy(connection: PostgresConnection) -> CatalogUnavailable:
    holders = connection.after_rollback(_HOLDER)
    if not holders:
        return CatalogUnavailable(f"The catalog {connection.place} is busy with many writes: try again")
    pid, name, address, state, seconds = holders[0]
    who = f"{name or 'somebody'} at {address}" if address else name or "somebody"
    what = f", {state} for {seconds} s" if state else ""
    return CatalogUnavailable(
        f"The catalog {connection.place} is busy: {who} holds the right to write (the server's process "
        f"{pid}{what}): try again"
    )
