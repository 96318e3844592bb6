"""AWS_PROXY and AWS to Lambda: what is sent to the function, and what its answer becomes."""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.functions.api import InvocationType
from gatewright.gateway import errors, lambda_answer, lambda_event
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integration_request import IntegrationRequest
from gatewright.gateway.integration_response import Responses
from gatewright.gateway.integrations.invocation import Invocation, function_error, member
from gatewright.gateway.integrations.lambda_trace import answer_fields
from gatewright.gateway.parameters import RequestMappings
from gatewright.gateway.plan import IntegrationAnswer, MethodResponse
from gatewright.wire.types import Field

_INVOCATION_TYPES: Mapping[bytes, InvocationType] = {
    b"requestresponse": "RequestResponse",
    b"event": "Event",
    b"dryrun": "DryRun",
}


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
            outcome.status_code, _error_message(outcome.payload), answer_fields(outcome), outcome.payload
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
    message = member(payload, "errorMessage")
    return message if isinstance(message, str) else ""
