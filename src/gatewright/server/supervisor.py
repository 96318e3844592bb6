"""The supervisor: opens the sockets, keeps workers and control process running, serves no request itself.

SIGHUP           read the settings again, replace every process one by one, refuse no connection
SIGTERM, SIGINT  drain and end; a second one ends at once
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass

from gatewright.aws.credentials import CredentialsUnusable, ensure_credentials
from gatewright.server.child import Slot
from gatewright.server.directory import held
from gatewright.server.errors import CannotStart
from gatewright.server.keeper import Keeper
from gatewright.server.listeners import bound_address, open_listeners
from gatewright.server.process import backend_tls_of, tls_of
from gatewright.server.settings import Settings, reloaded

log = logging.getLogger("gatewright")


@dataclass(frozen=True, slots=True)
class Modules:
    """What the children run; tests put stand-ins here."""

    worker: str = "gatewright.server.worker"
    control: str = "gatewright.server.control"


@dataclass(frozen=True, slots=True)
class Owner:
    """The person at the terminal: where settings are read again from, and who is told of the start."""

    reread: Callable[[], Settings]  # raises ValueError with the reason
    starting: Callable[[Settings], None]
    ready: Callable[[Settings], None]


def supervise(settings: Settings, owner: Owner, modules: Modules = Modules()) -> None:
    """Run a node until it is told to stop. Raises `CannotStart`."""
    with ExitStack() as stack:
        stack.enter_context(held(settings))
        _check_tls(settings)
        _make_access_key(settings)
        data = open_listeners(settings.listen, settings.workers, "--listen")
        management = open_listeners(settings.management, 1, "--management")
        for listener in (*data, *management):
            stack.enter_context(listener)
        bound = settings.at(
            bound_address(settings.listen, data[0]), bound_address(settings.management, management[0])
        )
        owner.starting(bound)
        slots = [Slot(f"worker {n}", modules.worker, n, listener) for n, listener in enumerate(data)]
        slots.append(Slot("control", modules.control, 0, management[0]))
        asyncio.run(_Supervisor(bound, slots, owner).run())


def _check_tls(settings: Settings) -> None:
    """What is wrong with it is said once, not by each process."""
    tls_of(settings)
    backend_tls_of(settings)


def _make_access_key(settings: Settings) -> None:
    """The key that management requests are signed with; made on the first start, or shared by all nodes."""
    if settings.catalog is not None:
        from gatewright.server.shared import join

        join(settings)
        return
    try:
        ensure_credentials(settings.credentials, settings.region)
    except CredentialsUnusable as error:
        raise CannotStart(str(error)) from error


class _Supervisor:
    def __init__(self, settings: Settings, slots: list[Slot], owner: Owner) -> None:
        self._settings = settings
        self._owner = owner
        self._keepers = [Keeper(slot, settings) for slot in slots]
        self._told_to_stop = asyncio.Event()
        self._told_to_reload = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._told_to_reload.set)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            await self._until_told_to_stop(self._work())
        finally:
            self._told_to_stop.set()
            await asyncio.gather(*(keeper.stop() for keeper in self._keepers))

    def _stop(self) -> None:
        if self._told_to_stop.is_set():
            log.warning("told to stop again: ending at once")
            for keeper in self._keepers:
                keeper.kill()
        else:
            log.info("stopping: requests in flight get up to %g s", self._settings.drain_timeout)
            self._told_to_stop.set()

    async def _until_told_to_stop(self, work: Coroutine[None, None, None]) -> None:
        working = asyncio.create_task(work)
        told = asyncio.create_task(self._told_to_stop.wait())
        await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if working.done():
            working.result()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    async def _work(self) -> None:
        started = await asyncio.gather(*(keeper.fill() for keeper in self._keepers))
        if not all(started):
            raise CannotStart("a process did not start; the lines above say why")
        self._owner.ready(self._settings)
        while True:
            await self._told_to_reload.wait()
            self._told_to_reload.clear()
            await self._reload()

    async def _reload(self) -> None:
        try:
            settings, waiting = reloaded(self._settings, self._owner.reread())
        except ValueError as error:
            log.error("reload refused, the running settings stay: %s", error)
            return
        for name in waiting:
            log.warning("the change of %s waits for the next start", name)
        for keeper in self._keepers:
            if not await keeper.replace(settings):
                log.error("reload given up: the replacement of %s did not start", keeper.slot.name)
                return
        self._settings = settings
        log.info("reloaded: every process is replaced")
