"""The ring that cached responses are encrypted with: who can open what, and how keys come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.gateway import cache_keys
from gatewright.gateway.cache_keys import KEPT_SECONDS, OPENED, CacheKeys, renew

DAY = 86_400.0
NOW = 1_800_000_000.0


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = open_catalog(tmp_path)
    yield catalog
    catalog.close()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def ring(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> Iterator[CacheKeys]:
    ring = CacheKeys(catalog, loop)
    yield ring
    ring.close()


class Gone:
    """Stands in for a catalog that cannot be read."""

    def read(self, _: Partition) -> None:
        raise CatalogUnavailable("the disk is gone")


def ids(catalog: Catalog) -> list[str]:
    with catalog.read(keys.NODES) as reader:
        document = reader.get(keys.CACHE_KEYS)
    return [] if document is None else [key["id"] for key in document["keys"]]


def test_without_a_key_nothing_is_sealed(ring: CacheKeys) -> None:
    ring.start()
    assert ring.seal(b"cats", b"place") is None


def test_what_is_sealed_opens_in_its_place_only(catalog: Catalog, ring: CacheKeys) -> None:
    renew(catalog, DAY, NOW)
    ring.start()
    sealed = ring.seal(b"cats", b"place")
    assert sealed is not None
    assert b"cats" not in sealed
    assert ring.seal(b"cats", b"place") != sealed
    assert ring.open(sealed, b"place") == b"cats"
    assert ring.open(sealed, b"other place") is None
    assert ring.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), b"place") is None
    assert ring.open(b"", b"place") is None


def test_what_was_opened_before_opens_as_long_as_its_key_is_there(catalog: Catalog, ring: CacheKeys) -> None:
    renew(catalog, DAY, NOW)
    ring.start()
    sealed = [ring.seal(b"%d" % number, b"place") or b"" for number in range(2 * OPENED)]
    for _ in range(2):
        assert [ring.open(one, b"place") for one in sealed] == [b"%d" % n for n in range(2 * OPENED)]
    assert ring.open(sealed[-1], b"other place") is None
    renew(catalog, DAY, NOW + DAY)
    renew(catalog, DAY, NOW + DAY + KEPT_SECONDS)  # the first key goes
    ring.start()
    assert ring.open(sealed[-1], b"place") is None


def test_a_key_is_replaced_at_its_age_and_kept_as_long_as_it_may_be_needed(catalog: Catalog) -> None:
    assert renew(catalog, DAY, NOW)
    (first,) = ids(catalog)
    assert not renew(catalog, DAY, NOW + DAY - 1)
    assert renew(catalog, DAY, NOW + DAY)
    assert ids(catalog)[0] == first
    assert not renew(catalog, DAY, NOW + DAY + KEPT_SECONDS - 1)
    second = ids(catalog)[1]
    assert renew(catalog, DAY, NOW + DAY + KEPT_SECONDS)
    assert ids(catalog) == [second]


@pytest.mark.parametrize("changed", [keys.CACHE_KEYS, ""])  # the second: anything may have
def test_processes_follow_the_ring(
    catalog: Catalog, ring: CacheKeys, loop: asyncio.AbstractEventLoop, changed: str
) -> None:
    renew(catalog, DAY, NOW)
    ring.start()
    before = ring.seal(b"cats", b"place")
    renew(catalog, DAY, NOW + DAY)
    ring.changed([Change(1, keys.NODES, "stage/a/b", False)])
    ring.changed([Change(2, keys.NODES, changed, False)])

    async def newer() -> bytes:
        while (sealed := ring.seal(b"dogs", b"place")) is None or sealed[:8] == (before or b"")[:8]:
            await asyncio.sleep(0)
        return sealed

    after = loop.run_until_complete(asyncio.wait_for(newer(), 20))
    assert before is not None
    assert [ring.open(sealed, b"place") for sealed in (before, after)] == [b"cats", b"dogs"]


def test_a_ring_that_cannot_be_read_leaves_the_known_keys_and_is_read_when_it_can(
    catalog: Catalog,
    ring: CacheKeys,
    loop: asyncio.AbstractEventLoop,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache_keys, "RETRY_SECONDS", 0.001)
    renew(catalog, DAY, NOW)
    ring.start()
    before = ring.seal(b"cats", b"place") or b""
    renew(catalog, DAY, NOW + DAY)
    monkeypatch.setattr(ring, "_catalog", Gone())
    ring.start()
    assert "cannot be read, going on with those known: the disk is gone" in caplog.text
    assert (ring.seal(b"cats", b"place") or b"")[:8] == before[:8]
    monkeypatch.setattr(ring, "_catalog", catalog)

    async def newer() -> None:
        while (ring.seal(b"cats", b"place") or b"")[:8] == before[:8]:
            await asyncio.sleep(0)

    loop.run_until_complete(asyncio.wait_for(newer(), 20))


def test_keys_are_not_shown(catalog: Catalog, ring: CacheKeys) -> None:
    renew(catalog, DAY, NOW)
    ring.start()
    with catalog.read(keys.NODES) as reader:
        document = reader.get(keys.CACHE_KEYS)
    assert document is not None
    assert document["keys"][0]["key"] not in repr(vars(ring))
