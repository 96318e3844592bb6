"""Resolutions are remembered, forgotten when they changed, and survive a catalog that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Partition, Reader
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.api import FunctionName, FunctionNotFound, InvocationFailed
from gatewright.functions.directory import Directory

PARTITION = Partition("123456789012", "eu-west-1")
PETS = FunctionName("123456789012", "eu-west-1", "pets")


class Failing:
    """A catalog that can be made unreadable."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.broken = False
        self.history: list[Change] | None = None

    def read(self, partition: Partition) -> AbstractContextManager[Reader]:
        self._check()
        return self._catalog.read(partition)

    def mark(self) -> int:
        self._check()
        return self._catalog.mark()

    def changes(self, since: int) -> list[Change]:
        return self.history if self.history is not None else self._catalog.changes(since)

    def _check(self) -> None:
        if self.broken:
            raise CatalogUnavailable("the disk is gone")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Failing]:
    opened = open_catalog(tmp_path)
    yield Failing(opened)
    opened.close()


def put(catalog: Failing, key: str, version: str = "$LATEST", **members: Any) -> None:
    document = {"Configuration": {"Version": version, **members}, "Code": {"digest": "aa"}}
    with catalog.write(PARTITION) as tx:
        tx.put(key, document)


def test_only_what_changed_is_forgotten(catalog: Failing) -> None:
    put(catalog, keys.function("pets"))
    put(catalog, keys.function("dogs"))
    directory = Directory(catalog)
    assert directory.refresh() is None
    dogs = FunctionName("123456789012", "eu-west-1", "dogs")
    pets_before, dogs_before = directory.lookup(PETS), directory.lookup(dogs)
    assert directory.refresh() == set()
    put(catalog, keys.function_version("pets", "1"), "1")
    with catalog.write(PARTITION) as tx:
        tx.put(keys.rest_api("a1"), {"id": "a1"})
    assert directory.refresh() == {(PARTITION, "pets")}
    assert directory.lookup(dogs) is dogs_before
    assert directory.lookup(PETS) is not pets_before


def test_a_history_that_is_lost_forgets_everything(catalog: Failing) -> None:
    put(catalog, keys.function("pets"))
    directory = Directory(catalog)
    directory.refresh()
    before = directory.lookup(PETS)
    put(catalog, keys.function("dogs"))
    catalog.history = [Change(9, PARTITION, "", False)]
    assert directory.refresh() is None
    assert directory.lookup(PETS) is not before


def test_an_unreadable_catalog_keeps_what_is_known(catalog: Failing) -> None:
    put(catalog, keys.function("pets"))
    directory = Directory(catalog)
    directory.refresh()
    before = directory.lookup(PETS)
    catalog.broken = True
    assert directory.refresh() == set()
    assert directory.lookup(PETS) is before
    assert directory.current((PARTITION, "pets"), before.resolved.primary)
    with pytest.raises(InvocationFailed, match="cannot be read: the disk is gone"):
        directory.lookup(FunctionName("123456789012", "eu-west-1", "dogs"))


def test_a_change_that_could_not_be_read_is_told_of_again(catalog: Failing) -> None:
    put(catalog, keys.function("pets"), MemorySize=128)
    directory = Directory(catalog)
    directory.refresh()
    before = directory.lookup(PETS).resolved.primary
    put(catalog, keys.function("pets"), MemorySize=256)
    assert directory.refresh() == {(PARTITION, "pets")}
    catalog.broken = True
    assert directory.current((PARTITION, "pets"), before)
    catalog.broken = False
    assert directory.refresh() == {(PARTITION, "pets")}
    assert not directory.current((PARTITION, "pets"), before)
    assert directory.refresh() == set()


def test_whether_a_version_still_is_what_it_was(catalog: Failing) -> None:
    put(catalog, keys.function("pets"), MemorySize=128)
    directory = Directory(catalog)
    version = directory.lookup(PETS).resolved.primary
    assert directory.current((PARTITION, "pets"), version)
    put(catalog, keys.function("pets"), MemorySize=128, RevisionId="2", LastModified="now", Description="d")
    assert directory.current((PARTITION, "pets"), version)
    put(catalog, keys.function("pets"), MemorySize=256)
    assert not directory.current((PARTITION, "pets"), version)
    with catalog.write(PARTITION) as tx:
        tx.delete(keys.function("pets"))
    with pytest.raises(FunctionNotFound):
        directory.current((PARTITION, "pets"), version)
