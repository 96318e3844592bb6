"""The rooms that several kinds of process have: the catalog and the functions, opened and closed again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.api import Functions
from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings
from gatewright.wire.limits import ServerLimits


@contextmanager
def catalog_room(settings: Settings) -> Iterator[Catalog]:
    """The node's configuration. Raises `CannotStart`; not for a PostgreSQL that is away: a process that comes
    up then serves as soon as it is back."""
    try:
        catalog = _opened(settings)
    except CatalogUnavailable as error:
        raise CannotStart(f"--data-dir {settings.data_dir}: the catalog cannot be opened: {error}") from error
    try:
        yield catalog
    finally:
        catalog.close()


def _opened(settings: Settings) -> Catalog:
    if settings.catalog is None:
        return open_catalog(settings.data_dir)
    from gatewright.catalog import postgres  # large: one machine goes without

    return postgres.open_catalog(settings.catalog, patient=True)


@asynccontextmanager
async def functions_room(catalog: Catalog, settings: Settings) -> AsyncIterator[Functions]:
    """Lambda: embedded, or the endpoint the owner named."""
    functions = _functions(catalog, settings)
    try:
        yield functions
    finally:
        await functions.close()


def _functions(catalog: Catalog, settings: Settings) -> Functions:
    loop = asyncio.get_running_loop()
    if settings.lambda_endpoint:
        from gatewright.functions.remote import RemoteFunctions

        return RemoteFunctions(settings.lambda_endpoint, loop=loop)
    from gatewright.functions.engine import Engine
    from gatewright.functions.settings import FunctionSettings

    limits = settings.limits
    bounds = FunctionSettings(
        settings.data_dir,
        instances=limits.function_instances,
        function_instances=limits.function_instances,
        idle=limits.function_idle_timeout,
    )
    return Engine(catalog, loop=loop, settings=bounds)


def home_partition(settings: Settings) -> Partition:
    """Where requests belong that name no account or region."""
    return Partition(settings.account_id, settings.region)


MANAGEMENT_BODY_BYTES = (
    72 * 1024 * 1024
)  # a zip of Lambda's 50 MB, in base64, with room for what is around it


def server_limits(settings: Settings, body_bytes: int) -> ServerLimits:
    limits = settings.limits
    return ServerLimits(
        header_bytes=limits.header_bytes,
        target_bytes=limits.header_bytes,
        body_bytes=body_bytes,
        connections=limits.connections,
        header_timeout=limits.header_timeout,
        body_timeout=limits.body_timeout,
        idle_timeout=limits.idle_timeout,
    )
