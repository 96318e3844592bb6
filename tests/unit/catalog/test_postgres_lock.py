"""The right to write: holders that are cut off or stopped lose it, those that are at work keep it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import psycopg
import pytest
from tests.support.postgres import Postgres, Way
from tests.support.scripts import go, line, running
from tests.support.waiting import until

from gatewright.catalog import postgres_lock
from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.catalog.postgres import BUSY_SECONDS, open_catalog
from gatewright.catalog.postgres_pool import ROWS

HOLDER = """
import sys
from gatewright.catalog import postgres_lock
from gatewright.catalog.api import CatalogUnavailable, Partition
from gatewright.catalog.postgres import open_catalog

postgres_lock.SILENT_SECONDS = 0.3
catalog, home = open_catalog(sys.argv[1]), Partition("123456789012", "us-east-1")
try:
    with catalog.write(home) as tx:
        tx.put("a/1", {})
        print("open", flush=True)
        sys.stdin.readline()
except CatalogUnavailable as error:
    print(error)
catalog.close()
"""
ENDED = "stood still for too long: nothing of it was written"


Opens = Callable[..., Catalog]


@pytest.fixture
def way(server: Postgres) -> Iterator[Way]:
    """A way to the server that can be cut."""
    way = Way(server.port)
    yield way
    way.close()


@pytest.fixture
def opens(way: Way) -> Iterator[Opens]:
    """`open_catalog`, whose catalogs are closed in the end."""
    with ExitStack() as stack:

        def opened(url: str, busy_seconds: float = BUSY_SECONDS) -> Catalog:
            catalog = open_catalog(url, busy_seconds=busy_seconds)
            stack.callback(catalog.close)
            return catalog

        yield opened


def put(catalog: Catalog, home: Partition, key: str) -> None:
    with catalog.write(home) as tx:
        tx.put(key, {})


def keys(catalog: Catalog, home: Partition) -> list[str]:
    with catalog.read(home) as reader:
        return [key for key, _ in reader.list("a/")]


def test_a_stopped_process_loses_it_and_is_told_at_its_commit(
    opens: Opens, database: str, home: Partition
) -> None:
    catalog = opens(database)
    with running(HOLDER, database) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        put(catalog, home, "a/3")
        os.kill(holder.pid, signal.SIGCONT)
        go(holder)
        assert ENDED in line(holder)
    assert keys(catalog, home) == ["a/3"]


def test_a_node_that_is_cut_off_loses_it_and_is_told_at_its_next_statement(
    server: Postgres, way: Way, opens: Opens, database: str, home: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_lock, "SILENT_SECONDS", 0.3)
    near, far = opens(database), opens(server.url(port=way.port))

    def write_while_cut_off() -> None:
        with far.write(home) as tx:
            tx.put("a/1", {})
            way.cut()
            put(near, home, "a/3")
            way.mend()
            tx.put("a/2", {})

    with pytest.raises(CatalogUnavailable, match=ENDED):
        write_while_cut_off()
    assert keys(far, home) == ["a/3"]


def test_the_server_watches_a_writer_after_each_kind_of_statement(
    server: Postgres, opens: Opens, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_lock, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(postgres_lock, "SIGN_SECONDS", 60)
    catalog = opens(database)
    blob = "INSERT INTO blobs (digest, content) VALUES (:digest, :content)"
    blobs = [{"digest": str(number), "content": b"x"} for number in range(ROWS + 1)]
    writing = "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL"

    def fall_silent(*values: Mapping[str, object]) -> None:
        with catalog.writing() as connection:  # type: ignore[attr-defined]
            assert connection.change(blob, *values) == len(values)
            until(lambda: server.run(writing) == [])

    for values in (blobs[:1], blobs):
        with pytest.raises(CatalogUnavailable, match=ENDED):
            fall_silent(*values)
    assert server.run("SELECT count(*) FROM gatewright.blobs") == [(0,)]


def test_a_writer_that_is_at_work_keeps_it(
    server: Postgres, opens: Opens, database: str, home: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_lock, "SILENT_SECONDS", 0.3)
    monkeypatch.setattr(postgres_lock, "SIGN_SECONDS", 0.05)
    catalog = opens(database)
    with catalog.write(home) as tx:
        tx.put("a/1", {})
        old = "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND now() - xact_start > '0.6 s'"
        until(lambda: server.run(old) == [(1,)])
    assert keys(catalog, home) == ["a/1"]


def test_whoever_has_to_wait_too_long_is_told_for_whom(
    server: Postgres, opens: Opens, database: str, home: Partition
) -> None:
    holder, refused = opens(database), opens(database, busy_seconds=0.05)
    with holder.write(home) as tx:
        tx.put("a/1", {})
        who = rf"is busy: gatewright {os.getpid()} on \S+ at 127\.0\.0\.1 holds the right to write"
        with pytest.raises(
            CatalogUnavailable, match=rf"{who} \(the server's process \d+, idle in transaction"
        ):
            put(refused, home, "a/2")
    with pytest.raises(CatalogUnavailable, match=r"is busy: psql of ann at 127\.0\.0\.1 holds the right"):
        _refused_by_another_program(server, refused, home)
    put(refused, home, "a/3")
    assert keys(holder, home) == ["a/1", "a/3"]


def _refused_by_another_program(server: Postgres, refused: Catalog, home: Partition) -> None:
    with psycopg.connect(server.url(application_name="psql%20of%20ann")) as other:
        other.execute("UPDATE gatewright.counters SET value = value WHERE name = 'revision'")
        put(refused, home, "a/2")
