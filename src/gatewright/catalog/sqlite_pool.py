"""Connections to the catalog's file: one for each thread inside a transaction, kept for the next."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.sqlite_faults import unavailable

CONNECTIONS = 64  # open at once
IDLE_CONNECTIONS = 8
LOG_BYTES = 64 * 1024 * 1024  # what the write-ahead log is cut back to after a large write


class SqliteConnection:
    """See `sql.Connection`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._given_up = False

    def rows(self, statement: str, **values: object) -> list[Any]:
        self._require_whole()
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._give_up(error) from error

    def change(self, statement: str, *values: Mapping[str, object]) -> int:
        self._require_whole()
        try:
            return self._connection.executemany(statement, values).rowcount
        except sqlite3.Error as error:
            raise self._give_up(error) from error

    def _give_up(self, error: sqlite3.Error) -> CatalogUnavailable:
        self._given_up = True
        return unavailable(self._path, error)

    def _require_whole(self) -> None:
        """SQLite rolls back by itself on some errors; a caller that goes on regardless must not write in
        autocommit mode."""
        if self._given_up:
            raise CatalogUnavailable(
                f"The catalog {self._path} gave this transaction up at an earlier error: "
                "nothing of it is kept; try again"
            )


class Pool:
    """Safe to use from several threads."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        self._idle: list[sqlite3.Connection] = []  # the one used last is used next

    @contextmanager
    def transaction(self, begin: str) -> Iterator[SqliteConnection]:
        """Leaving normally commits, an exception rolls back. Raises `CatalogUnavailable`."""
        if not self._room.acquire(timeout=self._busy_seconds):
            raise CatalogUnavailable(
                f"The catalog {self._path} is busy: {CONNECTIONS} threads of this process use it; try again"
            )
        try:
            connection = self._open()
            try:
                session = SqliteConnection(self._path, connection)
                session.rows(begin)
                yield session
                session.rows("COMMIT")
            finally:
                self._release(connection)
        finally:
            self._room.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=self._busy_seconds, check_same_thread=False
            )
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error
        return connection

    def _release(self, connection: sqlite3.Connection) -> None:
        """Take a connection back; what it did not commit is rolled back."""
        try:
            connection.rollback()
        except sqlite3.Error:
            connection.close()  # which rolls back too
        else:
            self._keep(connection)

    def _keep(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
