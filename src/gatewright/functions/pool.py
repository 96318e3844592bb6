"""The instances of one function version: invocations in, instances scaled with what waits."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from gatewright.catalog.api import CatalogUnavailable, Partition
from gatewright.functions import code, faults
from gatewright.functions.api import FunctionThrottled, InvocationFailed
from gatewright.functions.environment import memory_size
from gatewright.functions.instance import Host, Instance, State, Subject
from gatewright.functions.invocation import Invocation
from gatewright.functions.logs import FunctionLog, end_lines, start_line
from gatewright.functions.store import FunctionVersion


class Keeper(Host, Protocol):
    """What pools share: room for instances, and code on disk."""

    def has_room(self, pool: Pool) -> bool:
        """Whether one more instance may start; stops an idle one of another pool for it if need be."""

    def task_root(self, version: FunctionVersion, partition: Partition) -> AbstractAsyncContextManager[Path]:
        """The directory with the version's files, which stay there meanwhile. Raises BadCode, OSError or
        CatalogUnavailable on entering."""


def throttled() -> FunctionThrottled:
    return FunctionThrottled("Rate Exceeded.", Type="User", Reason="ConcurrentInvocationLimitExceeded")


class Pool:
    def __init__(
        self, keeper: Keeper, partition: Partition, version: FunctionVersion, log: FunctionLog
    ) -> None:
        self.partition = partition
        self.version = version
        self.log = log
        self.idle: list[Instance] = []  # the one used last is used next, so that the others can be stopped
        self.instances: set[Instance] = set()
        self._stale: set[Instance] = set()  # stopped once they finish what they do
        self._waiting: deque[Invocation] = deque()
        self._handed_out = 0  # invocations given to instances since the last tick
        self._keeper = keeper
        self._subject = Subject(partition, version.configuration, log)
        self._watched = Path(version.code.directory) if version.code.directory else None
        self._files = code.fingerprint(self._watched) if self._watched else 0
        self._files_read = time.monotonic()

    def submit(self, invocation: Invocation) -> None:
        if self._watched is not None:
            self._reload_if_changed(self._watched, invocation.queued)
        if self.idle:
            self._hand_out(self.idle.pop(), invocation)
        elif len(self._waiting) >= self._keeper.settings.queue:
            invocation.pending.fail(throttled())
        else:
            self._waiting.append(invocation)
            self._start_first()

    def retire(self) -> list[Invocation]:
        """Take no more work and stop every instance when it is done; gives back what waited."""
        waiting = list(self._waiting)
        self._waiting.clear()
        self._make_stale()
        return waiting

    def tick(self, now: float) -> None:
        """Time-outs, memory, growth, and instances nobody needs."""
        for instance in list(self.instances):
            instance.check(now)
        for invocation in [each for each in self._waiting if now - each.queued > each.patience]:
            self._waiting.remove(invocation)
            invocation.pending.fail(throttled())
        self._scale(now)
        while self.idle and now - self.idle[0].idle_since > self._keeper.settings.idle:
            self.idle[0].stop()

    @property
    def busy(self) -> bool:
        """Whether anything is being done for a caller."""
        return bool(self._waiting) or any(instance.state is State.BUSY for instance in self.instances)

    # What instances say (instance.Owner)

    def ready(self, instance: Instance) -> None:
        if instance in self._stale:
            instance.stop()
        elif self._waiting:
            self._hand_out(instance, self._waiting.popleft())
        else:
            self.idle.append(instance)

    def init_failed(self, instance: Instance, describe: Callable[[str], bytes]) -> None:
        """The invocation that waited longest gets the reason; the next one gets the next process."""
        if not self._waiting or instance in self._stale:
            return
        invocation = self._waiting.popleft()
        request_id, version = invocation.request_id, self.version.version
        size = memory_size(self.version.configuration)
        lines = start_line(request_id, version) + end_lines(request_id, 0.0, size, 0, None, "Status: error")
        self.log.write(lines)
        invocation.log(lines)
        invocation.finish(describe(request_id), faults.UNHANDLED, version)

    def stopped(self, instance: Instance) -> None:
        self.instances.discard(instance)
        self._stale.discard(instance)
        if instance in self.idle:
            self.idle.remove(instance)
        self._start_first()

    def _hand_out(self, instance: Instance, invocation: Invocation) -> None:
        self._handed_out += 1
        instance.run(invocation)

    # Growth

    def _start_first(self) -> None:
        """Start an instance if something waits and none is there or coming; `_scale` adds more."""
        if self._waiting and len(self.instances) == len(self._stale):
            self._grow()

    def _scale(self, now: float) -> None:
        """More instances when more waits than a tick serves: as many as that, at most twice those there are.

        A fast function so keeps to few processes, which serve it faster than many that share the same cores.
        """
        settings = self._keeper.settings
        served, self._handed_out = self._handed_out, 0
        if not self._waiting or now - self._waiting[0].queued <= settings.scale_after:
            return
        starting = sum(1 for instance in self.instances if instance.state is State.STARTING)
        missing = len(self._waiting) - served - starting
        room = settings.function_instances - len(self.instances)
        for _ in range(min(missing, room, max(1, len(self.instances)))):
            self._grow()

    def _grow(self) -> None:
        if self._keeper.has_room(self):
            instance = Instance(self._keeper, self, self._subject)
            self.instances.add(instance)
            self._keeper.spawn(self._launch(instance))

    async def _launch(self, instance: Instance) -> None:
        """Run an instance from its start to its end."""
        try:
            async with self._keeper.task_root(self.version, self.partition) as root:
                await self._start(instance, root)
                await instance.ended()
        except (code.BadCode, OSError, CatalogUnavailable) as error:
            self._refuse(
                f"The code of function {self.version.configuration['FunctionName']} is not usable: {error}"
            )
            instance.stop()

    async def _start(self, instance: Instance, root: Path) -> None:
        runtime = self.version.configuration["Runtime"]
        edited = self._watched is not None
        command = self._keeper.settings.runtimes.command(runtime, root, edited=edited)
        try:
            await instance.start(command, root)
        except OSError as error:
            reason = f"fork/exec {command[0]}: {(error.strerror or str(error)).lower()}"
            self.init_failed(instance, lambda request_id: faults.invalid_entrypoint(request_id, reason))
            instance.stop()

    def _refuse(self, reason: str) -> None:
        while self._waiting:
            self._waiting.popleft().pending.fail(InvocationFailed(reason))

    # Hot reload

    def _reload_if_changed(self, directory: Path, now: float) -> None:
        if now - self._files_read < self._keeper.settings.reload_check:
            return
        self._files_read = now
        files = code.fingerprint(directory)
        if files != self._files:
            self._files = files
            self._make_stale()

    def _make_stale(self) -> None:
        for instance in list(self.instances):
            if instance.state is State.BUSY:
                self._stale.add(instance)
            else:
                instance.stop()
