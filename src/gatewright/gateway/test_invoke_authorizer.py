"""TestInvokeAuthorizer: an authorizer of the draft asked as it stands, and the log of that.

What a function answers is read and not decided on; a user pool takes ID tokens only. Nothing is cached.
https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeAuthorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import orjson

from gatewright.aws.policy.execute_api import method_arn, stage_arn
from gatewright.catalog.api import Document, Partition
from gatewright.gateway.compiler import compile_stage
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange, Outside
from gatewright.gateway.execution_log import render_authorizer_log
from gatewright.gateway.method_request.authorizers.lambda_ import LambdaAuthorizer, Told
from gatewright.gateway.plan import StagePlan
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.test_invoke import API_KEY, STAGE, direct_exchange
from gatewright.gateway.trace import Trace
from gatewright.telemetry.metrics import Series
from gatewright.wire.types import Field

ARN_STAGE = "ESTestInvoke-stage"  # what the method ARN names
RESOURCE_ID = "test-invoke-resource-id"
VERB = "GET"
LAMBDA_TYPES = ("TOKEN", "REQUEST")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the caller asks to be sent."""

    path: str  # with its query string
    fields: list[Field]
    variables: Mapping[str, str]
    context: Mapping[str, str]  # values of `context.…` identity sources, by these expressions


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int  # 0 when the function answered, else 401 or 500
    log: str
    milliseconds: int
    principal_id: str | None
    policy: str | None  # JSON
    claims: dict[str, str] | None  # of a user pool's token


async def invoke(
    rest_api: Document,
    authorizer: Document,
    partition: Partition,
    asked: Invocation,
    outside: Outside,
    settings: GatewaySettings,
) -> Outcome:
    """Raises CannotCompile for an authorizer that cannot be enforced. Awaits only `Pending` values."""
    stage = _stage(rest_api, authorizer, partition, asked, settings)
    exchange = _exchange(stage, asked, outside)
    trace = exchange.tracing = Trace()
    started = perf_counter()
    told: Told | None = None
    failure: GatewayError | None = None
    try:
        told = await _ask(exchange, asked.context)
    except GatewayError as error:
        failure = error
    return Outcome(
        status=0 if failure is None else failure.status,
        log=render_authorizer_log(exchange.request_id.decode(), trace, failure),
        milliseconds=round((perf_counter() - started) * 1000),
        principal_id=None if told is None else told.answer.principal_id,
        policy=None if told is None else _policy(told),
        claims=(exchange.authorizer or {}).get("claims"),
    )


async def _ask(exchange: Exchange, context: Mapping[str, str]) -> Told | None:
    """What a function told; None where a token was accepted without one."""
    assert exchange.method is not None
    assert exchange.method.admission is not None
    authorizer = exchange.method.admission.authorizer
    if not isinstance(authorizer, LambdaAuthorizer):
        await exchange.method.admission.authorize(exchange)
        return None
    stage = exchange.stage
    arn = method_arn(
        stage_arn(stage.region, stage.account, stage.api_id, ARN_STAGE), exchange.verb, exchange.path
    )
    facts = authorizer.begin(exchange)
    identity = authorizer.identity.read(exchange, context)
    return await authorizer.ask(exchange, arn, identity, facts)


def _policy(told: Told) -> str:
    return orjson.dumps(orjson.loads(told.payload)["policyDocument"]).decode()


def _stage(
    rest_api: Document,
    authorizer: Document,
    partition: Partition,
    asked: Invocation,
    settings: GatewaySettings,
) -> StagePlan:
    """A stage with one method, which the authorizer guards."""
    method: Document = {
        "httpMethod": VERB,
        "authorizationType": "CUSTOM" if authorizer["type"] in LAMBDA_TYPES else authorizer["type"],
        "authorizerId": authorizer["id"],
        "methodIntegration": {"type": "MOCK"},
    }
    snapshot: Document = {
        "restApi": {name: rest_api[name] for name in rest_api if name != "policy"},
        "authorizers": [authorizer],
        "models": [],
        "requestValidators": [],
        "gatewayResponses": [],
        "resources": [{"id": RESOURCE_ID, "path": "/", "resourceMethods": {VERB: method}}],
    }
    stage: Document = {"stageName": STAGE, "deploymentId": "", "variables": dict(asked.variables)}
    return compile_stage(snapshot, stage, partition, settings, lambda path, verb: Series())


def _exchange(stage: StagePlan, asked: Invocation, outside: Outside) -> Exchange:
    exchange = direct_exchange(stage, VERB, asked.path, asked.fields, b"", outside)
    exchange.identity = API_KEY
    found = stage.router.find("/", VERB)
    assert found is not None
    exchange.method = found[0]
    return exchange
