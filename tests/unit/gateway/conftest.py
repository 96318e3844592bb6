"""An exchange, built of the real parts that the pure rules read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pytest

from gatewright.catalog.api import Document
from gatewright.gateway.address import Addresses
from gatewright.gateway.content_handling import BinaryTypes
from gatewright.gateway.exchange import Exchange, Outside
from gatewright.gateway.gateway_response import GatewayResponses
from gatewright.gateway.plan import MethodPlan, StagePlan
from gatewright.gateway.router import Router
from gatewright.wire.types import Headers, Request

HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
REQUEST_ID = b"7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11"
EXTENDED_REQUEST_ID = b"OkTz-Fm25PgFdlg="
NOON = 1722506400.0  # Thu, 01 Aug 2024 10:00:00 UTC

MakeExchange = Callable[..., Exchange]


def make_stage(
    *,
    name: str = "dev",
    variables: Mapping[str, str] | None = None,
    binary_types: Iterable[str] = (),
    gateway_responses: Iterable[Document] = (),
    is_canary: bool | None = None,
) -> StagePlan:
    variables = variables or {}
    return StagePlan(
        account="123456789012",
        region="eu-west-1",
        api_id="a1b2c3d4e5",
        name=name,
        deployment_id="d9q2wz",
        variables=variables,
        router=Router(),
        gateway_responses=GatewayResponses(gateway_responses, variables),
        binary_types=BinaryTypes(binary_types),
        minimum_compression_size=None,
        execute_api_disabled=False,
        traced=False,
        unrouted=cast(Any, None),
        is_canary=is_canary,
    )


def make_method(resource_path: str, *, operation_name: str | None = None) -> MethodPlan:
    return MethodPlan(
        resource_id="k3x9a1",
        resource_path=resource_path,
        http_method="ANY",
        operation_name=operation_name,
        admission=None,
        validator=None,
        integration=cast(Any, None),
        series=cast(Any, None),
    )


def make_exchange(
    target: str = "/dev/pets",
    *,
    verb: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    resource_path: str | None = "/pets",
    operation_name: str | None = None,
    path_parameters: Mapping[str, str] | None = None,
    client: str = "198.51.100.7",
    payload_bytes: int = 10_485_760,
    **stage: Any,
) -> Exchange:
    """The exchange of one request to a stage, `dev` unless named; `stage` goes to `make_stage`."""
    path, mark, query = target.partition("?")
    fields = [(b"Host", HOST.encode()), *((name.encode(), value.encode()) for name, value in headers)]
    request = Request(
        verb,
        path,
        query if mark else None,
        Headers(fields),
        body,
        client=client,
        scheme="https",
        server_port=443,
        received=NOON,
    )
    address = Addresses().read(request)
    assert address is not None
    outside = Outside(cast(Any, None), cast(Any, None), cast(Any, None), payload_bytes)
    exchange = Exchange(request, make_stage(**stage), address, (REQUEST_ID, EXTENDED_REQUEST_ID), outside)
    if resource_path is not None:
        exchange.method = make_method(resource_path, operation_name=operation_name)
    exchange.path_parameters = dict(path_parameters or {})
    return exchange


@pytest.fixture(name="exchange")
def exchange_fixture() -> MakeExchange:
    return make_exchange
