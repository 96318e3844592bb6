"""The embedded catalog: one SQLite file, shared by the processes of one machine.

Write-ahead log with `synchronous=FULL`: readers never wait for writers, and a commit is on the disk before it
returns. Each process opens the catalog for itself, after it was forked.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from gatewright.catalog.api import Catalog, CatalogUnavailable
from gatewright.catalog.sql import Connection, SqlCatalog, counter
from gatewright.catalog.sqlite_faults import unavailable
from gatewright.catalog.sqlite_pool import Pool
from gatewright.catalog.tables import HORIZON, REVISION, SCHEMA, SCHEMA_VERSION, TABLES

FILE_NAME = "catalog.sqlite3"
BUSY_SECONDS = 5.0  # how long a writer queues behind others


def open_catalog(directory: Path, *, busy_seconds: float = BUSY_SECONDS) -> Catalog:
    """Open the catalog in `directory`; both are made if need be, readable by their owner only.

    Raises `CatalogUnavailable` when that cannot be done, or when a newer Gatewright wrote the file.
    """
    path = directory / FILE_NAME
    try:
        _make_private_file(path)
    except OSError as error:
        raise CatalogUnavailable(
            f"The catalog {path} cannot be made ({error.strerror}): "
            "choose a data directory this user may write to"
        ) from error
    return SqliteCatalog(path, busy_seconds)


class SqliteCatalog(SqlCatalog):
    """See `gatewright.catalog.api.Catalog`."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        super().__init__()
        self._path = path
        self._busy_seconds = busy_seconds
        self._identity = _identity(path)
        self._queue = threading.Lock()  # this process's writers; SQLite's own lock polls and is not fair
        self._pool = Pool(path, busy_seconds)
        self._watch_lock = threading.Lock()
        try:
            self._prepare_schema()
            self._watch = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._seen = self.mark()
        except BaseException:
            self._pool.close()
            raise

    def mark(self) -> int:
        """Moves with every commit of any other connection, in this process or another."""
        try:
            with self._watch_lock:
                version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise unavailable(self._path, error) from error
        return version

    def close(self) -> None:
        self._pool.close()
        with self._watch_lock:
            self._watch.close()

    def reading(self) -> AbstractContextManager[Connection]:
        return self._pool.transaction("BEGIN")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if not self._queue.acquire(timeout=self._busy_seconds):
            raise CatalogUnavailable(
                f"The catalog {self._path} is busy: other writes of this process held it "
                f"for {self._busy_seconds:g} s; try again"
            )
        try:
            self._require_same_file()
            with self._pool.transaction("BEGIN IMMEDIATE") as connection:
                yield connection
        finally:
            self._queue.release()

    def _require_same_file(self) -> None:
        """Refuse to acknowledge a write to a file that nobody will ever open again."""
        if _identity(self._path) != self._identity:
            raise CatalogUnavailable(
                f"The catalog {self._path} was removed or replaced while in use: "
                "put the file back, or restart Gatewright to use what is there now"
            )

    def _prepare_schema(self) -> None:
        """Make the tables of a new file; take an existing one only if its schema is ours."""
        _use_write_ahead_log(self._path, self._busy_seconds)
        if self._is_new():
            self._make_tables()
        with self.reading() as connection:
            found = counter(connection, SCHEMA)
        if found != SCHEMA_VERSION:
            raise CatalogUnavailable(
                f"The catalog {self._path} has schema {found}, this Gatewright knows schema "
                f"{SCHEMA_VERSION}: run the Gatewright that wrote it, or a newer one"
            )

    def _make_tables(self) -> None:
        with self.writing() as connection:
            if _has_tables(connection):
                return  # another process was first
            for statement in TABLES:
                connection.rows(statement)
            first = {SCHEMA: SCHEMA_VERSION, REVISION: 0, HORIZON: 0}
            rows = [{"name": name, "value": value} for name, value in first.items()]
            connection.change("INSERT INTO counters (name, value) VALUES (:name, :value)", *rows)

    def _is_new(self) -> bool:
        with self.reading() as connection:
            return not _has_tables(connection)


def _has_tables(connection: Connection) -> bool:
    return bool(connection.rows("SELECT 1 FROM sqlite_schema WHERE name = 'counters'"))


def _make_private_file(path: Path) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_directory(path.parent.parent)
    try:
        # An existing file is left alone: closing it here would drop the locks this process has on it.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _use_write_ahead_log(path: Path, busy_seconds: float) -> None:
    """Switch the file over, once in its life. SQLite does not wait here for other processes that open it."""
    until = time.monotonic() + busy_seconds
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            mode = _journal_mode(connection, until)
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    if mode != "wal":
        raise CatalogUnavailable(
            f"The catalog {path} is on a file system without shared memory ({mode} journal): "
            "choose a data directory on a local disk"
        )


def _journal_mode(connection: sqlite3.Connection, until: float) -> str:
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
