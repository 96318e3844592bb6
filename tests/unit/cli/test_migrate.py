"""`gatewright migrate`, both ways between a directory and a real PostgreSQL."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

import pytest
from tests.support.command import Ran, command
from tests.support.postgres import Postgres

from gatewright.aws.credentials import ensure_credentials
from gatewright.catalog import copying, postgres, sqlite
from gatewright.catalog.api import Catalog, Partition

HERE, THERE = Partition("123456789012", "us-east-1"), Partition("aws", "global")
CODE = b"\x00zip\xff" * 1_000


@pytest.fixture
def url(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an empty database, without the password, which stands in the environment."""
    server.forget_catalog()
    monkeypatch.setenv("PGPASSWORD", "s3cret/word")
    return f"postgresql://postgres@127.0.0.1:{server.port}/postgres"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A node's directory, with two partitions, a blob and the node's key."""
    directory = tmp_path / "data"
    catalog = sqlite.open_catalog(directory)
    _fill(catalog)
    catalog.close()
    ensure_credentials(directory / "credentials")
    return directory


def _fill(catalog: Catalog) -> None:
    with catalog.write(HERE) as tx:
        for number in range(30):
            tx.put(f"restapi/é{number}", {"name": "x" * 500, "n": number})
        tx.put_blob(CODE)
    with catalog.write(THERE) as tx:
        tx.put("principal/ann", {"policies": {}})


def _held(catalog: Catalog) -> object:
    """All documents but what nodes share, then the blob."""
    found = []
    for partition in (HERE, THERE):
        with catalog.read(partition) as reader:
            found += list(reader.list("restapi/")) + list(reader.list("principal/"))
            blob = reader.get_blob(_digest())
    catalog.close()
    return found, blob


def _digest() -> str:
    return hashlib.sha256(CODE).hexdigest()


def _migrate(*arguments: str | Path) -> Ran:
    return command("migrate", *map(str, arguments))


def test_there_and_back(directory: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "ROWS", 7)
    monkeypatch.setattr(copying, "BYTES", 2_000)
    before = _held(sqlite.open_catalog(directory))
    there = _migrate("--from", directory, "--to", url)
    assert there.returncode == 0, there.stderr
    assert "Copied 31 documents and 1 blobs, and compared them." in there.stdout
    assert "is at revision 3;" in there.stdout  # past the source's
    assert _held(postgres.open_catalog(url)) == before
    assert _held(sqlite.open_catalog(directory)) == before

    back = _migrate("--from", url, "--to", tmp_path / "back")
    assert back.returncode == 0, back.stderr
    assert _held(sqlite.open_catalog(tmp_path / "back")) == before


def test_the_nodes_key_goes_along(directory: Path, url: str, tmp_path: Path) -> None:
    key = (directory / "credentials").read_text()
    assert _migrate("--from", directory, "--to", url).returncode == 0
    assert (directory / "credentials").read_text() == key
    assert _migrate("--from", url, "--to", tmp_path / "back").returncode == 0
    assert (tmp_path / "back" / "credentials").read_text() == key


def test_a_target_that_holds_something_is_refused_unless_told(directory: Path, url: str) -> None:
    running = postgres.open_catalog(url)
    with running.write(HERE) as tx:
        tx.put("restapi/other", {})
    refused = _migrate("--from", directory, "--to", url)
    assert refused.returncode == 1
    assert "it holds 1 documents and 0 blobs; name an empty catalog, or let --replace" in refused.stderr
    with running.read(HERE) as reader:
        assert reader.get("restapi/other") == {}
    known = running.revision()
    assert _migrate("--from", directory, "--to", url, "--replace").returncode == 0
    with running.read(HERE) as reader:
        assert reader.get("restapi/other") is None
    assert running.revision() > known
    assert [change.key for change in running.changes(known)][:1] == [""], "a running node is told"
    running.close()


def test_a_database_without_a_catalog_is_no_source(directory: Path, url: str, server: Postgres) -> None:
    refused = _migrate("--from", url, "--to", directory, "--replace")
    assert refused.returncode == 1
    assert f"--from: there is no catalog in {url}" in refused.stderr
    assert server.run("SELECT 1 FROM pg_namespace WHERE nspname = 'gatewright'") == [], (
        "nothing is made there"
    )
    held = _held(sqlite.open_catalog(directory))
    assert _migrate("--from", directory, "--to", url).returncode == 0
    assert _held(postgres.open_catalog(url)) == held, "the target kept what it had"


def test_a_directory_that_a_node_holds_is_refused(directory: Path, url: str) -> None:
    (directory / "run").mkdir()
    (directory / "run" / "pid").write_text("4711\n")
    with (directory / "run" / "pid").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        postgres.open_catalog(url).close()
        for flag, other in (("--from", "--to"), ("--to", "--from")):
            refused = _migrate(flag, directory, other, url)
            assert refused.returncode == 1
            assert f"{flag} {directory}: already in use by the gatewright with pid 4711" in refused.stderr


def test_a_damaged_blob_is_not_copied(directory: Path, url: str) -> None:
    damaged = sqlite.open_catalog(directory)
    with damaged.writing() as connection:  # type: ignore[attr-defined]
        connection.change("UPDATE blobs SET content = :content", {"content": b"other"})
    damaged.close()
    refused = _migrate("--from", directory, "--to", url)
    assert refused.returncode == 1
    assert f"nothing was migrated: The blob {_digest()} in the catalog is damaged" in refused.stderr
    target = postgres.open_catalog(url)
    assert target.revision() == 0
    target.close()


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("nowhere", "other", "--from nowhere: there is no catalog (catalog.sqlite3) there"),
        ("same", "same", "--to: is what --from names"),
        ("postgresql://u:s3cret@h/d", "dir", "--from: a password among the arguments can be read"),
        ("postgresql://u:s3cret@h/d", "dir", "machine: give it in PGPASSWORD or ~/.pgpass"),
        ("postgresql://h/d?sslpassword=s3cret", "dir", "--from: a password among the arguments can be read"),
        ("mysql://u:s3cret@h/d", "dir", "--from: must be a URL such as postgresql://user@host/database"),
    ],
)
def test_what_cannot_be_migrated(source: str, target: str, problem: str) -> None:
    refused = _migrate("--from", source, "--to", target)
    assert refused.returncode != 0
    assert problem in refused.stderr
    assert "s3cret" not in refused.stderr
