"""The pools of all function versions that run here, and what they share: room, processes, code, ticks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gatewright.aws.errors import AwsError
from gatewright.catalog.api import Partition
from gatewright.functions.api import FunctionName, InvocationFailed
from gatewright.functions.code import BadCode
from gatewright.functions.directory import Owned, owner_of
from gatewright.functions.following import News
from gatewright.functions.invocation import Invocation
from gatewright.functions.logs import FunctionLog
from gatewright.functions.pool import Pool
from gatewright.functions.process import Guardian
from gatewright.functions.settings import FunctionSettings
from gatewright.functions.store import FunctionVersion, ResolvedFunction, not_found
from gatewright.functions.unpacked import Unpacked

TICK = 0.05  # seconds between looks at time-outs, memory and growth


class Fleet:
    """See `pool.Keeper`. Belongs to its event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        settings: FunctionSettings,
        unpacked: Unpacked,
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        """`catch_up` has read what changed in the catalog until now, and told `changed`."""
        self.loop = loop
        self.settings = settings
        self.guardian = Guardian()
        self._unpacked = unpacked
        self._catch_up = catch_up
        self._pools: dict[tuple[Owned, str], Pool] = {}  # by function and version
        self._retired: set[Pool] = set()
        self._logs: dict[str, FunctionLog] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._pids: set[int] = set()
        self._all_ended = asyncio.Event()
        self._ticker: asyncio.TimerHandle | None = None

    def submit(self, function: FunctionName, version: FunctionVersion, invocation: Invocation) -> None:
        """Raises InvocationFailed for a runtime that cannot run here."""
        self._pool(owner_of(function), version).submit(invocation)

    def names(self) -> list[FunctionName]:
        """The versions that have a pool."""
        return [_version_name(owner, version) for owner, version in self._pools]

    def changed(self, news: News) -> set[Owned]:
        """Retire the pools whose version is no more what it was: their instances are stopped once they finish
        what they do. Gives back the functions with a pool younger than the news, which do not tell of it."""
        missed = set()
        for (owner, version), pool in list(self._pools.items()):
            if news.concerns(owner):
                name = _version_name(owner, version)
                if name in news.found:
                    self._recheck(owner, pool, news.found[name])
                else:
                    missed.add(owner)
        return missed

    async def close(self, refusal: AwsError) -> None:
        """Let what runs finish, for at most `close_wait`; then end every process. What waits is refused."""
        give_up = time.monotonic() + self.settings.close_wait
        while any(pool.busy for pool in self._all_pools()) and time.monotonic() < give_up:
            await asyncio.sleep(TICK)
        for pool in self._all_pools():
            for invocation in pool.retire():
                invocation.pending.fail(refusal)
            for instance in list(pool.instances):
                instance.stop()
        if self._pids:
            await asyncio.wait_for(self._all_ended.wait(), self.settings.close_wait)
        while self._tasks:
            await asyncio.gather(*self._tasks)
        if self._ticker is not None:
            self._ticker.cancel()
        for log in self._logs.values():
            log.flush()
        self.guardian.close()

    # Pools

    def _pool(self, owner: Owned, version: FunctionVersion) -> Pool:
        pool = self._pools.get((owner, version.version))
        if pool is None:
            pool = self._pools[owner, version.version] = self._new_pool(owner, version)
        if self._ticker is None:
            self._ticker = self.loop.call_later(TICK, self._tick)
        return pool

    def _new_pool(self, owner: Owned, version: FunctionVersion) -> Pool:
        refusal = self.settings.runtimes.refusal(version.configuration.get("Runtime") or "")
        if refusal is not None:
            raise InvocationFailed(refusal)
        partition, name = owner
        log = self._logs.get(name)
        if log is None:
            path = self.settings.directory / "logs" / "lambda" / f"{name}.log"
            log = self._logs[name] = FunctionLog(path, self.settings.log_file_bytes)
        return Pool(self, partition, version, log)

    def _recheck(self, owner: Owned, pool: Pool, found: ResolvedFunction | None) -> None:
        """Retire the pool if its version changed; what waits for it goes to the successor."""
        if found is not None and found.primary.runs_as(pool.version):
            return
        version = pool.version.version
        del self._pools[owner, version]
        self._retired.add(pool)
        error: AwsError = not_found(_version_name(owner, version))
        successor: Pool | None = None
        if found is not None:
            try:
                successor = self._pool(owner, found.primary)
            except InvocationFailed as reason:
                error = reason
        for invocation in pool.retire():
            if successor is not None:
                successor.submit(invocation)
            else:
                invocation.pending.fail(error)

    def _all_pools(self) -> list[Pool]:
        return [*self._pools.values(), *self._retired]

    def _tick(self) -> None:
        pools = self._all_pools()
        alive = bool(self._pids) or any(pool.busy for pool in pools)
        self._ticker = self.loop.call_later(TICK, self._tick) if alive else None
        now = time.monotonic()
        for pool in pools:
            pool.tick(now)
        self._retired = {pool for pool in self._retired if pool.instances}
        for log in self._logs.values():
            log.flush()

    # What pools and instances share (pool.Keeper)

    def has_room(self, pool: Pool) -> bool:
        if sum(len(each.instances) for each in self._all_pools()) < self.settings.instances:
            return True
        idle = [each.idle[0] for each in self._pools.values() if each is not pool and each.idle]
        if idle:
            min(idle, key=lambda instance: instance.idle_since).stop()
        return bool(idle)

    @asynccontextmanager
    async def task_root(self, version: FunctionVersion, partition: Partition) -> AsyncIterator[Path]:
        if version.code.directory is not None:
            yield Path(version.code.directory)
            return
        try:
            async with self._unpacked.held(partition, version.code.digest or "") as root:
                yield root
        except BadCode:
            await self._catch_up()  # replaced a moment ago, perhaps: what waits then goes to the successor
            raise

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def process_started(self, pid: int) -> None:
        self._pids.add(pid)
        self._all_ended.clear()

    def process_ended(self, pid: int) -> None:
        self._pids.discard(pid)
        if not self._pids:
            self._all_ended.set()


def _version_name(owner: Owned, version: str) -> FunctionName:
    partition, name = owner
    return FunctionName(partition.account, partition.region, name, version)
