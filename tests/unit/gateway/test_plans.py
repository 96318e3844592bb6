"""How plans follow the catalog through trouble. What they serve is tested with real nodes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import pytest

from gatewright.catalog.api import CatalogUnavailable, Change, Partition
from gatewright.gateway.plans import Plans
from gatewright.gateway.settings import GatewaySettings

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


def test_a_change_that_could_not_be_read_is_read_when_it_can_be(caplog: pytest.LogCaptureFixture) -> None:
    trouble = CatalogUnavailable("the disk is gone")
    feed = Feed([False, True], [trouble, trouble, trouble, [CHANGE]])
    with caplog.at_level(logging.WARNING, LOG):
        assert asyncio.run(followed(feed)) == [CHANGE]
    assert [record.message for record in caplog.records] == [
        "the catalog cannot be read, going on with the last good plans: the disk is gone"
    ]


def test_each_time_of_trouble_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    trouble = CatalogUnavailable("the disk is gone")
    feed = Feed([False, trouble, trouble, False, trouble, trouble, True], [[CHANGE]])
    with caplog.at_level(logging.WARNING, LOG):
        assert asyncio.run(followed(feed)) == [CHANGE]
    assert len(caplog.records) == 2
