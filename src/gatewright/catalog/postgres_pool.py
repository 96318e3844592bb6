"""Connections to the catalog's server: one for each thread inside a transaction, kept for the next.

Connections are opened by the thread that needs one, so that it learns at once why there is none. (psycopg's
own pool opens them in the background: while the server is away its callers wait, and are not told why.)
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.postgres_faults import commit_unknown, unavailable
from gatewright.catalog.postgres_server import Connection, Server, sever

CONNECTIONS = 24  # open at once in one process: 8 management calls use two each, and there are followers
IDLE_CONNECTIONS = 4

_NAMED = re.compile(r":([a-z_]+)")


@lru_cache(maxsize=256)
def _translated(statement: str) -> str:
    return _NAMED.sub(r"%(\1)s", statement)


class PostgresConnection:
    """See `sql.Connection`."""

    def __init__(self, place: str, connection: Connection) -> None:
        self.connection = connection
        self._place = place
        self._given_up = False

    def rows(self, statement: str, **values: object) -> list[Any]:
        self._require_whole()
        try:
            cursor = self.connection.execute(_translated(statement), values, binary=True)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise self._give_up(error) from error

    def change(self, statement: str, *values: Mapping[str, object]) -> int:
        self._require_whole()
        try:
            with self.connection.cursor() as cursor:
                cursor.executemany(_translated(statement), values)
                return cursor.rowcount
        except psycopg.Error as error:
            raise self._give_up(error) from error

    def commit(self) -> None:
        """Raises `CatalogUnavailable`, which tells of a commit whose outcome is not known."""
        self._require_whole()
        try:
            self.connection.execute("COMMIT")
        except psycopg.Error as error:
            self._given_up = True
            if self.connection.closed:
                raise commit_unknown(self._place, error) from error
            raise unavailable(self._place, error) from error

    def _give_up(self, error: psycopg.Error) -> CatalogUnavailable:
        self._given_up = True
        return unavailable(self._place, error)

    def _require_whole(self) -> None:
        """After an error the server would answer COMMIT with a rollback, and no error."""
        if self._given_up:
            raise CatalogUnavailable(
                f"The catalog {self._place} gave this transaction up at an earlier error: "
                "nothing of it is kept; try again"
            )


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
