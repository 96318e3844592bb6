"""The embedded Lambda: finds what a name means, checks who asks, and hands the event to an instance."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gatewright.aws.errors import AwsError
from gatewright.catalog.api import Catalog, Partition
from gatewright.functions import code, content
from gatewright.functions.api import (
    FunctionName,
    InvocationFailed,
    InvocationType,
    Outcome,
    Source,
    StreamedOutcome,
)
from gatewright.functions.directory import Directory, Owned, Target
from gatewright.functions.invocation import Invocation, StreamedInvocation
from gatewright.functions.logs import FunctionLog
from gatewright.functions.permissions import denied
from gatewright.functions.pool import Pool
from gatewright.functions.process import Guardian
from gatewright.functions.settings import FunctionSettings
from gatewright.functions.store import FunctionVersion
from gatewright.wire.pending import Pending

T = TypeVar("T")

TICK = 0.05  # seconds between looks at time-outs, memory and growth


def random_request_id() -> str:
    """A version 4 UUID."""
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


class Engine:
    """Runs functions in processes of this machine. Not thread-safe: it belongs to its event loop."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        loop: asyncio.AbstractEventLoop,
        settings: FunctionSettings,
        chance: Callable[[], float] = random.random,
        new_request_id: Callable[[], str] = random_request_id,
    ) -> None:
        self.loop = loop
        self.settings = settings
        self.guardian = Guardian()
        self._catalog = catalog
        self._chance = chance
        self._new_request_id = new_request_id
        self._directory = Directory(catalog)
        self._refreshed = 0.0
        self._pools: dict[tuple[Owned, str], Pool] = {}  # by function and version
        self._retired: set[Pool] = set()
        self._logs: dict[str, FunctionLog] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._reads: set[asyncio.Task[None]] = set()
        self._pids: set[int] = set()
        self._all_ended = asyncio.Event()
        self._ticker: asyncio.TimerHandle | None = None
        self._closed = False

    def invoke(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        invocation_type: InvocationType = "RequestResponse",
        source: Source | None = None,
        log_tail: bool = False,
        client_context: str | None = None,
        trace_id: str = "",
    ) -> Pending[Outcome]:
        """See `functions.api.Functions`. `client_context` is base64, as in the Invoke call.

        Without a `source` the newest configuration is used, else one at most `config_check` seconds old.
        """
        now = time.monotonic()
        try:
            target = self._admit(function, source, now)
            if target is None:
                again = partial(
                    self.invoke,
                    function,
                    payload,
                    invocation_type=invocation_type,
                    source=source,
                    log_tail=log_tail,
                    client_context=client_context,
                    trace_id=trace_id,
                )
                return self._once_read(function, again)
            context = content.check(
                payload, client_context, self._payload_limit(invocation_type), invocation_type
            )
            version = target.resolved.choose(self._chance)
            if invocation_type == "DryRun":
                return _resolved(Outcome(204, executed_version=version.version))
            event = invocation_type == "Event"
            invocation = Invocation(
                self._new_request_id(),
                function.arn,
                payload or b"{}",
                client_context=context,
                trace_id=content.printable(trace_id),
                log_tail=log_tail,
                queued=now,
                patience=float("inf") if event else self.settings.queue_wait,
            )
            self._pool(function, version).submit(invocation)
        except AwsError as error:
            return _failed(error)
        if event and not invocation.pending.done:
            return _resolved(Outcome(202, request_id=invocation.request_id, executed_version=version.version))
        return invocation.pending

    def invoke_streamed(
        self, function: FunctionName, payload: bytes, *, source: Source | None = None, trace_id: str = ""
    ) -> Pending[StreamedOutcome]:
        """See `functions.api.Functions`."""
        now = time.monotonic()
        try:
            target = self._admit(function, source, now)
            if target is None:
                again = partial(self.invoke_streamed, function, payload, source=source, trace_id=trace_id)
                return self._once_read(function, again)
            content.check(payload, None, self.settings.request_bytes, "RequestResponse")
            invocation = StreamedInvocation(
                self._new_request_id(),
                function.arn,
                payload,
                client_context=None,
                trace_id=content.printable(trace_id),
                log_tail=False,
                queued=now,
                patience=self.settings.queue_wait,
            )
            self._pool(function, target.resolved.choose(self._chance)).submit(invocation)
        except AwsError as error:
            return _failed(error)
        return invocation.pending

    def refresh(self) -> None:
        """Look for changed functions now: their instances are replaced once they finish what they do."""
        self._refreshed = time.monotonic()
        changed = self._directory.refresh()
        if changed is not None and not changed:
            return
        for (owner, version), pool in list(self._pools.items()):
            if changed is None or owner in changed:
                self._recheck(owner, version, pool)

    async def close(self) -> None:
        """Let what runs finish, for at most `close_wait`; then end every process."""
        if self._reads:  # of what was invoked before
            await asyncio.wait(self._reads, timeout=self.settings.close_wait)
        self._closed = True
        give_up = time.monotonic() + self.settings.close_wait
        while any(pool.busy for pool in self._all_pools()) and time.monotonic() < give_up:
            await asyncio.sleep(TICK)
        for pool in self._all_pools():
            for invocation in pool.retire():
                invocation.pending.fail(_closing())
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

    # Finding the pool

    def _admit(self, function: FunctionName, source: Source | None, now: float) -> Target | None:
        """What the name means, if the source may invoke it; None while that is not read."""
        if self._closed:
            raise _closing()
        if source is None or now - self._refreshed > self.settings.config_check:
            self.refresh()
        target = self._directory.known(function)
        if target is None or source is None or not self.settings.enforce_permissions:
            return target
        if not target.allows(source):
            raise denied(function, source)
        return target

    def _once_read(self, function: FunctionName, invoke: Callable[[], Pending[T]]) -> Pending[T]:
        """Read what the name means, in a thread: no catalog that is far or slow holds up the event loop."""
        pending: Pending[T] = Pending()

        def forward(inner: Pending[T]) -> None:
            try:
                pending.resolve(inner.result())
            except Exception as error:
                pending.fail(error)

        async def read() -> None:
            try:
                await self._learn(function)
            except Exception as error:
                pending.fail(error)
            else:
                invoke().then(forward)

        task = self.loop.create_task(read())
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)
        return pending

    async def _learn(self, function: FunctionName) -> None:
        while True:
            before = self._directory.forgot
            resolved = await self.loop.run_in_executor(None, self._directory.read, function)
            if self._directory.forgot == before:
                self._directory.remember(resolved)
                return

    def _payload_limit(self, invocation_type: InvocationType) -> int:
        return self.settings.event_bytes if invocation_type == "Event" else self.settings.request_bytes

    def _pool(self, function: FunctionName, version: FunctionVersion) -> Pool:
        owner = (Partition(function.account, function.region), function.name)
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

    def _recheck(self, owner: Owned, version: str, pool: Pool) -> None:
        """Retire the pool if its version is no more what it was; what waits for it goes to the successor."""
        partition, name = owner
        function = FunctionName(partition.account, partition.region, name, version)
        error: AwsError = _closing()
        successor: Pool | None = None
        try:
            if self._directory.current(owner, pool.version):
                return
            del self._pools[owner, version]
            successor = self._pool(function, self._directory.lookup(function).resolved.primary)
        except AwsError as reason:
            error = reason
            self._pools.pop((owner, version), None)
        self._retired.add(pool)
        for invocation in pool.retire():
            if successor is not None:
                successor.submit(invocation)
            else:
                invocation.pending.fail(error)

    # What pools and instances share (pool.Keeper)

    def has_room(self, pool: Pool) -> bool:
        if sum(len(each.instances) for each in self._all_pools()) < self.settings.instances:
            return True
        idle = [each.idle[0] for each in self._pools.values() if each is not pool and each.idle]
        if idle:
            min(idle, key=lambda instance: instance.idle_since).stop()
        return bool(idle)

    async def task_root(self, version: FunctionVersion, partition: Partition) -> Path:
        if version.code.directory is not None:
            return Path(version.code.directory)
        digest = version.code.digest or ""
        target = self.settings.directory / "functions" / digest
        if not target.is_dir():
            try:
                await self.loop.run_in_executor(None, self._unpack, partition, digest, target)
            except code.BadCode:
                self.refresh()  # replaced a moment ago, perhaps: what waits then goes to the successor
                raise
        return target

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

    def _unpack(self, partition: Partition, digest: str, target: Path) -> None:
        with self._catalog.read(partition) as reader:
            zipped = reader.get_blob(digest)
        if zipped is None:
            raise code.BadCode(f"the catalog has no code {digest}")
        code.unpack(zipped, target, self.settings.unpacked_bytes)

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


def _closing() -> InvocationFailed:
    return InvocationFailed("Gatewright is being stopped: no function is invoked any more")


def _resolved(outcome: Outcome) -> Pending[Outcome]:
    pending: Pending[Outcome] = Pending()
    pending.resolve(outcome)
    return pending


def _failed(error: AwsError) -> Pending[Any]:
    pending: Pending[Any] = Pending()
    pending.fail(error)
    return pending
