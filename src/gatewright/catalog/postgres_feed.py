"""What a process knows of the server without asking it: the newest revision, and whether it answers.

A thread listens for NOTIFY, which a commit sends with its revision, and asks for the revision every second
besides: a change that was missed (the connection was lost, a pooler swallowed it) is found late, not never.
"""

from __future__ import annotations

import logging
import re
import threading
import time

import psycopg

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.postgres_faults import unavailable
from gatewright.catalog.postgres_pool import Pool
from gatewright.catalog.postgres_server import Connection, Server, sever
from gatewright.catalog.postgres_tables import NAMESPACE, SCHEMA_VERSION
from gatewright.catalog.tables import REVISION, SCHEMA
from gatewright.wire.outage import Outage

CHANNEL = NAMESPACE
ASK_SECONDS = 1.0  # between two questions for the revision
ANSWER_SECONDS = 4.0  # a server that takes longer for it does not answer
FIRST_PAUSE, LAST_PAUSE = 0.05, 1.0  # seconds between attempts to connect, doubled each time
SLOW_SECONDS = 0.5  # an attempt that fails later than this is not to be repeated by every thread

_ASK = f"SELECT name, value FROM counters WHERE name IN ('{REVISION}', '{SCHEMA}')"

_REVISION = re.compile("[0-9]{1,19}")

log = logging.getLogger(__name__)


class Feed:
    """Safe to use from several threads."""

    def __init__(self, server: Server) -> None:
        self.mark = 0
        self._server = server
        self._pool: Pool | None = None
        self._revision = -1  # the newest that is known
        self._knowing = threading.Lock()
        self._trouble: CatalogUnavailable | None = None
        self._outage = Outage()
        self._connection: Connection | None = None
        self._stopped = threading.Event()
        self._looked = threading.Event()  # the first attempt to connect is over
        self._thread = threading.Thread(target=self._run, name="catalog-feed", daemon=True)

    def start(self, pool: Pool) -> None:
        """Begin to follow, and wait until the server was asked once, or did not answer. `pool` is severed
        when the server falls silent."""
        self._pool = pool
        self._thread.start()
        self._looked.wait(ANSWER_SECONDS)

    def close(self) -> None:
        self._stopped.set()
        if (connection := self._connection) is not None:
            sever(connection)
        if self._thread.is_alive():
            self._thread.join(ANSWER_SECONDS)

    def require_answers(self) -> None:
        """Raises `CatalogUnavailable` while asking the server would only take time, or do harm."""
        if (trouble := self._trouble) is not None:
            raise CatalogUnavailable(*trouble.args)

    def saw(self, revision: int) -> None:
        """A commit made this revision."""
        with self._knowing:
            if revision > self._revision:
                self._revision = revision
                self.mark += 1

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                connection = self._server.connect()
            except CatalogUnavailable as error:
                self._away(error, time.monotonic() - began > SLOW_SECONDS)
            else:
                self._connection = connection
                self._follow(connection)
                pause = FIRST_PAUSE
            self._looked.set()
            self._stopped.wait(pause)
            pause = min(2 * pause, LAST_PAUSE)

    def _follow(self, connection: Connection) -> None:
        """Until the connection is lost."""
        try:
            with connection:
                connection.execute(f"LISTEN {CHANNEL}")
                while not self._stopped.is_set():
                    self._ask(connection)
                    self._looked.set()
                    for told in connection.notifies(timeout=ASK_SECONDS):
                        if _REVISION.fullmatch(told.payload):  # whoever may connect may notify
                            self.saw(int(told.payload))
        except psycopg.Error as error:
            if not self._stopped.is_set():
                # Where it was silent, the connection's end is our own doing.
                self._away(self._trouble or unavailable(self._server.place, error), False)

    def _ask(self, connection: Connection) -> None:
        known = self._revision
        alarm = threading.Timer(ANSWER_SECONDS, self._silent, [connection])
        alarm.daemon = True
        alarm.start()
        try:
            counters: dict[str, int] = dict(connection.execute(_ASK).fetchall())
        finally:
            alarm.cancel()
        self._learned(known, counters.get(REVISION, 0), counters.get(SCHEMA, 0))

    def _learned(self, known: int, revision: int, schema: int) -> None:
        """`known` is the revision that was known before the question."""
        self.saw(revision)
        if revision < known:  # an older copy of the database was put back
            with self._knowing:
                self._revision = revision
                self.mark += 1
        if schema > SCHEMA_VERSION:
            self._away(newer_schema(self._server.place, schema), True)
            return
        self._trouble = None
        if self._outage.ends():
            log.info("the catalog %s is back", self._server.place)

    def _silent(self, connection: Connection) -> None:
        """In the alarm's thread."""
        self._trouble = self._server.silent()
        sever(connection)
        if self._pool is not None:
            self._pool.sever()

    def _away(self, error: CatalogUnavailable, refuse: bool) -> None:
        """Tell the owner, if it is news. `refuse`: nobody else is to try."""
        if refuse:
            self._trouble = error
        known = self._outage.lasts
        if self._outage.goes_on(str(error)):
            told = (
                "the catalog is still away" if known else "the catalog is away, trying again until it is back"
            )
            log.warning("%s: %s", told, error)


def newer_schema(place: str, found: int) -> CatalogUnavailable:
    return CatalogUnavailable(
        f"The catalog {place} has schema {found}, this Gatewright knows schema {SCHEMA_VERSION}: run the "
        "Gatewright that wrote it, or a newer one"
    )
