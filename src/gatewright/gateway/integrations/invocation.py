"""An integration calls its function; what goes wrong shows as it does on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import orjson

from gatewright.aws.errors import AwsError
from gatewright.aws.sigv4 import Secret
from gatewright.functions.api import (
    FunctionName,
    FunctionNotFound,
    FunctionThrottled,
    InvalidRequestContent,
    InvocationType,
    Invoker,
    Outcome,
    PayloadTooLarge,
    PermissionDenied,
    Source,
    StreamedOutcome,
)
from gatewright.gateway import errors
from gatewright.gateway.deadline import within
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integrations.invoker import invoker_of
from gatewright.gateway.integrations.lambda_trace import tell_outcome, tell_request
from gatewright.wire.pending import Pending


@dataclass(frozen=True, slots=True)
class Invocation:
    """How one integration calls its function."""

    function: FunctionName | None  # None: a stage variable left the URI without a function
    resource: str  # arn:aws:execute-api:{region}:{account}:{api}/{stage}/
    resource_path: str
    account: str
    timeout: float  # seconds
    credentials: str = ""  # a role's ARN or the caller's, see `invoker`; empty: the function's policy decides

    async def call(
        self, exchange: Exchange, payload: bytes, invocation_type: InvocationType = "RequestResponse"
    ) -> Outcome:
        """Invoke and time it. Raises GatewayError as the failure shows on AWS."""
        if self.function is None:
            raise configuration_error("Invalid permissions on Lambda function")
        arn = f"{self.resource}{exchange.verb}{self.resource_path}"
        if exchange.tracing is not None:
            tell_request(exchange, self.function, arn, payload)
        started = perf_counter()
        try:
            source, secret = await self._invoker(exchange, arn)
            pending = exchange.outside.functions.invoke(
                self.function,
                payload,
                invocation_type=invocation_type,
                source=source,
                secret=secret,
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
            tell_outcome(exchange, outcome)
        return outcome

    async def stream(self, exchange: Exchange, payload: bytes, timeout: float) -> StreamedOutcome:
        """Invoke it for an answer that comes in pieces, of which the first is there within `timeout` seconds.
        Raises GatewayError as `call` does."""
        if self.function is None:
            raise configuration_error("Invalid permissions on Lambda function")
        arn = f"{self.resource}{exchange.verb}{self.resource_path}"
        if exchange.tracing is not None:
            tell_request(exchange, self.function, arn, payload, streamed=True)
        try:
            source, secret = await self._invoker(exchange, arn)
        except TimeoutError:
            raise timed_out() from None
        pending = exchange.outside.functions.invoke_streamed(
            self.function,
            payload,
            source=source,
            secret=secret,
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

    async def _invoker(self, exchange: Exchange, arn: str) -> tuple[Invoker, Secret | None]:
        service = Source("apigateway.amazonaws.com", arn, self.account)
        return await invoker_of(exchange, self.credentials, service, self.timeout)


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


def _refused(error: AwsError, function: FunctionName) -> GatewayError:
    if isinstance(error, PermissionDenied | FunctionNotFound):
        return configuration_error("Invalid permissions on Lambda function", detail=error.message)
    if isinstance(error, FunctionThrottled):
        return configuration_error(
            "Rate Exceeded.", detail=f"Lambda invocation of {function.arn} failed with status: 429"
        )
    if isinstance(error, PayloadTooLarge):
        return GatewayError(
            errors.REQUEST_TOO_LARGE,
            "Request Too Long",
            reason=f"Execution failed: the event for {function.arn} is too large: {error.message}",
            traced=True,
        )
    if isinstance(error, InvalidRequestContent):
        return GatewayError(errors.DEFAULT_4XX, error.message, reason=error.message, traced=True)
    return GatewayError(
        errors.DEFAULT_5XX,
        errors.INTERNAL,
        reason=f"Execution failed: {error.code} invoking {function.arn}: {error.message}",
        traced=True,
    )


def function_error(payload: bytes, request_id: str) -> GatewayError:
    message = member(payload, "errorMessage")
    return GatewayError(
        errors.DEFAULT_5XX,
        errors.INTERNAL,
        reason=f"Lambda execution failed with status 200 due to customer function error: {message}. "
        f"Lambda request id: {request_id}",
        status=502,
        traced=True,
    )


def member(payload: bytes, name: str) -> Any:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return document.get(name) if isinstance(document, dict) else None
