"""AWS_PROXY and AWS to Lambda: the invocation, and what the function's answer becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import orjson

from gatewright.aws.errors import AwsError
from gatewright.functions.api import (
    FunctionName,
    FunctionNotFound,
    FunctionThrottled,
    InvalidRequestContent,
    InvocationType,
    Outcome,
    PermissionDenied,
    Source,
    StreamedOutcome,
)
from gatewright.functions.names import InvalidParameterValue, parse_function_name
from gatewright.gateway import errors, lambda_answer, lambda_event
from gatewright.gateway.deadline import within
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integration_request import IntegrationRequest
from gatewright.gateway.integration_response import Responses
from gatewright.gateway.parameters import RequestMappings
from gatewright.gateway.plan import IntegrationAnswer, MethodResponse
from gatewright.gateway.trace import Headers, shown_body, shown_fields
from gatewright.wire.pending import Pending
from gatewright.wire.types import Field

_URI = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+):lambda:path/+2015-03-31/functions/(?P<function>.+)/invocations"
)
_STREAMING_URI = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]+):lambda:path/+2021-11-15/functions/(?P<function>.+)"
    r"/response-streaming-invocations"
)
_INVOCATION_TYPES: Mapping[bytes, InvocationType] = {
    b"requestresponse": "RequestResponse",
    b"event": "Event",
    b"dryrun": "DryRun",
}


def function_of(uri: str, account: str, region: str, *, streamed: bool = False) -> FunctionName:
    """The function an integration URI names, to be invoked whole or `streamed`. Raises ValueError when it
    names none, or the other way to invoke it."""
    match = (_STREAMING_URI if streamed else _URI).fullmatch(uri)
    if match is None:
        if (_URI if streamed else _STREAMING_URI).fullmatch(uri):
            raise ValueError(
                "responseTransferMode STREAM goes with the path 2021-11-15/functions/…/"
                f"response-streaming-invocations, BUFFERED with 2015-03-31/functions/…/invocations: {uri!r}"
            )
        raise ValueError(f"{uri!r} does not invoke a Lambda function")
    try:
        return parse_function_name(match["function"], account=account, region=region)
    except InvalidParameterValue as error:
        raise ValueError(error.message) from None


@dataclass(frozen=True, slots=True)
class Invocation:
    """How one integration calls its function."""

    function: FunctionName | None  # None: a stage variable left the URI without a function
    resource: str  # arn:aws:execute-api:{region}:{account}:{api}/{stage}/
    resource_path: str
    account: str
    timeout: float  # seconds

    async def call(
        self, exchange: Exchange, payload: bytes, invocation_type: InvocationType = "RequestResponse"
    ) -> Outcome:
        """Invoke and time it. Raises GatewayError as the failure shows on AWS."""
        if self.function is None:
            raise configuration_error("Invalid permissions on Lambda function")
        arn = f"{self.resource}{exchange.verb}{self.resource_path}"
        if exchange.tracing is not None:
            _tell_request(exchange, self.function, arn, payload)
        started = perf_counter()
        try:
            pending = exchange.outside.functions.invoke(
                self.function,
                payload,
                invocation_type=invocation_type,
                source=Source("apigateway.amazonaws.com", arn, self.account),
                trace_id=exchange.trace.decode("latin-1"),
            )
            outcome = await within(self.timeout, pending, exchange.outside.timers)
        except TimeoutError:
            raise timed_out() from None
        except AwsError as error:
            raise _refused(error, self.function) from error
        finally:
            exchange.integration_latency = perf_counter() - started
        exchange.endpoint_request_id = outcome.request_id
        if exchange.tracing is not None:
            _tell_outcome(exchange, outcome)
        return outcome

    async def stream(self, exchange: Exchange, payload: bytes, timeout: float) -> StreamedOutcome:
        """Invoke it for an answer that comes in pieces, of which the first is there within `timeout` seconds.
        Raises GatewayError as `call` does."""
        if self.function is None:
            raise configuration_error("Invalid permissions on Lambda function")
        arn = f"{self.resource}{exchange.verb}{self.resource_path}"
        if exchange.tracing is not None:
            _tell_request(exchange, self.function, arn, payload)
        pending = exchange.outside.functions.invoke_streamed(
            self.function,
            payload,
            source=Source("apigateway.amazonaws.com", arn, self.account),
            trace_id=exchange.trace.decode("latin-1"),
        )
        try:
            outcome = await within(timeout, pending, exchange.outside.timers)
        except TimeoutError:
            pending.then(_nobody_listens)
            raise timed_out() from None
        except AwsError as error:
            raise _refused(error, self.function) from error
        exchange.endpoint_request_id = outcome.request_id
        return outcome


def _nobody_listens(late: Pending[StreamedOutcome]) -> None:
    try:
        late.result().payload.cancel()
    except AwsError:
        pass  # it failed, for nobody


def timed_out() -> GatewayError:
    return GatewayError(
        errors.INTEGRATION_TIMEOUT,
        "Endpoint request timed out",
        reason="Execution failed due to a timeout error",
        traced=True,
    )


def _tell_request(exchange: Exchange, function: FunctionName, source: str, payload: bytes) -> None:
    assert exchange.tracing is not None
    stage = exchange.stage
    uri = f"https://lambda.{stage.region}.amazonaws.com/2015-03-31/functions/{function.arn}/invocations"
    headers: Headers = {
        "x-amzn-lambda-integration-tag": exchange.request_id.decode(),
        "x-amzn-apigateway-api-id": stage.api_id,
        "X-Amz-Source-Arn": source,
        "Accept": "application/json",
        "User-Agent": f"AmazonAPIGateway_{stage.api_id}",
        "X-Amzn-Trace-Id": exchange.trace.decode("latin-1"),
    }
    exchange.tracing.add("endpoint request", uri=uri, headers=headers, body=shown_body(payload))


def _tell_outcome(exchange: Exchange, outcome: Outcome) -> None:
    assert exchange.tracing is not None
    exchange.tracing.add(
        "endpoint response",
        status=outcome.status_code,
        latencyMs=round((exchange.integration_latency or 0.0) * 1000),
        headers=shown_fields(_answer_fields(outcome)),
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


class LambdaProxy:
    """AWS_PROXY: the request as an event, the function's answer as the response."""

    __slots__ = ("_invocation", "_mappings")

    def __init__(self, invocation: Invocation, mappings: RequestMappings | None) -> None:
        self._invocation = invocation
        self._mappings = mappings

    async def run(self, exchange: Exchange) -> MethodResponse:
        if self._mappings is not None:
            self._mappings.apply(exchange)  # ignored by a proxy, but an illegal target still fails
        types = exchange.stage.binary_types
        body = exchange.body
        event = lambda_event.build(exchange, body, bool(body) and types.request(exchange))
        outcome = await self._invocation.call(exchange, event)
        if outcome.function_error is not None:
            raise function_error(outcome.payload, outcome.request_id)
        accepted = types.accepted(exchange.request.headers.get(b"accept"))
        response = lambda_answer.parse(outcome.payload, accepted)
        response.fields.insert(0, (b"X-Amzn-Trace-Id", exchange.trace))
        return response


