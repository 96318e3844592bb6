"""What the SQLite catalog says when it cannot work, and that it works again afterwards."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.catalog.sqlite_faults import unavailable


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path / "data")
    yield catalog
    catalog.close()


def test_the_catalog_is_for_its_owner_only(catalog: Catalog, home: Partition, tmp_path: Path) -> None:
    with catalog.write(home) as tx:
        tx.put("a/1", {})
    directory = tmp_path / "data"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {0o600}


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogUnavailable, match=r"file/catalog\.sqlite3 cannot be made .* data directory"):
        open_catalog(tmp_path / "file")


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").mkdir()
    with pytest.raises(CatalogUnavailable, match=r"catalog\.sqlite3 cannot be opened .* check that the file"):
        open_catalog(tmp_path)


def test_a_file_that_is_no_catalog(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(CatalogUnavailable, match=r"catalog\.sqlite3 is not a catalog.* from a backup"):
        open_catalog(tmp_path)


def test_a_damaged_file_is_said_to_be_damaged(home: Partition, tmp_path: Path) -> None:
    catalog = open_catalog(tmp_path)
    with catalog.write(home) as tx:
        for number in range(200):
            tx.put(f"a/{number}", {"text": "x" * 1000})
    catalog.close()
    with (tmp_path / "catalog.sqlite3").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 100_000)

    def read() -> None:
        damaged = open_catalog(tmp_path)
        with damaged.read(home) as reader:
            list(reader.list("a/"))

    with pytest.raises(CatalogUnavailable, match=r"catalog\.sqlite3 is damaged .* from a backup"):
        read()


def test_a_newer_schema_is_refused_and_left_alone(catalog: Catalog, home: Partition, tmp_path: Path) -> None:
    catalog.close()
    path = tmp_path / "data" / "catalog.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("UPDATE counters SET value = 99 WHERE name = 'schema'; DROP TABLE blobs")
    with pytest.raises(CatalogUnavailable, match="has schema 99, this Gatewright knows schema 1: run the"):
        open_catalog(tmp_path / "data")
    with closing(sqlite3.connect(path)) as connection:
        assert not connection.execute("SELECT * FROM sqlite_schema WHERE name = 'blobs'").fetchall()


def test_a_file_replaced_while_in_use_takes_no_more_writes(
    catalog: Catalog, home: Partition, tmp_path: Path
) -> None:
    path = tmp_path / "data" / "catalog.sqlite3"
    shutil.copy(path, tmp_path / "copy")
    os.replace(tmp_path / "copy", path)
    with pytest.raises(CatalogUnavailable, match="removed or replaced while in use"), catalog.write(home):
        pass


def test_a_writer_waits_for_a_bounded_time(home: Partition, tmp_path: Path) -> None:
    patient, impatient = open_catalog(tmp_path), open_catalog(tmp_path, busy_seconds=0.01)
    with patient.write(home) as tx:
        tx.put("a/1", {})
        with (
            pytest.raises(CatalogUnavailable, match="is busy: another process is writing"),
            impatient.write(home),
        ):
            pass
        with impatient.read(home) as reader:
            assert reader.get("a/1") is None
    with (
        impatient.write(home),
        pytest.raises(CatalogUnavailable, match="is busy: other writes of this process"),
        impatient.write(home),
    ):
        pass
    patient.close()
    impatient.close()


def test_an_error_that_the_caller_ignores_still_gives_the_transaction_up(
    catalog: Catalog, home: Partition, tmp_path: Path
) -> None:
    def damage(sql: str) -> None:
        with closing(sqlite3.connect(tmp_path / "data" / "catalog.sqlite3")) as connection:
            connection.executescript(sql)

    def write() -> None:
        with catalog.write(home) as tx:
            tx.put("a/1", {})
            with pytest.raises(CatalogUnavailable):
                tx.put_blob(b"content")
            tx.put("a/2", {})

    damage("ALTER TABLE blobs RENAME TO away")
    with pytest.raises(CatalogUnavailable, match="nothing of it is kept"):
        write()
    damage("ALTER TABLE away RENAME TO blobs")
    with catalog.write(home) as tx:
        assert list(tx.list("a/")) == []
        tx.put("a/3", {})


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("SQLITE_FULL", "cannot grow: the disk is full .*: make room"),
        (
            "SQLITE_IOERR_WRITE",
            "cannot be read or written: the disk reports an error, or is full .*: make room",
        ),
        ("SQLITE_READONLY_DIRECTORY", "is read-only .*: let this user write"),
        ("SQLITE_PROTOCOL", "cannot be used .*: see the cause"),
    ],
)
def test_every_fault_names_the_file_and_a_remedy(name: str, remedy: str) -> None:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode, error.sqlite_errorname = getattr(sqlite3, name), name
    with pytest.raises(CatalogUnavailable, match=f"The catalog /data/c {remedy}"):
        raise unavailable(Path("/data/c"), error)
