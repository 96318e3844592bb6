"""The call of a Lambda authorizer's function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/call-api-gateway-lambda-authorizer.html
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from gatewright.aws.errors import AwsError
from gatewright.aws.sigv4 import Secret
from gatewright.functions.api import (
    FunctionName,
    FunctionNotFound,
    Invoker,
    Outcome,
    PermissionDenied,
    Source,
)
from gatewright.gateway.deadline import within
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integrations.invoker import invoker_of
from gatewright.gateway.masking import without_secrets
from gatewright.gateway.method_request.authorizers.lambda_failures import misconfigured, unauthorized
from gatewright.gateway.service_keys import NOT_ASSUMED

TIMEOUT = 29.0  # seconds; the service waits about as long
UNAUTHORIZED = "Unauthorized"  # the errorMessage by which a function refuses a caller


@dataclass(frozen=True, slots=True)
class AuthorizerFunction:
    """Which function is asked, and on whose behalf."""

    function: FunctionName | None  # None: a stage variable left the URI without a function
    source_arn: str  # arn:aws:execute-api:{region}:{account}:{api}/authorizers/{id}
    account: str
    credentials: str = ""  # the ARN of a role that may invoke it; empty: the function's policy decides
    timeout: float = TIMEOUT

    @property
    def named(self) -> FunctionName:
        """Raises GatewayError 500 where there is none."""
        if self.function is None:
            raise misconfigured("Invalid permissions on Lambda function", "authorizerUri names no function")
        return self.function

    @property
    def uri(self) -> str:
        """Where the service would send the event."""
        arn = self.function.arn if self.function else ""
        region = self.source_arn.split(":")[3]
        return f"https://lambda.{region}.amazonaws.com/2015-03-31/functions/{arn}/invocations"

    def headers(self, exchange: Exchange) -> dict[str, str]:
        """What the service would send with it."""
        api = exchange.stage.api_id
        return {
            "x-amzn-lambda-integration-tag": exchange.request_id.decode(),
            "x-amzn-apigateway-api-id": api,
            "X-Amz-Source-Arn": self.source_arn,
            "Accept": "application/json",
            "User-Agent": f"AmazonAPIGateway_{api}",
        }

    async def ask(self, exchange: Exchange, event: bytes, secrets: list[str]) -> bytes:
        """The function's answer. Raises GatewayError: 401 when the function says so, else 500; what it tells
        of the failure is without the secrets."""
        outcome = await self._invoke(exchange, event)
        if outcome.function_error is not None:
            raise _failed(exchange, outcome, secrets)
        return outcome.payload

    async def _invoke(self, exchange: Exchange, event: bytes) -> Outcome:
        function = self.named
        try:
            source, secret = await self._invoker(exchange)
            pending = exchange.outside.functions.invoke(
                function, event, source=source, secret=secret, trace_id=exchange.trace.decode("latin-1")
            )
            return await within(self.timeout, pending, exchange.outside.timers)
        except TimeoutError:
            why = f"{function.arn} did not answer within {self.timeout:g} seconds"
            raise misconfigured("Authorizer error", why) from None
        except (PermissionDenied, FunctionNotFound) as error:
            raise misconfigured("Invalid permissions on Lambda function", error.message) from error
        except AwsError as error:
            raise misconfigured("Authorizer error", f"{error.code}: {error.message}") from error

    async def _invoker(self, exchange: Exchange) -> tuple[Invoker, Secret | None]:
        service = Source("apigateway.amazonaws.com", self.source_arn, self.account)
        try:
            return await invoker_of(exchange, self.credentials, service, self.timeout)
        except GatewayError as error:
            raise misconfigured(NOT_ASSUMED, error.detail) from error


def _failed(exchange: Exchange, outcome: Outcome, secrets: list[str]) -> GatewayError:
    message = _error_message(outcome.payload)
    if message == UNAUTHORIZED:
        return unauthorized(exchange, "the function says so")
    told = without_secrets(str(message), secrets)
    why = f"the function failed: {told}. Lambda request id: {outcome.request_id}"
    return misconfigured("Authorizer error", why)


def _error_message(payload: bytes) -> object:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return document.get("errorMessage") if isinstance(document, dict) else None
