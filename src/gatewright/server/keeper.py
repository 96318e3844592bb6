"""Keeps one slot filled: starts its process, starts another when it dies, replaces it without a gap."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

from gatewright.server.channel import Order
from gatewright.server.child import Child, Slot
from gatewright.server.settings import Settings

log = logging.getLogger("gatewright")

STEADY = 10.0  # seconds; a process that lived so long did not die of its start
FIRST_DELAY, LAST_DELAY = 0.1, 10.0  # seconds between restarts in a crash loop, doubled each time
STOPPED_SECONDS = 1.0  # a process found stopped twice, so long apart, is killed
KILL_MARGIN = 2.0  # seconds past the drain's own bound before a process is killed


class Keeper:
    """One slot. `fill` and `replace` are called one after the other, by one task."""

    def __init__(self, slot: Slot, settings: Settings) -> None:
        self.slot = slot
        self._settings = settings
        self._current: Child | None = None
        self._alive: set[Child] = set()
        self._deaths = 0
        self._stopping = False
        self._changing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def fill(self) -> bool:
        """Start a process and wait until it accepts; False if it does not. Begins to watch the slot."""
        self._background(self._kill_stopped())
        async with self._changing:
            return await self._start()

    async def replace(self, settings: Settings) -> bool:
        """Start a process with new settings beside the running one, then retire that. False if the new one
        does not start: the running one goes on."""
        async with self._changing:
            before, previous = self._current, self._settings
            self._settings = settings
            if not await self._start():
                self._settings = previous
                return False
            if before is not None:
                log.info("retiring %s (pid %d)", self.slot.name, before.pid)
                before.order(Order.RETIRE)
            return True

    async def stop(self) -> None:
        """Let every process of the slot drain; kill what is left past the bound."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        for child in self._alive:
            child.order(Order.STOP)
        bound = self._settings.drain_delay + self._settings.drain_timeout + KILL_MARGIN
        await asyncio.gather(*(self._end(child, bound) for child in self._alive))

    async def _end(self, child: Child, bound: float) -> None:
        how = await child.ended_within(bound)
        if how != "exit code 0":
            log.warning("%s (pid %d) ended: %s", self.slot.name, child.pid, how)

    def kill(self) -> None:
        for child in self._alive:
            child.kill()

    async def _start(self) -> bool:
        try:
            child = await Child.spawn(self.slot, self._settings)
        except OSError as error:
            log.error("%s cannot be started: %s", self.slot.name, error.strerror)
            return False
        self._alive.add(child)
        if not await child.ready():
            how = await child.ended_within(KILL_MARGIN)
            log.error("%s (pid %d) did not start: %s", self.slot.name, child.pid, how)
            self._alive.discard(child)
            return False
        self._current = child
        self._background(self._watch(child))
        return True

    async def _watch(self, child: Child) -> None:
        how = await child.ended()
        self._alive.discard(child)
        if child is not self._current or self._stopping:
            return
        self._current = None
        lived = asyncio.get_running_loop().time() - child.started
        self._deaths = 0 if lived >= STEADY else self._deaths
        log.warning("%s (pid %d) died: %s; starting another", self.slot.name, child.pid, how)
        await self._refill()

    async def _kill_stopped(self) -> None:
        """End processes that are stopped: one may hold the lock of the shared state that all others need."""
        suspected: set[Child] = set()
        while True:
            await asyncio.sleep(STOPPED_SECONDS)
            stopped = {child for child in self._alive if child.stopped()}
            for child in stopped & suspected:
                log.error("%s (pid %d) is stopped by a signal: killing it", self.slot.name, child.pid)
                child.kill()
            suspected = stopped

    async def _refill(self) -> None:
        while self._current is None:
            if self._deaths:
                delay = min(FIRST_DELAY * 2 ** (self._deaths - 1), LAST_DELAY)
                log.error("%s keeps dying; trying again in %.1f s", self.slot.name, delay)
                await asyncio.sleep(delay)
            self._deaths += 1
            async with self._changing:
                if self._current is None:
                    await self._start()

    def _background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
