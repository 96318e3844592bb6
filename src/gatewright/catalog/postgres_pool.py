"""Connections to the catalog's server: one for each thread inside a transaction, kept for the next.

Connections are opened by the thread that needs one, so that it learns at once why there is none. (psycopg's
own pool opens them in the background: while the server is away its callers wait, and are not told why.)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.postgres_faults import ENDED_AS_SILENT, commit_unknown, given_up, unavailable
from gatewright.catalog.postgres_server import STANDSTILL_SECONDS, Connection, Server, sever

CONNECTIONS = 24  # open at once in one process: 8 management calls use two each, and there are followers
IDLE_CONNECTIONS = 4
ROWS = 500  # inserted by one statement

_NAMED = re.compile(r":([a-z_]+)")


@lru_cache(maxsize=256)
def _translated(statement: str) -> str:
    return _NAMED.sub(r"%(\1)s", statement)


def _for_all(statement: str, values: Sequence[Mapping[str, object]]) -> tuple[str, Mapping[str, object]]:
    """One statement for several rows, of which only an INSERT has more than one; and what it names.

    psycopg's executemany would end with a Flush: behind that the server does not watch over silent clients
    until the next statement, and a writer that was stopped there would hold up all others for ever.
    """
    if len(values) == 1:
        return _translated(statement), values[0]
    head, behind = statement.split(" VALUES ")
    row, end, rest = behind.partition(")")
    rows = [_NAMED.sub(rf"%(\g<1>{number})s", row + end) for number in range(len(values))]
    named = {f"{name}{number}": one for number, each in enumerate(values) for name, one in each.items()}
    return f"{head} VALUES {', '.join(rows)}{rest}", named


class PostgresConnection:
    """See `sql.Connection`."""

    def __init__(self, place: str, connection: Connection) -> None:
        self.connection = connection
        self.place = place
        self._turn = threading.Lock()
        self._asked_at = time.monotonic()
        self._given_up: CatalogUnavailable | None = None

    def rows(self, statement: str, **values: object) -> list[Any]:
        with self._statement():
            cursor = self.connection.execute(_translated(statement), values, binary=True)
            return cursor.fetchall() if cursor.description else []

    def change(self, statement: str, *values: Mapping[str, object]) -> int:
        changed = 0
        with self._statement():
            for first in range(0, len(values), ROWS):
                once, named = _for_all(statement, values[first : first + ROWS])
                changed += self.connection.execute(once, named).rowcount
        return changed

    def commit(self) -> None:
        """Raises `CatalogUnavailable`, which tells of a commit whose outcome is not known."""
        with self._statement(at_commit=True):
            self.connection.execute("COMMIT")

    def stay(self) -> None:
        """For another thread: a sign of life, unless the owner has been silent for too long itself."""
        with self._turn:
            if self._given_up is not None or time.monotonic() - self._asked_at > STANDSTILL_SECONDS:
                return
            try:
                self.connection.execute("SELECT 1")
            except psycopg.Error as error:
                self._given_up = unavailable(self.place, error)

    def after_rollback(self, question: str) -> list[Any]:
        """The rows that answer a question behind the transaction, which is given up."""
        with self._turn:
            try:
                self.connection.execute("ROLLBACK")
                return self.connection.execute(question).fetchall()
            except psycopg.Error as error:
                raise unavailable(self.place, error) from error

    @contextmanager
    def _statement(self, *, at_commit: bool = False) -> Iterator[None]:
        """None follows an error: the server would answer COMMIT with a rollback then, and no error."""
        with self._turn:
            if self._given_up is not None:
                raise given_up(self.place, self._given_up)
            try:
                yield
            except psycopg.Error as error:
                lost = at_commit and self.connection.closed and error.sqlstate != ENDED_AS_SILENT
                self._given_up = commit_unknown(self.place, error) if lost else unavailable(self.place, error)
                raise self._given_up from error
            finally:
                self._asked_at = time.monotonic()


class Pool:
    """Safe to use from several threads."""

    def __init__(self, server: Server, seconds: float, require_answers: Callable[[], None]) -> None:
        """`seconds`: how long a thread waits for one of the connections. `require_answers` raises
        `CatalogUnavailable` while the server is known not to answer."""
        self._server = server
        self._seconds = seconds
        self._require_answers = require_answers
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        self._idle: list[Connection] = []  # the one used last is used next
        self._used: set[Connection] = set()

    @contextmanager
    def session(self, begin: str) -> Iterator[PostgresConnection]:
        """A connection inside a transaction; what it did not commit is rolled back. Raises
        `CatalogUnavailable`."""
        if not self._room.acquire(timeout=self._seconds):
            raise CatalogUnavailable(
                f"The catalog {self._server.place} is busy: {CONNECTIONS} threads of this process use it; "
                "try again"
            )
        try:
            session = self._begun(begin)
            try:
                yield session
            finally:
                self._release(session.connection)
        finally:
            self._room.release()

    def sever(self) -> None:
        """End every transaction under way with an error."""
        for connection in tuple(self._used):
            sever(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _begun(self, begin: str) -> PostgresConnection:
        """A kept connection may have died since, which is no trouble yet: the next one is tried."""
        while True:
            self._require_answers()
            kept = self._kept()
            connection = kept or self._server.connect()
            self._used.add(connection)
            session = PostgresConnection(self._server.place, connection)
            try:
                session.rows(begin)
            except CatalogUnavailable:
                died = connection.closed
                self._release(connection)
                if kept is None or not died:
                    raise
            else:
                return session

    def _kept(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _release(self, connection: Connection) -> None:
        """Take a connection back; what it did not commit is rolled back."""
        self._used.discard(connection)
        try:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
        if not connection.closed and len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
