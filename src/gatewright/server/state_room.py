"""The shared state as a process opens it, and what management reads of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from time import time

from gatewright.catalog.api import Document
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings
from gatewright.state.api import Quota, State, StateUnavailable
from gatewright.state.lmdb_store import open_state
from gatewright.state.periods import date_of, day_at, period_start

HOUSEKEEPING_SECONDS = 5.0

_log = logging.getLogger("gatewright")


@contextmanager
def state_room(settings: Settings) -> Iterator[State]:
    """Open it for this process. Raises `CannotStart`."""
    directory = settings.data_dir / "state"
    try:
        state = open_state(
            directory,
            counters_bytes=settings.state.counters_bytes,
            policies_bytes=settings.state.policies_bytes,
        )
    except (StateUnavailable, ValueError) as error:
        raise CannotStart(f"{directory}: the shared state cannot be opened: {error}") from error
    try:
        yield state
    finally:
        state.close()


@asynccontextmanager
async def kept_in_order(state: State) -> AsyncIterator[None]:
    """Clean up and secure the counts every few seconds; for one process of a node."""
    task = asyncio.create_task(_housekeep(state))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(_once, state)


async def _housekeep(state: State) -> None:
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        await asyncio.to_thread(_once, state)


def _once(state: State) -> None:
    try:
        state.housekeep()
    except StateUnavailable as error:
        _log.error("the shared state is not in order: %s", error)


class Usage:
    """The counts of API keys as GetUsage and UpdateUsage ask for them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def days(self, plan_id: str, key_id: str, quota: Document, start: date, end: date) -> list[list[int]]:
        counted = self._state.usage(_quota(plan_id, key_id, quota), start, end)
        return [[day.used, day.remaining or 0] for day in counted]

    def extend(self, plan_id: str, key_id: str, quota: Document, remaining: int) -> date:
        known = _quota(plan_id, key_id, quota)
        self._state.set_remaining(known, remaining)
        return date_of(period_start(day_at(time()), known.period, known.offset))


def _quota(plan_id: str, key_id: str, quota: Document) -> Quota:
    return Quota(plan_id, key_id, quota["limit"], quota["period"], quota.get("offset", 0))
