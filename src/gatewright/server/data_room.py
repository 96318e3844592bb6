"""The data plane as a process opens it: the gateway with its client, its metrics and its log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from gatewright.catalog.api import Catalog
from gatewright.functions.api import Functions
from gatewright.gateway.access import Access
from gatewright.gateway.application import Gateway
from gatewright.gateway.cache_keys import CacheKeys
from gatewright.gateway.callers import Callers, Local
from gatewright.gateway.gateway_response import DataPlaneRefusals
from gatewright.gateway.issuers import IssuerSettings
from gatewright.gateway.jwks import KEY_CLIENT, KeySets
from gatewright.gateway.service_keys import ServiceKeys
from gatewright.gateway.settings import AMAZON_PAYLOAD_BYTES, GatewaySettings
from gatewright.gateway.usage_plans import ApiKeys
from gatewright.gateway.verified_tokens import VerifiedTokens
from gatewright.server.front import Front, Status
from gatewright.server.local_callers import of_serve
from gatewright.server.process import backend_tls_of, tls_of
from gatewright.server.rooms import catalog_room, functions_room, server_limits
from gatewright.server.settings import Settings
from gatewright.server.state_room import state_room
from gatewright.server.test_issuer import key_of, name_of
from gatewright.server.ticker import Ticker
from gatewright.state.api import State
from gatewright.telemetry.metrics import Metrics
from gatewright.telemetry.owner_log import OwnerLog
from gatewright.telemetry.trace_log import TraceLog
from gatewright.wire.client import Client, ClientLimits
from gatewright.wire.server import Server
from gatewright.wire.timers import TimerWheel
from gatewright.wire.types import Handler


@asynccontextmanager
async def gateway_room(
    catalog: Catalog,
    functions: Functions,
    state: State,
    settings: Settings,
    log_target: Path | TextIO,
    local: Local,
) -> AsyncIterator[Gateway]:
    """The gateway, counting and logging; what it counted and logged last is written when it ends."""
    loop = asyncio.get_running_loop()
    bounds = gateway_settings(settings)
    client = Client(
        loop, limits=ClientLimits(answer_bytes=bounds.payload_bytes), tls=backend_tls_of(settings)
    )
    metrics = Metrics(settings.data_dir)
    log = OwnerLog(log_target)
    traces = TraceLog(settings.data_dir)
    keys = ServiceKeys(loop, settings.services.roles)
    async with access_room(catalog, state, settings, local) as access:
        gateway = Gateway(
            catalog,
            client,
            functions,
            loop=loop,
            settings=bounds,
            metrics=metrics,
            log=log,
            traces=traces,
            timers=TimerWheel(loop),
            access=access,
            keys=keys,
        )
        ticker = Ticker(loop, metrics.publish, log.flush, traces.flush)
        await gateway.start()
        try:
            yield gateway
        finally:
            await gateway.close()
            keys.close()
            await client.close()
            ticker.stop()
            metrics.close()


@asynccontextmanager
async def access_room(
    catalog: Catalog, state: State, settings: Settings, local: Local
) -> AsyncIterator[Access]:
    """What admission reaches. `local` finds callers that the catalog does not know."""
    loop = asyncio.get_running_loop()
    client = Client(loop, limits=KEY_CLIENT)
    issuers = gateway_settings(settings).issuers
    key_sets = KeySets(client, issuers, lambda: key_of(settings.data_dir).jwks())
    access = Access(
        state,
        ApiKeys(catalog, loop),
        Callers(catalog, loop, local),
        VerifiedTokens(key_sets),
        CacheKeys(catalog, loop),
    )
    try:
        yield access
    finally:
        access.api_keys.close()
        access.callers.close()
        access.cache_keys.close()
        await client.close()


@asynccontextmanager
async def open_worker(settings: Settings, status: Status) -> AsyncIterator[Handler]:
    """What a worker answers: the APIs."""
    log = settings.data_dir / "logs" / "gateway.log"
    with catalog_room(settings) as catalog, state_room(settings) as state:
        async with (
            functions_room(catalog, settings) as functions,
            gateway_room(catalog, functions, state, settings, log, of_serve(settings)) as gateway,
        ):
            yield Front(gateway, {"health": status.page}, gateway)


def gateway_settings(settings: Settings) -> GatewaySettings:
    return GatewaySettings(
        integration_timeout_ms=settings.limits.integration_timeout_ms,
        payload_bytes=settings.limits.body_bytes,
        tracing=settings.tracing,
        account_rate=settings.limits.account_rate,
        account_burst=settings.limits.account_burst,
        join_cache_misses=settings.cache.join_misses,
        issuers=IssuerSettings(
            places=settings.issuers,
            test_issuer=name_of(settings),
            unmapped_to_test_issuer=settings.test_issuer == "unmapped",
            keys_lifetime=settings.issuer_keys_lifetime,
            refetch_floor=settings.issuer_refetch_floor,
        ),
        services=settings.services,
        load_balancers=settings.load_balancers,
    )


def data_server(handler: Handler, settings: Settings, body_bytes: int | None = None) -> Server:
    """`body_bytes` lets larger bodies in than the APIs take, for a port that answers more than APIs."""
    raised = settings.limits.body_bytes > AMAZON_PAYLOAD_BYTES
    return Server(
        handler,
        loop=asyncio.get_running_loop(),
        limits=server_limits(settings, max(body_bytes or 0, settings.limits.body_bytes)),
        large=handler.large if raised and isinstance(handler, Front) else None,
        refusals=DataPlaneRefusals(settings.limits.body_bytes),
        tls=tls_of(settings),
        proxy_protocol=settings.proxy_protocol,
    )