class LambdaCustom:
    """AWS to Lambda: mapped both ways; errors are chosen by the function's `errorMessage`."""

    __slots__ = ("_invocation", "_request", "_responses")

    def __init__(self, invocation: Invocation, request: IntegrationRequest, responses: Responses) -> None:
        self._invocation = invocation
        self._request = request
        self._responses = responses

    async def run(self, exchange: Exchange) -> MethodResponse:
        mapped, payload = self._request.prepare(exchange)
        outcome = await self._invocation.call(exchange, payload or b"{}", _invocation_type(mapped.headers))
        answer = IntegrationAnswer(
            outcome.status_code, _error_message(outcome.payload), _answer_fields(outcome), outcome.payload
        )
        response = self._responses.respond(exchange, answer)
        response.rendered = b"X-Amzn-Trace-Id: %b\r\n%b" % (exchange.trace, response.rendered)
        return response


class WrongVerb:
    """A function is invoked by POST: an integration stored with another verb fails every request."""

    async def run(self, exchange: Exchange) -> MethodResponse:
        raise GatewayError(
            errors.INTEGRATION_FAILURE,
            errors.INTERNAL,
            reason="Execution failed due to configuration error: Invalid integration method",
            detail="the integration's httpMethod must be POST to invoke a Lambda function",
            status=500,
            traced=True,
        )


def _invocation_type(headers: list[Field]) -> InvocationType:
    for name, value in headers:
        if name.lower() == b"x-amz-invocation-type":
            wanted = _INVOCATION_TYPES.get(value.lower())
            if wanted is None:
                raise configuration_error(f"X-Amz-Invocation-Type {value.decode('latin-1')!r} is unknown")
            return wanted
    return "RequestResponse"


def _error_message(payload: bytes) -> str:
    """The `errorMessage` member of the function's answer, else the empty string."""
    if b'"errorMessage"' not in payload:
        return ""
    message = _member(payload, "errorMessage")
    return message if isinstance(message, str) else ""


def _member(payload: bytes, name: str) -> Any:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return document.get(name) if isinstance(document, dict) else None


def _answer_fields(outcome: Outcome) -> list[Field]:
    return [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"%d" % len(outcome.payload)),
        (b"x-amzn-RequestId", outcome.request_id.encode()),
        (b"X-Amz-Executed-Version", outcome.executed_version.encode()),
    ]


def function_error(payload: bytes, request_id: str) -> GatewayError:
    message = _member(payload, "errorMessage")
    return GatewayError(
        errors.DEFAULT_5XX,
        errors.INTERNAL,
        reason=f"Lambda execution failed with status 200 due to customer function error: {message}. "
        f"Lambda request id: {request_id}",
        status=502,
        traced=True,
    )


def _refused(error: AwsError, function: FunctionName) -> GatewayError:
    if isinstance(error, PermissionDenied | FunctionNotFound):
        return configuration_error("Invalid permissions on Lambda function", detail=error.message)
    if isinstance(error, FunctionThrottled):
        return configuration_error(
            "Rate Exceeded.", detail=f"Lambda invocation of {function.arn} failed with status: 429"
        )
    if isinstance(error, InvalidRequestContent):
        return GatewayError(errors.DEFAULT_4XX, error.message, reason=error.message, traced=True)
    return GatewayError(
        errors.DEFAULT_5XX,
        errors.INTERNAL,
        reason=f"Execution failed: {error.code} invoking {function.arn}: {error.message}",
        traced=True,
    )
