"""What a trace tells of an invocation: the call as Amazon makes it, and the function's answer."""

from __future__ import annotations

from gatewright.functions.api import FunctionName, Outcome
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.trace import Headers, shown_body, shown_fields
from gatewright.wire.types import Field

_WHOLE = "2015-03-31", "invocations"
_STREAMED = "2021-11-15", "response-streaming-invocations"


def tell_request(
    exchange: Exchange, function: FunctionName, source: str, payload: bytes, *, streamed: bool = False
) -> None:
    assert exchange.tracing is not None
    stage = exchange.stage
    version, kind = _STREAMED if streamed else _WHOLE
    uri = f"https://lambda.{stage.region}.amazonaws.com/{version}/functions/{function.arn}/{kind}"
    headers: Headers = {
        "x-amzn-lambda-integration-tag": exchange.request_id.decode(),
        "x-amzn-apigateway-api-id": stage.api_id,
        "X-Amz-Source-Arn": source,
        "Accept": "application/json",
        "User-Agent": f"AmazonAPIGateway_{stage.api_id}",
        "X-Amzn-Trace-Id": exchange.trace.decode("latin-1"),
    }
    exchange.tracing.add("endpoint request", uri=uri, headers=headers, body=shown_body(payload))


def tell_outcome(exchange: Exchange, outcome: Outcome) -> None:
    assert exchange.tracing is not None
    exchange.tracing.add(
        "endpoint response",
        status=outcome.status_code,
        latencyMs=round((exchange.integration_latency or 0.0) * 1000),
        headers=shown_fields(answer_fields(outcome)),
        body=shown_body(outcome.payload),
    )


def tell_answer(exchange: Exchange, request_id: str, prelude: bytes) -> None:
    """Of a streamed answer its prelude."""
    assert exchange.tracing is not None
    exchange.tracing.add(
        "endpoint response",
        status=200,
        latencyMs=round((exchange.integration_latency or 0.0) * 1000),
        headers={"x-amzn-RequestId": request_id},
        body=shown_body(prelude),
    )


def answer_fields(outcome: Outcome) -> list[Field]:
    return [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(outcome.payload)),
        (b"x-amzn-RequestId", outcome.request_id.encode()),
        (b"X-Amz-Executed-Version", outcome.executed_version.encode()),
    ]
