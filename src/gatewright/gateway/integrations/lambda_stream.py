"""AWS_PROXY with responseTransferMode STREAM: what a function answers goes on as the function makes it.

Before its body stands the prelude: a JSON object with status and header fields, and eight NUL bytes.
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

from __future__ import annotations

from time import perf_counter

from gatewright.functions.api import FunctionFailed, StreamedOutcome
from gatewright.gateway import lambda_answer, lambda_event
from gatewright.gateway.deadline import within
from gatewright.gateway.errors import GatewayError, configuration_error
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integrations.invocation import Invocation, function_error, timed_out
from gatewright.gateway.integrations.lambda_trace import tell_answer
from gatewright.gateway.parameters import RequestMappings
from gatewright.gateway.plan import MethodResponse, StreamedResponse
from gatewright.wire.client import Patience
from gatewright.wire.flow import Rejoined
from gatewright.wire.pending import Pending
from gatewright.wire.watched import Watched

DELIMITER = bytes(8)
PRELUDE_BYTES = 16_384  # within which the delimiter must stand


class LambdaStream:
    """The request as an event, the function's stream as the response."""

    __slots__ = ("_invocation", "_mappings", "_patience")

    def __init__(self, invocation: Invocation, mappings: RequestMappings | None, patience: Patience) -> None:
        self._invocation = invocation
        self._mappings = mappings
        self._patience = patience

    async def run(self, exchange: Exchange) -> MethodResponse:
        if self._mappings is not None:
            self._mappings.apply(exchange)  # ignored by a proxy, but an illegal target still fails
        body = exchange.body
        event = lambda_event.build(
            exchange, body, bool(body) and exchange.stage.binary_types.request(exchange)
        )
        began = perf_counter()
        outcome = await self._invocation.stream(exchange, event, self._patience.head)
        prelude, begun = await self._prelude(exchange, outcome, began)
        try:
            status, fields, length = lambda_answer.parse_prelude(prelude)
        except GatewayError:
            outcome.payload.cancel()
            raise
        fields.insert(0, (b"X-Amzn-Trace-Id", exchange.trace))
        if exchange.tracing is not None:
            tell_answer(exchange, outcome.request_id, prelude)
        left = self._patience.whole - (perf_counter() - began)
        rest = Rejoined(begun, outcome.payload).source
        source = Watched(rest, self._patience.idle, left, exchange.outside.timers)
        return StreamedResponse(status, fields, source, length=length, began=began)

    async def _prelude(
        self, exchange: Exchange, outcome: StreamedOutcome, began: float
    ) -> tuple[bytes, bytes]:
        """The prelude's document, and what came behind the delimiter. Raises GatewayError."""
        prelude = _Prelude()
        outcome.payload.pour(prelude)
        left = self._patience.head - (perf_counter() - began)
        try:
            return await within(max(left, 0.0), prelude, exchange.outside.timers)
        except TimeoutError:
            outcome.payload.cancel()
            raise timed_out() from None
        except FunctionFailed as error:
            raise function_error(error.payload, outcome.request_id) from error
        except _NoPrelude as error:
            outcome.payload.cancel()
            raise configuration_error("Malformed Lambda proxy response", detail=str(error)) from None
        except Exception as error:
            raise configuration_error("The function's stream broke off", detail=str(error)) from error
        finally:
            exchange.integration_latency = perf_counter() - began


class _NoPrelude(Exception):
    pass


class _Prelude(Pending[tuple[bytes, bytes]]):
    """The sink of what comes up to the delimiter."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        super().__init__()
        self._begun = b""

    def write(self, piece: bytes) -> bool:
        self._begun += piece
        prelude, delimiter, rest = self._begun.partition(DELIMITER)
        if len(prelude) > PRELUDE_BYTES:
            self.fail(_NoPrelude(f"no delimiter of 8 NUL bytes stands in its first {PRELUDE_BYTES} bytes"))
            return False
        if delimiter:
            self.resolve((prelude, rest))
            return False
        return True

    def end(self) -> None:
        self.fail(
            _NoPrelude(
                "it ended without a prelude: metadata in JSON, and 8 NUL bytes; a function that does not "
                "stream wants responseTransferMode BUFFERED"
            )
        )
