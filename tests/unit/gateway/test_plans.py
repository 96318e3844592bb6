"""How plans follow the catalog through trouble. What they serve is tested with real nodes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import CatalogUnavailable, Change, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.gateway import plans as plans_module
from gatewright.gateway.plans import Plans
from gatewright.gateway.settings import GatewaySettings
from gatewright.wire.pending import drive

CHANGE = Change(1, Partition("123456789012", "eu-west-1"), "apikeylookup/abc", False)
LOG = "gatewright.gateway.plans"


class Feed:
    """Stands in for a catalog in which one thing changed, once, and which fails as it is told."""

    def __init__(self, changed: list[bool | Exception], changes: list[list[Change] | Exception]) -> None:
        self._changed = changed
        self._changes = changes

    def revision(self) -> int:
        return 0

    def changed(self) -> bool:
        told = self._changed.pop(0) if self._changed else False
        if isinstance(told, Exception):
            raise told
        return told

    def changes(self, since: int) -> list[Change]:
        assert since == 0
        told = self._changes.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


class Heard:
    """Stands in for the API keys, which hear of every change."""

    def __init__(self, done: Callable[[], None]) -> None:
        self._done = done
        self.changes: list[Change] = []

    def changed(self, changes: list[Change]) -> None:
        self.changes += changes
        self._done()


async def followed(feed: Feed) -> list[Change]:
    """What is heard first of a feed."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    heard = Heard(done.set)
    unused = cast(Any, None)
    plans = Plans(cast(Any, feed), GatewaySettings(), unused, [heard], loop)
    plans.start()
    try:
        await asyncio.wait_for(done.wait(), 20)
    finally:
        plans.close()
    return heard.changes


async def driven(coroutine: Coroutine[Any, Any, Any]) -> Any:
    finished = asyncio.get_running_loop().create_future()

    async def run() -> None:
        finished.set_result(await coroutine)

    drive(run(), lambda _: None)
    return await finished


def test_a_change_that_could_not_be_read_is_read_when_it_can_be(caplog: pytest.LogCaptureFixture) -> None:
    trouble = CatalogUnavailable("the disk is gone")
    feed = Feed([False, True], [trouble, trouble, trouble, [CHANGE]])
    with caplog.at_level(logging.WARNING, LOG):
        assert asyncio.run(followed(feed)) == [CHANGE]
    assert [record.message for record in caplog.records] == [
        "the catalog cannot be read, going on with the last good plans: the disk is gone"
    ]


def test_a_process_that_starts_in_a_time_of_trouble_follows_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Away(Feed):
        def revision(self) -> int:
            raise CatalogUnavailable("the server is away")

    with caplog.at_level(logging.WARNING, LOG):
        assert asyncio.run(followed(Away([], [[CHANGE]]))) == [CHANGE]
    assert [record.message for record in caplog.records] == [
        "the catalog cannot be read, going on with the last good plans: the server is away"
    ]


def test_an_api_whose_change_cannot_be_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed tells of a change once: the catalog may go away between that and the reading."""
    monkeypatch.setattr(plans_module, "RETRY_SECONDS", 0.02)
    partition = Partition("123456789012", "eu-west-1")
    catalog = open_catalog(tmp_path)
    with catalog.write(partition) as tx:
        tx.put(keys.rest_api("a1"), {"id": "a1"})
    failures = [CatalogUnavailable("the server is away")] * 3

    class Failing:
        def find(self, key: str) -> Partition | None:
            if loaded.is_set() and failures:
                raise failures.pop()
            return catalog.find(key)

        def __getattr__(self, name: str) -> Any:
            return getattr(catalog, name)

    loaded = asyncio.Event()

    async def gone() -> bool:
        loop = asyncio.get_running_loop()
        plans = Plans(cast(Any, Failing()), GatewaySettings(), cast(Any, None), [], loop)
        plans.start()
        assert await driven(plans.load("a1")) == {}
        loaded.set()
        with catalog.write(partition) as tx:
            tx.delete(keys.rest_api("a1"))
        try:
            async with asyncio.timeout(20):
                while plans.known("a1") is not None:
                    await asyncio.sleep(0.01)
        finally:
            plans.close()
            catalog.close()
        return not failures

    assert asyncio.run(gone())


def test_each_time_of_trouble_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    trouble = CatalogUnavailable("the disk is gone")
    feed = Feed([False, trouble, trouble, False, trouble, trouble, True], [[CHANGE]])
    with caplog.at_level(logging.WARNING, LOG):
        assert asyncio.run(followed(feed)) == [CHANGE]
    assert len(caplog.records) == 2
