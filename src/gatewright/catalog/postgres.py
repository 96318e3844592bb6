"""The catalog of many machines: a PostgreSQL database, shared by all nodes.

Reads are REPEATABLE READ snapshots. One writer at a time holds the row of the revision counter; the others
wait for it, for a bounded time. A commit is on the server's disk before it returns, and tells every node by
NOTIFY.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gatewright.catalog.api import Catalog, CatalogUnavailable
from gatewright.catalog.postgres_feed import CHANNEL, Feed, newer_schema
from gatewright.catalog.postgres_lock import locked_revision, signs_of_life, watched
from gatewright.catalog.postgres_pool import Pool
from gatewright.catalog.postgres_server import BadUrl, Server
from gatewright.catalog.postgres_tables import NAMESPACE, SCHEMA_VERSION, STEPS
from gatewright.catalog.sql import Connection, SqlCatalog, counter, set_counter
from gatewright.catalog.tables import REVISION, SCHEMA

BUSY_SECONDS = 5.0  # how long a writer queues behind others

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"


def open_catalog(
    url: str, *, patient: bool = False, must_exist: bool = False, busy_seconds: float = BUSY_SECONDS
) -> Catalog:
    """Open the catalog in the database that `url` names; its tables are made or brought up to date.

    Raises `CatalogUnavailable` when that cannot be done, or when a newer Gatewright has been there; with
    `must_exist` where no tables are, which are not made then. With `patient`, only what is asked of the
    catalog later raises it, until the database can be reached.
    """
    try:
        server = Server(url, busy_seconds)
    except BadUrl as error:
        raise CatalogUnavailable(f"The catalog's URL {error}") from None
    catalog = PostgresCatalog(server, busy_seconds)
    try:
        catalog.prepare_schema(must_exist)
    except CatalogUnavailable:
        if not patient:
            catalog.close()
            raise
    except BaseException:
        catalog.close()
        raise
    catalog.follow()
    return catalog


class PostgresCatalog(SqlCatalog):
    """See `gatewright.catalog.api.Catalog`."""

    def __init__(self, server: Server, busy_seconds: float) -> None:
        super().__init__()
        self._server = server
        self._busy_seconds = busy_seconds
        self._queue = threading.Lock()  # this process's writers: they take no connection while they wait
        self._feed = Feed(server)
        self._pool = Pool(server, busy_seconds, self._feed.require_answers)

    def follow(self) -> None:
        """Begin to learn of commits."""
        self._feed.start(self._pool)
        self._seen = self.mark()

    def mark(self) -> int:
        return self._feed.mark

    def close(self) -> None:
        self._feed.close()
        self._pool.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._pool.session(_READ) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if not self._queue.acquire(timeout=self._busy_seconds):
            raise CatalogUnavailable(
                f"The catalog {self._server.place} is busy: other writes of this process held it "
                f"for {self._busy_seconds:g} s; try again"
            )
        try:
            with self._pool.session(_WRITE) as connection:
                before = locked_revision(connection)
                with signs_of_life(connection):
                    yield connection
                after = counter(connection, REVISION)
                if after != before:
                    connection.rows(f"SELECT pg_notify('{CHANNEL}', :revision)", revision=str(after))
                connection.commit()
        finally:
            self._queue.release()
        self._feed.saw(after)

    def prepare_schema(self, must_exist: bool) -> None:
        """Make the tables of a new database, bring older ones up to date; take none that are newer."""
        known = self._schema()
        if known == SCHEMA_VERSION:
            return
        if must_exist and not known:
            raise CatalogUnavailable(f"there is no catalog in {self._server.place}")
        with self._pool.session(_WRITE) as connection:
            connection.rows(f"SELECT pg_advisory_xact_lock(hashtext('{NAMESPACE}')), {watched()}")
            found = _found_schema(connection)
            if found > SCHEMA_VERSION:
                raise newer_schema(self._server.place, found)
            if not found:
                connection.rows(f"CREATE SCHEMA IF NOT EXISTS {NAMESPACE}")
            for statement in (statement for step in STEPS[found:] for statement in step):
                connection.rows(statement)
            set_counter(connection, SCHEMA, SCHEMA_VERSION)
            connection.commit()

    def _schema(self) -> int:
        with self.reading() as connection:
            return _found_schema(connection)


def _found_schema(connection: Connection) -> int:
    """0 where there are no tables yet."""
    # A query of the system's tables sees what was committed just now; to_regclass() may remember otherwise.
    tables = f"SELECT 1 FROM pg_tables WHERE schemaname = '{NAMESPACE}' AND tablename = 'counters'"
    if not connection.rows(tables):
        return 0
    return counter(connection, SCHEMA)
