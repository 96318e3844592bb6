"""What every child does around its own work: take the job, serve, drain when told to, end."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import uvloop

from gatewright.server.channel import Order, Parent
from gatewright.server.errors import CannotStart
from gatewright.server.front import Status
from gatewright.server.log import configure_logging
from gatewright.server.settings import Settings
from gatewright.wire.server import Server
from gatewright.wire.types import Handler

log = logging.getLogger("gatewright")

# Objects of a request die with it by reference count; the collector is only needed for the rare cycle.
COLLECT_AFTER = (50_000, 20, 50)

Opening = Callable[[Settings, Status], AbstractAsyncContextManager[Handler]]
Listening = Callable[[Handler, Settings], Server]


def run_child(role: str, opening: Opening, listening: Listening) -> int:
    """The main function of a child, whose argument is its channel's descriptor. Returns the exit code."""
    configure_logging(role)
    try:
        parent = Parent(int(sys.argv[1]))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(role, parent, opening, listening))
    except CannotStart as error:
        log.error("%s", error)
        return 1
    return 0


async def _serve(role: str, parent: Parent, opening: Opening, listening: Listening) -> None:
    job = parent.job()
    status = Status(role)
    parent.watch(asyncio.get_running_loop())
    async with opening(job.settings, status) as handler:
        server = listening(handler, job.settings)
        await server.listen(socket.socket(fileno=job.listener))
        settle()
        parent.say_ready()
        await drain(server, job.settings, status, await parent.order())


def settle() -> None:
    """Take what start-up made out of the collector's sight: it lives as long as the process. What it made for
    a moment only, some MiB, goes back to the system."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


async def drain(server: Server, settings: Settings, status: Status, order: Order) -> None:
    """Finish what is in flight within the bound. A node that goes out of service says so first, as long as a
    load balancer needs to see it; a process that is only replaced stays healthy to the end."""
    if order is Order.STOP:
        status.draining = True
        await asyncio.sleep(settings.drain_delay)
    server.stop_accepting()
    await asyncio.sleep(0)  # what was accepted in this turn of the loop becomes a connection in the next
    if not await server.drain(settings.drain_timeout):
        log.warning("requests still in flight after %g s were cut (drain_timeout)", settings.drain_timeout)


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """The server's TLS context, None if it serves plain HTTP. Raises `CannotStart`."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    from gatewright.wire.tls import server_context

    try:
        return server_context(settings.tls_cert, settings.tls_key)
    except (OSError, ValueError) as error:
        raise CannotStart(
            f"--tls-cert {settings.tls_cert} with --tls-key {settings.tls_key}: cannot be used: {error}"
        ) from error


def backend_tls_of(settings: Settings) -> Callable[[bool], ssl.SSLContext]:
    """Makes contexts for backends, which check chains or do not; an `--backend-ca-bundle` is read once, now.
    Raises `CannotStart`."""
    from gatewright.wire.tls import client_context

    if settings.backend_ca_bundle is None:
        return client_context
    try:
        roots = settings.backend_ca_bundle.read_text("ascii", "ignore")  # comments are often not
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=roots)
    except (OSError, ValueError) as error:
        raise CannotStart(
            f"--backend-ca-bundle {settings.backend_ca_bundle}: cannot be used: {error}"
        ) from error
    return partial(client_context, roots=roots)
