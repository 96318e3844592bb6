"""What responseTransferMode STREAM does not go with, said at deployment."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.catalog.api import Document, Partition
from gatewright.gateway.compiler import check_deployment, compile_stage
from gatewright.gateway.errors import CannotCompile
from gatewright.gateway.integrations.http import HttpProxy
from gatewright.gateway.integrations.http_stream import HttpPassThrough, HttpStream
from gatewright.gateway.integrations.lambda_stream import LambdaStream
from gatewright.gateway.plan import StagePlan
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.vpc_links import no_link
from gatewright.telemetry.metrics import Series
from gatewright.wire.flow import Flow
from gatewright.wire.inflow import StreamedRequest
from gatewright.wire.types import Field, Headers, Request

HOME = Partition("123456789012", "eu-west-1")
HTTP = {
    "type": "HTTP_PROXY",
    "httpMethod": "GET",
    "uri": "http://127.0.0.1:9/",
    "responseTransferMode": "STREAM",
}
LAMBDA_PATH = "arn:aws:apigateway:eu-west-1:lambda:path"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
BUFFERED_URI = f"{LAMBDA_PATH}/2015-03-31/functions/{FUNCTION}/invocations"
STREAMED_URI = f"{LAMBDA_PATH}/2021-11-15/functions/{FUNCTION}/response-streaming-invocations"
LAMBDA = {**HTTP, "type": "AWS_PROXY", "httpMethod": "POST", "uri": STREAMED_URI}


def snapshot(integration: Document, method: Document | None = None, **rest_api: Any) -> Document:
    document = {"httpMethod": "GET", "authorizationType": "NONE", **(method or {})}
    document["methodIntegration"] = {"timeoutInMillis": 29_000, **integration}
    return {
        "restApi": {"id": "a1b2c3d4e5", **rest_api},
        "models": [],
        "requestValidators": [],
        "gatewayResponses": [],
        "resources": [{"id": "r", "path": "/events", "resourceMethods": {"GET": document}}],
    }


def compiled(document: Document, settings: GatewaySettings | None = None, **stage: Any) -> StagePlan:
    stage = {"stageName": "prod", "deploymentId": "d", **stage}
    return compile_stage(document, stage, HOME, settings or GatewaySettings(), lambda path, verb: Series())


def integration_of(plan: StagePlan) -> Any:
    match = plan.router.find("/events", "GET")
    assert match is not None
    return match[0].integration


@pytest.mark.parametrize(
    ("integration", "rest_api", "reason"),
    [
        ({"type": "HTTP"}, {}, "STREAM is for HTTP_PROXY and AWS_PROXY, not for HTTP; use BUFFERED"),
        ({"type": "MOCK"}, {}, "not for MOCK"),
        ({"contentHandling": "CONVERT_TO_TEXT"}, {}, "remove contentHandling CONVERT_TO_TEXT"),
        ({"cacheKeyParameters": ["method.request.querystring.a"]}, {}, "remove cacheKeyParameters"),
        ({}, {"minimumCompressionSize": 0}, "remove minimumCompressionSize"),
        (
            {"integrationResponses": {"200": {"responseTemplates": {"application/json": "x"}}}},
            {},
            "integration response 200 has responseTemplates",
        ),
        ({"timeoutInMillis": 900_001}, {}, "timeoutInMillis 900001 is not between 50 and 900000"),
        ({**LAMBDA, "uri": BUFFERED_URI}, {}, "STREAM goes with the path 2021-11-15"),
        ({**LAMBDA, "responseTransferMode": "BUFFERED"}, {}, "BUFFERED with 2015-03-31"),
    ],
)
def test_a_deployment_is_refused(integration: Document, rest_api: Document, reason: str) -> None:
    with pytest.raises(CannotCompile) as refused:
        check_deployment(snapshot({**HTTP, **integration}, **rest_api), HOME, GatewaySettings(), no_link)
    assert str(refused.value).startswith("GET /events: ")
    assert reason in str(refused.value)


@pytest.mark.parametrize("key", ["*/*", "/events/GET", "~1events/GET"])
def test_a_stage_that_caches_the_method_is_refused(key: str) -> None:
    with pytest.raises(CannotCompile, match="a streamed response is not cached"):
        compiled(snapshot(HTTP), cacheClusterEnabled=True, methodSettings={key: {"cachingEnabled": True}})


def test_the_closest_setting_counts() -> None:
    settings = {"*/*": {"cachingEnabled": True}, "~1events/GET": {"cachingEnabled": False}}
    assert isinstance(
        integration_of(compiled(snapshot(HTTP), cacheClusterEnabled=True, methodSettings=settings)),
        HttpStream,
    )


def test_what_streams() -> None:
    responses = {"integrationResponses": {"200": {"statusCode": "200"}}}  # as exports have them
    longest = snapshot({**HTTP, **responses, "timeoutInMillis": 900_000})
    assert isinstance(integration_of(compiled(longest)), HttpStream)
    assert isinstance(integration_of(compiled(snapshot(LAMBDA))), LambdaStream)


class Shut:
    """The valve of a body that nobody takes."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def cancel(self) -> None: ...


def upload(length: int | None, *fields: Field) -> StreamedRequest:
    request = Request("POST", "/", headers=Headers(fields))
    return StreamedRequest(request, Flow(Shut()), length, [])


@pytest.mark.parametrize(
    ("integration", "method", "uploads"),
    [
        ({}, {}, True),
        ({"contentHandling": "CONVERT_TO_TEXT"}, {}, False),
        ({"requestParameters": {"integration.request.header.x": "method.request.body.a"}}, {}, False),
        ({}, {"authorizationType": "AWS_IAM"}, False),
    ],
)
def test_where_uploads_pass_is_decided_by_who_needs_the_body(
    integration: Document, method: Document, uploads: bool
) -> None:
    raised = GatewaySettings(payload_bytes=1 << 30)
    document = snapshot({**HTTP, "responseTransferMode": "BUFFERED", **integration}, method)
    passing = integration_of(compiled(document, raised))
    assert isinstance(passing, HttpPassThrough)
    assert passing.takes(upload(11 << 20)) is uploads
    assert passing.takes(upload(None)) is uploads
    assert not passing.takes(upload(10 << 20))
    assert not passing.takes(upload(11 << 20, (b"Content-Encoding", b"gzip")))
    assert isinstance(integration_of(compiled(document)), HttpProxy)
