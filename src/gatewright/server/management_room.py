"""The management APIs as a process opens them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gatewright.catalog.api import Catalog
from gatewright.control.application import Management
from gatewright.control.auth import Verifier
from gatewright.control.context import Limits, Services
from gatewright.functions.api import Functions
from gatewright.gateway.exchange import Outside
from gatewright.gateway.service_keys import ServiceKeys
from gatewright.server.data_room import access_room, gateway_settings
from gatewright.server.front import Front, Page, Status, metrics_page
from gatewright.server.judging import judging
from gatewright.server.key_rotation import rotating_cache_keys
from gatewright.server.owner_pages import owner_pages
from gatewright.server.process import backend_tls_of, tls_of
from gatewright.server.rooms import (
    MANAGEMENT_BODY_BYTES,
    catalog_room,
    functions_room,
    home_partition,
    server_limits,
)
from gatewright.server.settings import Settings
from gatewright.server.state_room import Housekeeper, StageCaches, Usage, kept_in_order, state_room
from gatewright.server.test_issuer import announce, issuer_pages
from gatewright.state.api import State
from gatewright.telemetry.metrics import render
from gatewright.wire.client import Client
from gatewright.wire.server import Server
from gatewright.wire.timers import TimerWheel
from gatewright.wire.types import Handler, Request, Response


@asynccontextmanager
async def management_room(
    catalog: Catalog, functions: Functions, state: State, settings: Settings, verifier: Verifier | None
) -> AsyncIterator[Management]:
    """The management APIs; `verifier` None accepts any credentials."""
    limits = Limits(
        integration_timeout_ms=settings.limits.integration_timeout_ms,
        account_burst_limit=settings.limits.account_burst,
        account_rate_limit=settings.limits.account_rate,
        openapi_strict=settings.openapi_strict,
    )
    loop = asyncio.get_running_loop()
    client = Client(loop, tls=backend_tls_of(settings))
    keys = ServiceKeys(loop, settings.services.roles)
    async with access_room(catalog, state, settings, _nobody) as access:
        management = Management(
            catalog,
            Services(
                limits=limits,
                gateway=gateway_settings(settings),
                usage=Usage(state),
                caches=StageCaches(state),
            ),
            Outside(client, functions, TimerWheel(loop), settings.limits.body_bytes, access, keys),
            loop=loop,
            verifier=verifier,
            default_partition=home_partition(settings),
        )
        try:
            yield management
        finally:
            management.close()
            keys.close()
            await client.close()


def _nobody(_access_key: str) -> None:
    """Drafts that are tested admit no signed callers."""


def management_pages(settings: Settings, status: Status, housekeeper: Housekeeper) -> dict[str, Page]:
    def metrics(_request: Request) -> Response:
        return metrics_page(render(settings.data_dir, housekeeper.gauges()))

    own: dict[str, Page] = {"health": status.page, "metrics": metrics}
    return own | issuer_pages(settings)


@asynccontextmanager
async def open_control(settings: Settings, status: Status) -> AsyncIterator[Handler]:
    """What the control process answers: the management APIs, for requests signed with the node's key."""
    verifier = Verifier(settings.credentials)
    announce(settings)
    with catalog_room(settings) as catalog, state_room(settings) as state:
        async with (
            functions_room(catalog, settings) as functions,
            management_room(catalog, functions, state, settings, verifier) as management,
            kept_in_order(state) as housekeeper,
            rotating_cache_keys(catalog, settings.cache.key_lifetime),
            judging(catalog, settings),
        ):
            own = management_pages(settings, status, housekeeper)
            yield Front(management, own | owner_pages(catalog, settings, verifier))


def management_server(handler: Handler, settings: Settings) -> Server:
    return Server(
        handler,
        loop=asyncio.get_running_loop(),
        limits=server_limits(settings, MANAGEMENT_BODY_BYTES),
        tls=tls_of(settings),
    )
