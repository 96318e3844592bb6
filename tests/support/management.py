"""The management port for tests: a real listener on a loop of its own thread, and boto3 clients for it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from gatewright.catalog.api import Catalog, Partition
from gatewright.control.application import Management
from gatewright.control.auth import Verifier
from gatewright.control.context import Services
from gatewright.functions.api import FunctionName, Functions, Outcome, StreamedOutcome
from gatewright.gateway.exchange import Outside
from gatewright.wire.client import Client
from gatewright.wire.pending import Pending
from gatewright.wire.server import Server, ServerLimits
from gatewright.wire.timers import TimerWheel

PARTITION = Partition("111122223333", "us-east-1")


class NoFunctions:
    """For tests in which no function is invoked."""

    is_remote = False

    def invoke(self, function: FunctionName, payload: bytes, **_: Any) -> Pending[Outcome]:
        raise AssertionError(f"{function} was invoked")

    def invoke_streamed(self, function: FunctionName, payload: bytes, **_: Any) -> Pending[StreamedOutcome]:
        raise AssertionError(f"{function} was invoked")

    async def close(self) -> None:
        return None


def outside(loop: asyncio.AbstractEventLoop, functions: Functions) -> Outside:
    """What operations reach the world through; a client is there for backends of this machine."""
    return Outside(Client(loop), functions, TimerWheel(loop), 10_485_760)


@contextmanager
def running_management(
    catalog: Catalog,
    *,
    functions: Functions | None = None,
    verifier: Verifier | None = None,
    services: Services | None = None,
) -> Iterator[str]:
    """Serves `catalog`; the endpoint's URL."""
    loop = asyncio.new_event_loop()
    management = Management(
        catalog,
        services or Services(),
        outside(loop, functions or NoFunctions()),
        loop=loop,
        verifier=verifier,
        default_partition=PARTITION,
    )
    limits = ServerLimits(body_bytes=80_000_000, drain_grace=0)  # clients are done when it ends
    server = Server(management, loop=loop, limits=limits)
    listener = socket.create_server(("127.0.0.1", 0))
    loop.run_until_complete(server.listen(listener))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop() -> bool:
        server.stop_accepting()
        return await server.drain(10)

    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert asyncio.run_coroutine_threadsafe(stop(), loop).result(20)
    finally:
        management.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


@contextmanager
def client_of(
    endpoint: str,
    service: str = "apigateway",
    *,
    access_key: str = PARTITION.account,
    secret_key: str = "any",
    region: str = PARTITION.region,
) -> Iterator[Any]:
    """A boto3 client that asks once and checks nothing by itself."""
    client = boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    try:
        yield client
    finally:
        client.close()
