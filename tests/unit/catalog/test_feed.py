"""Revisions, the change feed and the cheap poll."""

from __future__ import annotations

import pytest
from tests.support.waiting import until
from tests.unit.catalog.conftest import Opens

from gatewright.catalog import sql
from gatewright.catalog.api import Catalog, Change, Partition


def put(catalog: Catalog, partition: Partition, *keys: str) -> None:
    with catalog.write(partition) as tx:
        for key in keys:
            tx.put(key, {})


def test_each_write_that_changes_something_makes_one_revision(catalog: Catalog, home: Partition) -> None:
    assert catalog.revision() == 0
    put(catalog, home, "a/1", "a/2")
    assert catalog.revision() == 1
    with catalog.write(home) as tx:
        tx.get("a/1")
        tx.delete("a/none")
        tx.put_blob(b"content")
    assert catalog.revision() == 1
    put(catalog, home, "a/1")
    assert catalog.revision() == 2


def test_the_feed_tells_what_was_written_after_a_revision(catalog: Catalog, home: Partition) -> None:
    elsewhere = Partition("123456789012", "eu-west-1")
    put(catalog, home, "a/1", "a/2")
    with catalog.write(elsewhere) as tx:
        tx.put("b/1", {})
        tx.delete("b/1")
        tx.put("b/2", {"n": 1})
        tx.put("b/2", {"n": 2})
    with catalog.write(home) as tx:
        tx.delete_below("a/")
    first = [Change(1, home, "a/1", False), Change(1, home, "a/2", False)]
    second = [Change(2, elsewhere, "b/1", True), Change(2, elsewhere, "b/2", False)]
    third = [Change(3, home, "a/1", True), Change(3, home, "a/2", True)]
    assert catalog.changes(0) == first + second + third
    assert catalog.changes(2) == third
    assert catalog.changes(3) == []


def test_a_reader_from_before_the_history_is_told_that_anything_may_have_changed(
    catalog: Catalog, home: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "HISTORY", 3)
    for number in range(1, 6):
        put(catalog, home, f"a/{number}")
    anything = [Change(5, Partition("", ""), "", False)]
    assert catalog.changes(1) == anything
    assert [change.key for change in catalog.changes(2)] == ["a/3", "a/4", "a/5"]
    put(catalog, home, *(f"b/{number}" for number in range(4)))
    assert catalog.changes(5) == [Change(6, Partition("", ""), "", False)]
    assert catalog.changes(6) == []


def test_a_revision_of_the_future_means_an_older_copy_was_put_back(catalog: Catalog, home: Partition) -> None:
    put(catalog, home, "a/1")
    assert catalog.changes(7) == [Change(1, Partition("", ""), "", False)]


def test_changed_tells_once_of_own_and_of_others_writes(
    catalog: Catalog, home: Partition, opens: Opens
) -> None:
    other = opens()
    assert (catalog.changed(), other.changed()) == (False, False)
    put(catalog, home, "a/1")
    assert catalog.changed()
    until(other.changed)
    assert (catalog.changed(), other.changed()) == (False, False)
    put(other, home, "a/2")
    until(catalog.changed)
    assert other.changed()


def test_the_mark_moves_for_everybody_who_looks(catalog: Catalog, home: Partition) -> None:
    before = catalog.mark()
    assert catalog.mark() == before
    put(catalog, home, "a/1")
    assert catalog.mark() != before
    assert catalog.changed() is True


def test_changed_is_silent_about_reads_and_what_was_rolled_back(catalog: Catalog, home: Partition) -> None:
    def fail() -> None:
        with catalog.write(home) as tx:
            tx.put("a/1", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with catalog.read(home) as reader:
        reader.get("a/1")
    assert catalog.changed() is False
