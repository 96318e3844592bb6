"""Unpacked code goes with its last use, and never while anybody has it in hand."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.code import BadCode
from gatewright.functions.unpacked import Unpacked

PARTITION = Partition("123456789012", "eu-west-1")

HOLDER = """
import fcntl, os, sys
fcntl.flock(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_SH)
print("held", flush=True)
sys.stdin.read()
"""


class Store:
    """Two processes' views of one directory."""

    def __init__(self, path: Path, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
        self.path = path / "functions"
        self.catalog = catalog
        self.loop = loop
        self.unpacked, self.other = (Unpacked(catalog, loop, self.path, 1_000_000) for _ in range(2))

    def use(self, text: str, version: str = "1") -> str:
        """Have a version use code; gives its digest."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("app.py", text)
        with self.catalog.write(PARTITION) as tx:
            digest = tx.put_blob(buffer.getvalue())
            tx.put(keys.code_use(digest, "pets", version), {})
        return digest

    def end_use(self, digest: str, version: str = "1") -> None:
        with self.catalog.write(PARTITION) as tx:
            tx.delete(keys.code_use(digest, "pets", version))

    def unpack(self, digest: str) -> None:
        async def hold() -> None:
            async with self.unpacked.held(PARTITION, digest) as root:
                assert (root / "app.py").is_file()

        self.loop.run_until_complete(hold())

    def sweep(self, unpacked: Unpacked | None = None) -> None:
        async def sweep(one: Unpacked) -> None:
            one.sweep()
            await one.close()

        self.loop.run_until_complete(sweep(unpacked or self.unpacked))

    def names(self) -> set[str]:
        return {path.name for path in self.path.iterdir()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    loop = asyncio.new_event_loop()
    catalog = open_catalog(tmp_path)
    yield Store(tmp_path, catalog, loop)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    catalog.close()


def test_at_the_start_what_has_no_use_goes(store: Store) -> None:
    kept, gone = store.use("kept"), store.use("gone")
    store.unpack(kept)
    store.unpack(gone)
    store.end_use(gone)
    (store.path / "notes").mkdir()
    store.sweep(store.other)
    assert store.names() == {kept, f".{kept}.lock", "notes"}


def test_code_goes_with_the_last_of_its_uses(store: Store) -> None:
    digest = store.use("shared", "1")
    store.use("shared", "2")
    store.unpack(digest)
    store.sweep()
    store.end_use(digest, "1")
    store.unpacked.doubt({digest})
    store.sweep()
    assert digest in store.names()
    store.end_use(digest, "2")
    store.unpacked.doubt({digest})
    store.sweep()
    assert store.names() == set()


def test_only_what_is_doubtful_is_looked_at(store: Store) -> None:
    digest = store.use("unused")
    store.unpack(digest)
    store.sweep()
    store.end_use(digest)
    store.sweep()
    assert digest in store.names()


def test_what_somebody_runs_from_stays_until_they_are_done(store: Store) -> None:
    digest = store.use("busy")

    async def run() -> None:
        async with store.unpacked.held(PARTITION, digest) as root, store.unpacked.held(PARTITION, digest):
            store.end_use(digest)
            for unpacked in (store.other, store.unpacked):
                unpacked.doubt({digest})
                unpacked.sweep()
                await unpacked.close()
                assert (root / "app.py").is_file()

    store.loop.run_until_complete(run())
    store.sweep(store.other)
    assert store.names() == set()


def test_another_process_keeps_it_until_it_is_killed(store: Store) -> None:
    digest = store.use("busy")
    store.unpack(digest)
    store.end_use(digest)
    command = [sys.executable, "-I", "-S", "-c", HOLDER, str(store.path / f".{digest}.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        store.sweep()
        assert digest in store.names()
        holder.kill()
        holder.wait()
    store.sweep()
    assert store.names() == set()


def test_what_was_left_half_built_or_half_removed_goes(store: Store) -> None:
    digest, unknown = store.use("kept"), "ab" * 32
    store.unpack(digest)
    for name in (f".{digest}.building", f".{unknown}.removing"):
        (store.path / name / "lib").mkdir(parents=True)
        (store.path / name / "lib" / "app.py").write_text("")
    store.sweep()
    assert store.names() == {digest, f".{digest}.lock"}


def test_what_was_removed_is_unpacked_again_when_it_is_needed(store: Store) -> None:
    digest = store.use("again")
    store.unpack(digest)
    store.end_use(digest)
    store.sweep()
    assert store.names() == set()
    store.use("again")
    store.unpack(digest)
    assert store.names() == {digest, f".{digest}.lock"}


def test_many_unpack_the_same_code_at_once(store: Store) -> None:
    digest = store.use("popular")

    async def hold(unpacked: Unpacked) -> None:
        async with unpacked.held(PARTITION, digest) as root:
            assert (root / "app.py").is_file()

    async def all_at_once() -> None:
        await asyncio.gather(*(hold(each) for each in [store.unpacked, store.other] * 8))

    store.loop.run_until_complete(all_at_once())
    assert store.names() == {digest, f".{digest}.lock"}


def test_code_the_catalog_has_not_is_said_so(store: Store) -> None:
    digest = "cd" * 32
    with pytest.raises(BadCode, match=f"the catalog has no code {digest}"):
        store.unpack(digest)
    store.sweep()
    assert store.names() == set()


def test_a_catalog_that_cannot_be_read_removes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = store.use("kept")
    store.unpack(digest)
    store.end_use(digest)

    def unavailable(_prefix: str) -> list[Partition]:
        raise CatalogUnavailable("the server is away")

    with monkeypatch.context() as patch:
        patch.setattr(store.catalog, "partitions", unavailable)
        store.sweep()
        assert digest in store.names()
    store.sweep()
    assert store.names() == set()


def test_a_directory_that_cannot_be_removed_is_told_of(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    digest = store.use("stuck")
    store.unpack(digest)
    store.end_use(digest)

    def fail(_source: object, _target: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.rename", fail)
    store.sweep()
    assert digest in store.names()
    assert f"functions/{digest} cannot be removed: [Errno 13] Permission denied" in caplog.text
