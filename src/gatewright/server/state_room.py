"""The shared state as a process opens it, and what management reads of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from threading import Lock
from time import time

from gatewright.catalog.api import Document
from gatewright.gateway.cache import space_of
from gatewright.gateway.method_request.authorizers.policy_cache import policies_of
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings
from gatewright.state.api import Quota, Size, State, StateUnavailable
from gatewright.state.lmdb_store import open_state
from gatewright.state.periods import date_of, day_at, period_start
from gatewright.state.valkey_servers import parse_servers
from gatewright.telemetry.metrics import Gauge

HOUSEKEEPING_SECONDS = 5.0

_log = logging.getLogger("gatewright")


@contextmanager
def state_room(settings: Settings) -> Iterator[State]:
    """Open it for this process, whose loop runs. Raises `CannotStart`; not for a Valkey that is away."""
    state = _embedded(settings) if settings.valkey is None else _in_valkey(settings, settings.valkey)
    try:
        yield state
    finally:
        state.close()


def _embedded(settings: Settings) -> State:
    directory = settings.data_dir / "state"
    try:
        return open_state(
            directory,
            counters_bytes=settings.state.counters_bytes,
            policies_bytes=settings.state.policies_bytes,
            responses_bytes=settings.state.responses_bytes,
            later=asyncio.get_running_loop().call_later,
        )
    except (StateUnavailable, ValueError) as error:
        raise CannotStart(f"{directory}: the shared state cannot be opened: {error}") from error


def _in_valkey(settings: Settings, url: str) -> State:
    from gatewright.state.valkey_store import open_valkey  # one machine goes without the client

    return open_valkey(
        parse_servers(url),
        asyncio.get_running_loop(),
        processes=settings.workers,
        policies_bytes=settings.state.policies_bytes,
    )


@asynccontextmanager
async def kept_in_order(state: State) -> AsyncIterator[Housekeeper]:
    """Clean up and secure the counts every few seconds; for one process of a node."""
    housekeeper = Housekeeper(state)
    task = asyncio.create_task(housekeeper.run())
    try:
        yield housekeeper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(housekeeper.once)


class Housekeeper:
    """Keeps a state in order, and knows how large it was then."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sizes: dict[str, Size] = {}
        self._alone = Lock()  # a run that was cancelled goes on in its thread

    async def run(self) -> None:
        while True:
            await asyncio.to_thread(self.once)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    def once(self) -> None:
        try:
            with self._alone:
                self._sizes = self._state.housekeep()
        except StateUnavailable as error:
            _log.error("the shared state is not in order: %s", error)

    def gauges(self) -> list[Gauge]:
        """The sizes, for the metrics page."""
        rows = {store: size.entries for store, size in self._sizes.items()}
        used = {store: size.used_bytes for store, size in self._sizes.items()}
        total = {store: size.total_bytes for store, size in self._sizes.items()}
        return [
            Gauge("gatewright_state_entries", "Rows of the shared state, by store.", "store", rows),
            Gauge("gatewright_state_used_bytes", "Bytes that they take.", "store", used),
            Gauge("gatewright_state_total_bytes", "Bytes that there are for them.", "store", total),
        ]


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


class StageCaches:
    """The stages' caches as the flushing operations and changes to stages ask for them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def flush(self, api: str, stage: str) -> None:
        self._state.responses.flush(space_of(api, stage))

    def flush_policies(self, api: str, stage: str) -> None:
        try:
            self._state.policies.flush(policies_of(api, stage))
        except StateUnavailable as error:
            _log.warning("policies of %s/%s are flushed once nodes read of it: %s", api, stage, error)


def _quota(plan_id: str, key_id: str, quota: Document) -> Quota:
    return Quota(plan_id, key_id, quota["limit"], quota["period"], quota.get("offset", 0))
