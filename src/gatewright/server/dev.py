"""`gatewright dev`: gateway, functions and management in one process, on one loopback port, unsigned."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop

from gatewright.gateway.application import Gateway
from gatewright.server.channel import Order
from gatewright.server.data_room import data_server, gateway_room
from gatewright.server.directory import held
from gatewright.server.errors import CannotStart
from gatewright.server.front import Front, OnePort, Status, message, traces_page
from gatewright.server.judging import judging
from gatewright.server.key_rotation import rotating_cache_keys
from gatewright.server.listeners import bound_address, open_listeners
from gatewright.server.local_callers import of_dev
from gatewright.server.management_room import management_pages, management_room
from gatewright.server.owner_pages import owner_pages
from gatewright.server.process import drain, settle
from gatewright.server.project import Project, running
from gatewright.server.redeploying import Tell
from gatewright.server.rooms import MANAGEMENT_BODY_BYTES, catalog_room, functions_room
from gatewright.server.settings import Settings
from gatewright.server.state_room import kept_in_order, state_room
from gatewright.server.test_issuer import announce, token_page
from gatewright.wire.inflow import BodyLost, StreamedRequest
from gatewright.wire.pending import drive
from gatewright.wire.server import LargeHandler
from gatewright.wire.types import Handler, Reply, Request, Response


@dataclass(frozen=True, slots=True)
class Print:
    """What is printed while it starts and runs."""

    starting: Callable[[Settings], None]
    ready: Callable[[Settings], None]
    attempts: Tell


def develop(settings: Settings, project: Project | None, tell: Print) -> None:
    """Run until SIGINT or SIGTERM. Raises `CannotStart`."""
    if not settings.listen.loopback:
        raise CannotStart(
            f"--listen {settings.listen}: dev accepts any credentials, so it must be a loopback address"
        )
    with held(settings), open_listeners(settings.listen, 1, "--listen")[0] as listener:
        address = bound_address(settings.listen, listener)
        bound = settings.at(address, address)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(bound, listener.dup(), project, tell))


@asynccontextmanager
async def open_dev(settings: Settings, status: Status) -> AsyncIterator[Handler]:
    """Gateway and management behind one handler, for any credentials."""
    announce(settings)
    with catalog_room(settings) as catalog, state_room(settings) as state:
        async with (
            functions_room(catalog, settings) as functions,
            gateway_room(catalog, functions, state, settings, sys.stderr, of_dev(settings)) as gateway,
            management_room(catalog, functions, state, settings, verifier=None) as management,
            kept_in_order(state) as housekeeper,
            rotating_cache_keys(catalog, settings.cache.key_lifetime),
            judging(catalog, settings),
        ):
            one_port = OnePort(gateway.claims, gateway, management)
            pages = management_pages(settings, status, housekeeper) | owner_pages(catalog, settings, None)
            pages["traces"] = lambda request: _traces(gateway, settings, request)
            if settings.test_issuer != "off":
                pages["issuer/token"] = lambda request: token_page(settings, request)
            yield Front(one_port, pages, _large(gateway, management))


def _traces(gateway: Gateway, settings: Settings, request: Request) -> Response:
    gateway.flush_traces()  # so that the request just made is among them
    return traces_page(settings.data_dir, request)


def _large(gateway: Gateway, management: Handler) -> LargeHandler:
    """Of the large bodies only an API's may pass as they come."""

    async def collected(request: StreamedRequest, reply: Reply) -> None:
        try:
            whole = await request.whole(MANAGEMENT_BODY_BYTES)
        except BodyLost:
            return
        if whole is None:
            reply.send(message(413, f"Request must be smaller than {MANAGEMENT_BODY_BYTES} bytes"))
        else:
            management(whole, reply)

    def large(request: StreamedRequest, reply: Reply) -> None:
        if gateway.claims(request):
            gateway(request, reply)
        else:
            drive(collected(request, reply), lambda _: None)

    return large


async def _serve(settings: Settings, listener: socket.socket, project: Project | None, tell: Print) -> None:
    status = Status("dev")
    _cancel_on_signal(asyncio.get_running_loop(), asyncio.current_task())
    async with open_dev(settings, status) as handler:
        server = data_server(handler, settings, MANAGEMENT_BODY_BYTES)
        await server.listen(listener)
        settle()
        tell.starting(settings)
        try:
            async with running(project, settings, tell.attempts):
                tell.ready(settings)
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            await drain(server, settings, status, Order.STOP)


def _cancel_on_signal(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None] | None) -> None:
    assert task is not None, "runs inside a task"
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
