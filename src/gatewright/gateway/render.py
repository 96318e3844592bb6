"""One mapping template rendered outside a deployment, for an event: the same code as in the gateway.

An event has the shape of a Lambda proxy event (payload 1.0); every member may be missing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import orjson

from gatewright.gateway.address import Address
from gatewright.gateway.content_handling import BinaryTypes
from gatewright.gateway.exchange import DirectExchange, Exchange, Outside
from gatewright.gateway.gateway_response import GatewayResponses
from gatewright.gateway.ids import RequestIds
from gatewright.gateway.mapping_template.template import changes_payload, variables_of
from gatewright.gateway.plan import Integration, MethodPlan, StagePlan
from gatewright.gateway.router import Router
from gatewright.telemetry.metrics import Series
from gatewright.vtl import Step, compile_template
from gatewright.wire.types import Field, Headers, Request

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template came to. `overrides` has `requestOverride` and `responseOverride`, as far as set."""

    output: str
    overrides: dict[str, Any]
    steps: list[Step]

    @property
    def missing(self) -> list[Step]:
        """The references that found nothing, each with its line and column."""
        return [step for step in self.steps if step.missing]


def render(template: str, event: Event) -> Rendered:
    """Render for the event's body. Raises TemplateSyntaxError, RenderError, and ValueError for a payload or a
    path that cannot be read."""
    compiled = compile_template(template)
    exchange = exchange_of(event)
    steps: list[Step] = []
    variables = variables_of(exchange, _body(event), changed=changes_payload(template))
    output = compiled.render_traced(variables, steps.append)
    overrides = exchange.overrides
    made = {} if overrides is None else overrides.as_documents()
    return Rendered(output, made, steps)


def exchange_of(event: Event) -> Exchange:
    """An exchange that knows what the event tells; the rest has plausible values."""
    context: Mapping[str, Any] = event.get("requestContext") or {}
    identity = _texts(context.get("identity"))
    stage = _stage(event, context)
    path = str(event.get("path") or "/")
    request = Request(
        str(event.get("httpMethod") or "GET"),
        path,
        _query(event),
        Headers(_fields(event)),
        _body(event).encode(),
        client=identity.get("sourceIp", "127.0.0.1"),
        received=float(context.get("requestTimeEpoch") or 0) / 1000,
    )
    domain = str(context.get("domainName") or f"{stage.api_id}.execute-api.{stage.region}.amazonaws.com")
    shown_path = str(context.get("path") or f"/{stage.name}{path}")
    address = Address(stage.api_id, stage.name, path, shown_path, domain)
    exchange = DirectExchange(request, stage, address, _ids(context), cast(Outside, None))  # calls nothing
    exchange.path_parameters = _texts(event.get("pathParameters"))
    exchange.identity = identity
    exchange.method = _method(event, context)
    return exchange


def _stage(event: Event, context: Mapping[str, Any]) -> StagePlan:
    return StagePlan(
        account=str(context.get("accountId") or "000000000000"),
        region="us-east-1",
        api_id=str(context.get("apiId") or "a1b2c3d4e5"),
        name=str(context.get("stage") or "test"),
        deployment_id=str(context.get("deploymentId") or "d1e2f3"),
        variables=_texts(event.get("stageVariables")),
        router=Router(),
        gateway_responses=GatewayResponses([], {}),
        binary_types=BinaryTypes([]),
        minimum_compression_size=None,
        execute_api_disabled=False,
        traced=False,
        unrouted=Series(),
    )


def _method(event: Event, context: Mapping[str, Any]) -> MethodPlan:
    return MethodPlan(
        resource_id=str(context.get("resourceId") or "r1e2s3"),
        resource_path=str(event.get("resource") or context.get("resourcePath") or event.get("path") or "/"),
        http_method=str(event.get("httpMethod") or "GET"),
        operation_name=None,
        admission=None,
        validator=None,
        integration=cast(Integration, None),  # is not run
        series=Series(),
    )


def _ids(context: Mapping[str, Any]) -> tuple[bytes, bytes]:
    request_id, extended = RequestIds().next()
    return (
        str(context.get("requestId") or request_id.decode()).encode(),
        str(context.get("extendedRequestId") or extended.decode()).encode(),
    )


def _body(event: Event) -> str:
    body = event.get("body")
    if body is None:
        return ""
    if not isinstance(body, str):
        return orjson.dumps(body).decode()
    return base64.b64decode(body).decode("utf-8", "replace") if event.get("isBase64Encoded") else body


def _fields(event: Event) -> list[Field]:
    several = event.get("multiValueHeaders") or _each_alone(event.get("headers"))
    return [(name.encode(), str(value).encode()) for name, values in several.items() for value in values]


def _query(event: Event) -> str | None:
    several = event.get("multiValueQueryStringParameters") or _each_alone(event.get("queryStringParameters"))
    return urlencode(several, doseq=True) or None


def _each_alone(values: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    return {name: [value] for name, value in (values or {}).items()}


def _texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (values or {}).items() if value is not None}
