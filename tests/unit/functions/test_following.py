"""Changes are read off the event loop, in their order, whole or not at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Partition, Reader
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.api import FunctionName, FunctionNotFound, InvocationFailed
from gatewright.functions.directory import Owned
from gatewright.functions.following import Following, News

PARTITION = Partition("123456789012", "eu-west-1")
PETS = FunctionName("123456789012", "eu-west-1", "pets")
DOGS = FunctionName("123456789012", "eu-west-1", "dogs")


class Slow:
    """A catalog that answers no sooner than it may, or not at all, like one whose server has stopped."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.broken = False
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Event()
        self.history: list[Change] | None = None

    def read(self, partition: Partition) -> AbstractContextManager[Reader]:
        self._wait()
        return self._catalog.read(partition)

    def changes(self, since: int) -> list[Change]:
        self._wait()
        return self.history if self.history is not None else self._catalog.changes(since)

    def _wait(self) -> None:
        assert threading.current_thread() is not threading.main_thread(), "read on the event loop"
        self.asked.set()
        assert self.answers.wait(20)
        if self.broken:
            raise CatalogUnavailable("the disk is gone")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)


class Follower:
    """What is followed, and the news of it."""

    def __init__(self, catalog: Slow, loop: asyncio.AbstractEventLoop) -> None:
        self.catalog = catalog
        self.loop = loop
        self.names = {PETS, DOGS}
        self.news: list[News] = []
        self.again: set[Owned] = set()
        self.following = Following(catalog, loop, lambda: set(self.names), self._take)
        self.catch_up()
        self.news.clear()

    def _take(self, news: News) -> set[Owned]:
        self.news.append(news)
        again, self.again = self.again, set()
        return again

    def put(self, name: str, size: int = 128) -> None:
        document = {"Configuration": {"Version": "$LATEST", "MemorySize": size}, "Code": {"digest": "aa"}}
        with self.catalog.write(PARTITION) as tx:
            tx.put(keys.function(name), document)

    def catch_up(self) -> None:
        self.loop.run_until_complete(self.following.catch_up())

    def sizes(self, name: FunctionName) -> list[int | None]:
        """What each of the news says of a function."""
        found = [news.found[name] for news in self.news if name in news.found]
        return [each.primary.configuration["MemorySize"] if each else None for each in found]


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    loop = asyncio.new_event_loop()
    catalog = open_catalog(tmp_path)
    follower = Follower(Slow(catalog), loop)
    yield follower
    follower.catalog.answers.set()
    loop.run_until_complete(follower.following.close(20.0))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    catalog.close()


def test_what_changed_is_told_with_what_it_means_now(follower: Follower) -> None:
    follower.put("pets", 256)
    follower.put("cats")
    follower.catch_up()
    (news,) = follower.news
    assert news.owners == {(PARTITION, "pets"), (PARTITION, "cats")}
    assert follower.sizes(PETS) == [256]
    assert set(news.found) == {PETS}
    assert follower.following.look() is None


def test_the_loop_goes_on_while_the_catalog_is_silent(follower: Follower) -> None:
    follower.put("pets", 256)
    follower.catalog.answers.clear()
    reading = follower.following.look()
    assert reading is not None
    follower.loop.run_until_complete(asyncio.to_thread(follower.catalog.asked.wait, 20))
    assert follower.following.look() is reading
    assert not follower.news
    follower.put("pets", 512)
    follower.catalog.answers.set()
    follower.catch_up()
    assert follower.sizes(PETS)[-1] == 512


def test_a_change_that_could_not_be_read_is_told_of_once_it_can(follower: Follower) -> None:
    follower.put("pets", 256)
    follower.catalog.broken = True
    follower.catch_up()
    assert not follower.news
    follower.catalog.broken = False
    follower.catch_up()
    assert follower.sizes(PETS) == [256]


def test_what_is_to_be_read_again_is_told_of_without_a_change(follower: Follower) -> None:
    follower.put("pets", 256)
    follower.again = {(PARTITION, "dogs")}
    follower.put("dogs", 64)
    follower.catch_up()
    follower.catch_up()
    assert [news.owners for news in follower.news][1:] == [{(PARTITION, "dogs")}]
    assert follower.sizes(DOGS) == [64, 64]


def test_a_function_that_was_deleted_means_nothing(follower: Follower) -> None:
    follower.put("pets")
    with follower.catalog.write(PARTITION) as tx:
        tx.delete(keys.function("pets"))
    follower.catch_up()
    assert follower.sizes(PETS) == [None]


def test_a_history_that_is_lost_may_be_anything(follower: Follower) -> None:
    follower.put("pets", 256)
    follower.catalog.history = [Change(9, PARTITION, "", False)]
    follower.catch_up()
    (news,) = follower.news
    assert (news.owners, news.freed) == (None, None)
    assert follower.sizes(PETS) == [256]


def test_code_that_has_a_use_less_is_named(follower: Follower) -> None:
    with follower.catalog.write(PARTITION) as tx:
        tx.put(keys.code_use("aa", "pets", "1"), {})
        tx.put(keys.code_use("bb", "pets", "2"), {})
    with follower.catalog.write(PARTITION) as tx:
        tx.delete(keys.code_use("aa", "pets", "1"))
    follower.catch_up()
    assert [news.freed for news in follower.news] == [{"aa"}]


def test_a_name_is_read_by_itself(follower: Follower) -> None:
    follower.put("pets", 256)
    meaning = follower.loop.run_until_complete(follower.following.meaning(PETS))
    assert meaning.primary.configuration["MemorySize"] == 256
    with pytest.raises(FunctionNotFound):
        follower.loop.run_until_complete(follower.following.meaning(DOGS))
    follower.catalog.broken = True
    with pytest.raises(InvocationFailed, match="cannot be read: the disk is gone"):
        follower.loop.run_until_complete(follower.following.meaning(PETS))
