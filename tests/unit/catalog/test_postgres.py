"""PostgreSQL's own: many writers, a server that stops, dies, freezes or is cut off, wrong passwords."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

import psycopg
import pytest
from tests.support.postgres import Postgres, Way
from tests.support.waiting import until

from gatewright.catalog import postgres_feed
from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.catalog.postgres import open_catalog
from gatewright.catalog.postgres_server import BadUrl, shown
from gatewright.wire import outage


@pytest.fixture
def catalog(database: str) -> Iterator[Catalog]:
    catalog = open_catalog(database)
    yield catalog
    catalog.close()


@pytest.fixture(autouse=True)
def _sooner_than_in_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_feed, "ASK_SECONDS", 0.1)


@pytest.fixture
def way(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """A way to the server that can be cut; silence is noticed soon."""
    monkeypatch.setattr(postgres_feed, "ANSWER_SECONDS", 0.3)
    way = Way(server.port)
    yield way
    way.close()


def put(catalog: Catalog, home: Partition, key: str, **document: object) -> None:
    with catalog.write(home) as tx:
        tx.put(key, document)


def get(catalog: Catalog, home: Partition, key: str) -> object:
    with catalog.read(home) as reader:
        return reader.get(key)


def works(catalog: Catalog, home: Partition, key: str = "a/1") -> bool:
    try:
        get(catalog, home, key)
    except CatalogUnavailable:
        return False
    return True


def test_a_wrong_password_is_told_without_it(server: Postgres) -> None:
    with pytest.raises(CatalogUnavailable, match=r"cannot be reached .*password") as refused:
        open_catalog(server.url(password="wr0ng"))
    assert "wr0ng" not in str(refused.value)


def test_nobody_there(server: Postgres) -> None:
    with pytest.raises(CatalogUnavailable, match=r"cannot be reached .*refused.*see that PostgreSQL runs"):
        open_catalog(server.url(port=1))


@pytest.mark.parametrize("url", ["postgresql://u:s3cret%zz@h/d", "postgresql://u:s3cret@h/d?bogus=1"])
def test_a_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(CatalogUnavailable, match="URL is no URL that PostgreSQL's libpq") as refused:
        open_catalog(url)
    assert "s3cret" not in str(refused.value)


def test_what_is_shown_of_a_url() -> None:
    assert shown("postgresql://ann:s3cret@db:5433/gw?sslmode=require") == "postgresql://ann@db:5433/gw"
    assert shown("postgres:///gw") == "postgresql:///gw"
    with pytest.raises(BadUrl, match="must be a URL such as"):
        shown("mysql://u:p@h/d")


def test_a_newer_schema_is_refused_and_left_alone(
    server: Postgres, catalog: Catalog, home: Partition
) -> None:
    put(catalog, home, "a/1")
    server.run("UPDATE gatewright.counters SET value = 99 WHERE name = 'schema'")
    with pytest.raises(CatalogUnavailable, match="has schema 99, this Gatewright knows schema 1: run the"):
        open_catalog(server.url())
    assert server.run("SELECT count(*) FROM gatewright.documents") == [(1,)]
    until(lambda: not works(catalog, home), "a running node stops at a schema it does not know")


def test_many_may_open_a_new_database_at_once(database: str, home: Partition) -> None:
    opened: list[Catalog] = []
    threads = [threading.Thread(target=lambda: opened.append(open_catalog(database))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [catalog.revision() for catalog in opened] == [0, 0, 0, 0]
    for catalog in opened:
        catalog.close()


def test_a_writer_waits_for_a_bounded_time(database: str, home: Partition) -> None:
    patient, impatient = open_catalog(database), open_catalog(database, busy_seconds=0.05)
    with patient.write(home) as tx:
        tx.put("a/1", {})
        with (
            pytest.raises(CatalogUnavailable, match="busy: gatewright"),
            impatient.write(home),
        ):
            pass
        assert get(impatient, home, "a/1") is None
    with (
        impatient.write(home),
        pytest.raises(CatalogUnavailable, match="is busy: other writes of this process"),
        impatient.write(home),
    ):
        pass
    patient.close()
    impatient.close()


def test_writers_of_several_nodes_do_not_lose_each_others_writes(database: str, home: Partition) -> None:
    catalogs = [open_catalog(database) for _ in range(3)]

    def add(catalog: Catalog) -> None:
        for _ in range(10):
            with catalog.write(home) as tx:
                tx.put("n", {"n": (tx.get("n") or {"n": 0})["n"] + 1})

    threads = [threading.Thread(target=add, args=[catalog]) for catalog in catalogs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert get(catalogs[0], home, "n") == {"n": 30}
    assert catalogs[1].revision() == 30
    for catalog in catalogs:
        catalog.close()


def test_a_lost_notification_is_made_up_for(server: Postgres, catalog: Catalog, home: Partition) -> None:
    mark = catalog.mark()
    server.run("UPDATE gatewright.counters SET value = value + 1 WHERE name = 'revision'")
    until(lambda: catalog.mark() != mark)


@pytest.mark.parametrize("payload", ["hello", "²", "9" * 5000])
def test_a_stranger_may_notify_anything(
    server: Postgres, catalog: Catalog, home: Partition, payload: str
) -> None:
    server.run(f"NOTIFY gatewright, '{payload}'")
    put(catalog, home, "a/1")
    mark = catalog.mark()
    server.run("UPDATE gatewright.counters SET value = value + 1 WHERE name = 'revision'")
    until(lambda: catalog.mark() != mark)


def test_a_stranger_who_names_a_revision_of_the_future_hides_no_change(
    server: Postgres, catalog: Catalog
) -> None:
    mark = catalog.mark()
    server.run(f"NOTIFY gatewright, '{'9' * 19}'")
    until(lambda: catalog.mark() != mark)
    believed = catalog.mark()
    server.run("UPDATE gatewright.counters SET value = value + 1 WHERE name = 'revision'")
    until(lambda: catalog.mark() != believed)


def test_connections_that_the_server_ends_are_made_anew(
    server: Postgres, catalog: Catalog, home: Partition
) -> None:
    put(catalog, home, "a/1")
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'gatewright%'"
    server.run(ended)
    assert get(catalog, home, "a/1") == {}

    def lose_it_half_way() -> None:
        with catalog.write(home) as tx:
            tx.put("a/2", {})
            server.run(ended)
            tx.put("a/3", {})

    with pytest.raises(CatalogUnavailable):
        lose_it_half_way()
    assert get(catalog, home, "a/2") is None
    put(catalog, home, "a/4")
    assert get(catalog, home, "a/4") == {}


def test_a_commit_without_an_answer_is_not_called_a_success(
    server: Postgres, catalog: Catalog, home: Partition
) -> None:
    # The deferred trigger runs inside COMMIT, and ends the connection there.
    server.run(
        "CREATE FUNCTION gatewright.die() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON gatewright.documents DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION gatewright.die()",
    )
    with pytest.raises(CatalogUnavailable, match="whether the write was made is not known"):
        put(catalog, home, "a/1")


def test_a_database_that_may_only_be_read(server: Postgres, database: str, home: Partition) -> None:
    open_catalog(database).close()
    standby = open_catalog(server.url(options="-c%20default_transaction_read_only%3Don"))
    assert get(standby, home, "a/1") is None
    with pytest.raises(CatalogUnavailable, match=r"is read-only, as a standby is .*name the primary"):
        put(standby, home, "a/1")
    standby.close()


def test_what_was_acknowledged_outlives_a_killed_server(
    server: Postgres, catalog: Catalog, home: Partition
) -> None:
    """Killed under load; the same catalogs go on when it is back."""
    acknowledged: list[str] = []
    refused = threading.Event()

    def write(name: str) -> None:
        for number in range(100_000):
            try:
                put(catalog, home, f"k/{name}{number}")
            except CatalogUnavailable:
                refused.set()
                return
            acknowledged.append(f"k/{name}{number}")

    writers = [threading.Thread(target=write, args=[name]) for name in "abc"]
    for writer in writers:
        writer.start()
    until(lambda: len(acknowledged) > 20)
    server.kill()
    for writer in writers:
        writer.join(30)
    assert refused.is_set()
    assert not works(catalog, home)
    server.start()
    until(lambda: works(catalog, home))
    with catalog.read(home) as reader:
        assert {key for key, _ in reader.list("k/")} >= set(acknowledged)
    put(catalog, home, "after")
    assert get(catalog, home, "after") == {}


@pytest.mark.parametrize("fault", ["cut", "frozen"])
def test_a_silent_server_is_noticed_and_comes_back(
    fault: str,
    server: Postgres,
    way: Way,
    database: str,
    home: Partition,
    caplog: pytest.LogCaptureFixture,
) -> None:
    open_catalog(database).close()
    far, near = open_catalog(server.url(port=way.port, connect_timeout="2")), open_catalog(database)
    put(far, home, "a/1")
    mark = far.mark()
    (way.cut if fault == "cut" else server.freeze)()
    with pytest.raises(CatalogUnavailable):
        put(far, home, "a/2")
    with pytest.raises(CatalogUnavailable, match="does not answer"):
        get(far, home, "a/1")
    until(lambda: re.search("the catalog is away, trying again .* does not answer", caplog.text) is not None)
    if fault == "cut":
        put(near, home, "a/3")
        way.mend()
    else:
        server.thaw()
    until(lambda: works(far, home))
    if fault == "cut":
        until(lambda: far.mark() != mark, "what was written meanwhile is told of")
        assert [change.key for change in far.changes(1)][-1] == "a/3"
    put(far, home, "a/4")
    far.close()
    near.close()


def test_it_can_be_opened_before_the_server_is_there(
    server: Postgres,
    database: str,
    home: Partition,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outage, "AGAIN_SECONDS", 0.0)
    open_catalog(database).close()
    server.stop()
    try:
        with pytest.raises(CatalogUnavailable, match="cannot be reached"):
            open_catalog(database)
        early = open_catalog(database, patient=True)
        assert not works(early, home)
        with socket.create_server(("127.0.0.1", server.port)) as other:
            other.accept()[0].close()
            until(lambda: "is still away" in caplog.text, "the log tells that the reason is another one")
    finally:
        server.start()
    until(lambda: works(early, home))
    early.close()


def test_a_commit_is_durable_where_the_database_does_not_ask_for_it(
    server: Postgres, database: str, home: Partition
) -> None:
    catalog = open_catalog(server.url(options="-c%20synchronous_commit%3Doff"))
    assert isinstance(catalog.revision(), int)
    with catalog.writing() as connection:  # type: ignore[attr-defined]
        assert connection.rows("SHOW synchronous_commit") == [("on",)]
    catalog.close()
    with psycopg.connect(database) as plain:
        assert plain.execute("SHOW fsync").fetchall() == [("on",)]
