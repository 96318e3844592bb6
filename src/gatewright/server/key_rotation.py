"""What cached responses are encrypted with is renewed by the process that keeps a node's house."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time

from gatewright.catalog.api import Catalog, CatalogUnavailable
from gatewright.gateway.cache_keys import renew

LONGEST_WAIT = 60.0  # seconds between two looks

log = logging.getLogger("gatewright")


@asynccontextmanager
async def rotating_cache_keys(catalog: Catalog, lifetime: float) -> AsyncIterator[None]:
    """There is a key from now on, and another one whenever the newest is `lifetime` seconds old."""
    await asyncio.to_thread(_renew, catalog, lifetime)
    task = asyncio.create_task(_rotate(catalog, lifetime))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _rotate(catalog: Catalog, lifetime: float) -> None:
    while True:
        await asyncio.sleep(min(lifetime / 4, LONGEST_WAIT))
        await asyncio.to_thread(_renew, catalog, lifetime)


def _renew(catalog: Catalog, lifetime: float) -> None:
    try:
        renew(catalog, lifetime, time())
    except CatalogUnavailable as error:
        log.error("the keys of cached responses cannot be renewed: %s", error)
