"""TestInvokeMethod: one method of the draft run as it stands, and the execution log of the run.

Authorization, API keys and throttling are skipped; validators are not.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter, time

from gatewright.catalog.api import Document, Partition
from gatewright.gateway import pipeline
from gatewright.gateway.address import Address
from gatewright.gateway.compiler import compile_stage
from gatewright.gateway.deadline import within
from gatewright.gateway.exchange import DirectExchange, Exchange, Outside
from gatewright.gateway.execution_log import render_log
from gatewright.gateway.ids import RequestIds
from gatewright.gateway.method_request.compile import Live
from gatewright.gateway.plan import MethodPlan, MethodResponse, StagePlan, StreamedResponse
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.trace import Trace, shown_fields, shown_head
from gatewright.gateway.vpc_links import FindLink, no_link
from gatewright.telemetry.metrics import Series
from gatewright.wire.client_certificate import ClientCertificate
from gatewright.wire.flow import Collected
from gatewright.wire.types import Field, Headers, Request

STAGE = "test-invoke-stage"
DOMAIN = "testPrefix.testDomainName"
SOURCE_IP = "test-invoke-source-ip"
API_KEY = {"apiKey": "test-invoke-api-key", "apiKeyId": "test-invoke-api-key-id"}
STREAMED_BYTES, STREAMED_SECONDS = 1_048_576, 35.0  # that a test shows of a streamed body
_VARIABLE = re.compile(r"\{([^}+]+)\+?\}")
_SHOWN_OF_FAILURE = frozenset(("content-type", "x-amzn-trace-id"))  # left out as the service leaves them out


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the caller asks to be sent. `path` None stands for the resource's own path template."""

    verb: str
    path: str | None  # with its query string
    body: bytes
    fields: list[Field]
    variables: Mapping[str, str]
    identity: Mapping[str, str]  # the caller's, for `$context.identity`
    certificate: ClientCertificate | None = None  # for HTTP backends that ask for one
    link: FindLink = no_link


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    body: bytes
    fields: list[tuple[str, str]]
    log: str
    milliseconds: int


async def invoke(
    snapshot: Document,
    resource_path: str,
    partition: Partition,
    asked: Invocation,
    outside: Outside,
    settings: GatewaySettings,
) -> Outcome:
    """Run the one method that `snapshot` holds. Raises CannotCompile. Awaits only `Pending` values."""
    stage = _stage(snapshot, partition, asked, settings)
    exchange = _exchange(stage, resource_path, asked, outside)
    trace = exchange.tracing = Trace()
    started = perf_counter()
    response = await pipeline.respond(exchange, _method(stage, resource_path, asked.verb))
    body = response.body
    if isinstance(response, StreamedResponse):
        body = await _collected(response, exchange)
    return Outcome(
        status=response.status,
        body=body,
        fields=_shown(response, failed=exchange.failure is not None),
        log=render_log(exchange.request_id.decode(), trace),
        milliseconds=round((perf_counter() - started) * 1000),
    )


async def _collected(response: StreamedResponse, exchange: Exchange) -> bytes:
    """The beginning of a streamed body, as far as Amazon's test waits for it."""
    collected = Collected(STREAMED_BYTES)
    response.source.pour(collected)
    try:
        body = await within(STREAMED_SECONDS, collected, exchange.outside.timers)
    except Exception as error:  # its time is over, or the stream was cut
        collected.fail(error)
        body = collected.so_far
    response.source.cancel()
    return body[:STREAMED_BYTES]


def _stage(
    snapshot: Document, partition: Partition, asked: Invocation, settings: GatewaySettings
) -> StagePlan:
    stage: Document = {"stageName": STAGE, "deploymentId": "", "variables": dict(asked.variables)}
    live = Live(certificate=asked.certificate, link=asked.link)
    return compile_stage(snapshot, stage, partition, settings, lambda path, verb: Series(), live)


def _method(stage: StagePlan, resource_path: str, verb: str) -> MethodPlan:
    """The snapshot's only method, found by a path that certainly leads to it."""
    found = stage.router.find(_VARIABLE.sub("x", resource_path), verb)
    assert found is not None
    return found[0]


def _exchange(stage: StagePlan, resource_path: str, asked: Invocation, outside: Outside) -> Exchange:
    exchange = direct_exchange(
        stage, asked.verb, asked.path or resource_path, asked.fields, asked.body, outside
    )
    exchange.identity = API_KEY | dict(asked.identity)
    if asked.path is None:
        exchange.path_parameters = {name: f"{{{name}}}" for name in _VARIABLE.findall(resource_path)}
    else:
        found = stage.router.find(exchange.path, asked.verb)
        exchange.path_parameters = {} if found is None else found[1]
    return exchange


def direct_exchange(
    stage: StagePlan, verb: str, target: str, fields: list[Field], body: bytes, outside: Outside
) -> Exchange:
    """The exchange of a request as test invocations send it; `target` is its path with its query string."""
    path, mark, query = target.partition("?")
    if not path.startswith("/"):
        path = f"/{path}"
    request = Request(
        verb,
        path,
        query if mark else None,
        Headers(fields),
        body,
        client=SOURCE_IP,
        scheme="https",
        server_port=443,
        received=time(),
    )
    address = Address(stage.api_id, STAGE, path, path, DOMAIN)
    return DirectExchange(request, stage, address, RequestIds().next(), outside)


def _shown(response: MethodResponse, *, failed: bool) -> list[tuple[str, str]]:
    every = (*shown_head(response.rendered).items(), *_pairs(response.fields))
    return [(name, value) for name, value in every if not (failed and name.lower() in _SHOWN_OF_FAILURE)]


def _pairs(fields: Iterable[Field]) -> Iterable[tuple[str, str]]:
    for field in fields:
        yield from shown_fields([field]).items()
