"""The data plane as a handler: address → stage → pipeline → standard headers → the wire."""

from __future__ import annotations

import asyncio
from time import perf_counter, time

from gatewright.catalog.api import Catalog
from gatewright.functions.api import Functions
from gatewright.gateway import pipeline
from gatewright.gateway.access import Access
from gatewright.gateway.address import Address, Addresses
from gatewright.gateway.compression import compress
from gatewright.gateway.errors import DEFAULT_5XX, INTERNAL, GatewayError
from gatewright.gateway.exchange import Exchange, Outside
from gatewright.gateway.gateway_response import DataPlaneRefusals, front_end
from gatewright.gateway.ids import RequestIds
from gatewright.gateway.plan import MethodResponse, StagePlan, StreamedResponse
from gatewright.gateway.plans import Plans
from gatewright.gateway.service_keys import ServiceKeys
from gatewright.gateway.settings import TRACE_HEADER, GatewaySettings
from gatewright.gateway.trace import Trace, tell_canary, tell_stream
from gatewright.gateway.trace_record import record, refusal_record, unknown_api_record
from gatewright.telemetry.metrics import Metrics
from gatewright.telemetry.owner_log import OwnerLog
from gatewright.telemetry.trace_log import UNKNOWN, TraceLog
from gatewright.wire.client import Client
from gatewright.wire.pending import drive
from gatewright.wire.relay import Relay
from gatewright.wire.timers import TimerWheel
from gatewright.wire.types import Reply, Request, Response, render_fields

METHOD_ARN_BYTES = 1_600  # Amazon's limit on the ARN that a request's method has
LONG_PATH = 1_000  # a shorter path cannot make the ARN too long


class Gateway:
    """Serves every API of the catalog on one listener."""

    def __init__(
        self,
        catalog: Catalog,
        client: Client,
        functions: Functions,
        *,
        loop: asyncio.AbstractEventLoop,
        settings: GatewaySettings,
        metrics: Metrics,
        log: OwnerLog,
        traces: TraceLog,
        timers: TimerWheel,
        access: Access,
        keys: ServiceKeys,
    ) -> None:
        self._plans = Plans(
            catalog, settings, metrics, (access.api_keys, access.callers, access.cache_keys), loop
        )
        self._cache_keys = access.cache_keys
        self._outside = Outside(client, functions, timers, settings.payload_bytes, access, keys)
        self._log = log
        self._traces = traces
        self._trace_all = settings.tracing == "all"
        self._trace_header = settings.tracing == "header"
        self._refusals = DataPlaneRefusals(settings.payload_bytes)
        self._addresses = Addresses()
        self._ids = RequestIds()

    async def start(self) -> None:
        self._cache_keys.start()
        self._plans.start()

    async def close(self) -> None:
        self._plans.close()

    def flush_traces(self) -> None:
        """Write down the traces that wait."""
        self._traces.flush()

    def claims(self, request: Request) -> bool:
        """Whether a request is addressed to an API's stage rather than to anything else on the same port."""
        return self._addresses.read(request) is not None

    def __call__(self, request: Request, reply: Reply) -> None:
        """A request with a large body may be a `StreamedRequest`, whose body is still coming."""
        address = self._addresses.read(request)
        if address is None:
            self._refuse(request, reply, None)
            return
        stages = self._plans.known(address.api_id)
        if stages is None:
            drive(self._load_then_serve(request, reply, address), lambda _: None)
        else:
            self._serve(request, reply, address, stages.get(address.stage))

    async def _load_then_serve(self, request: Request, reply: Reply, address: Address) -> None:
        try:
            stages = await self._plans.load(address.api_id) or {}
        except Exception:  # logged where it arose
            self._refuse(request, reply, address, unavailable=True)
            return
        self._serve(request, reply, address, stages.get(address.stage))

    def _serve(self, request: Request, reply: Reply, address: Address, stage: StagePlan | None) -> None:
        if stage is None:
            self._refuse(request, reply, address)
            return
        canary = stage.canary
        if canary is not None and canary.takes_next():
            stage = canary.plan
        if stage.execute_api_disabled:
            self._refuse(request, reply, address)
            return
        if len(request.body) > self._outside.payload_bytes:
            reply.send(self._refusals.body_too_large())
            return
        if len(address.path) > LONG_PATH and _method_arn_bytes(stage, request, address) > METHOD_ARN_BYTES:
            reply.send(self._refusals.target_too_long())
            return
        ids = self._ids.named(request.headers.get(b"x-amzn-requestid"))
        exchange = Exchange(request, stage, address, ids, self._outside)
        if stage.traced or self._traces_all_of(request):
            exchange.tracing = Trace()
            if canary is not None:
                tell_canary(exchange.tracing, stage, canary)
        drive(pipeline.respond(exchange), lambda response: self._answer(exchange, reply, response))

    def _answer(self, exchange: Exchange, reply: Reply, response: MethodResponse) -> None:
        stage = exchange.stage
        if stage.minimum_compression_size is not None:
            response = compress(stage.minimum_compression_size, exchange.request, response)
        fields = response.fields
        head = b"%b%bx-amzn-RequestId: %b\r\nx-amz-apigw-id: %b\r\n" % (
            response.rendered,
            render_fields(fields) if fields else b"",
            exchange.request_id,
            exchange.extended_request_id,
        )
        if isinstance(response, StreamedResponse):
            self._stream(exchange, reply, response, head)
            return
        reply.send(Response(response.status, head, response.body))
        self._account(exchange, response)

    def _stream(self, exchange: Exchange, reply: Reply, response: StreamedResponse, head: bytes) -> None:
        """Pass the answer on as it comes; it counts once it is over, to its end."""

        def finished(relay: Relay) -> None:
            exchange.integration_latency = perf_counter() - response.began
            if relay.error is not None:
                reason = f"Execution failed after the response had begun, with {relay.sent} bytes sent"
                exchange.failure = GatewayError(
                    DEFAULT_5XX, INTERNAL, reason=reason, detail=str(relay.error), status=response.status
                )
            if exchange.tracing is not None:
                tell_stream(exchange.tracing, relay.sent, relay.error)
            self._account(exchange, response)

        Relay(reply, response.source, finished).start(response.status, head, response.length)

    def _account(self, exchange: Exchange, response: MethodResponse) -> None:
        """Count, log and trace an exchange that is over."""
        stage = exchange.stage
        method = exchange.method
        series = stage.unrouted if method is None else method.series
        latency = time() - exchange.request.received
        series.record(response.status, latency if latency > 0.0 else 0.0, exchange.integration_latency)
        if exchange.failure is not None:
            self._explain(exchange, response.status)
        if exchange.tracing is not None:
            took = (time() - exchange.request.received) * 1000
            self._traces.write(stage.api_id, record(exchange, response, took))

    def _explain(self, exchange: Exchange, status: int) -> None:
        """Tell the owner why; routine refusals of requests without a method are not worth a line."""
        if exchange.method is None or exchange.failure is None:
            return
        stage = exchange.stage
        request_id = exchange.request_id.decode()
        self._log.write(stage.api_id, stage.lane, request_id, str(exchange.failure))
        self._log.write(stage.api_id, stage.lane, request_id, f"Method completed with status: {status}")

    def _refuse(
        self, request: Request, reply: Reply, address: Address | None, *, unavailable: bool = False
    ) -> None:
        """An answer before any stage is known: nobody can customise it."""
        request_id, extended_request_id = self._ids.next()
        if unavailable:
            response = front_end(503, "Service Unavailable", "ServiceUnavailableException")
        else:
            if self._traces_all_of(request):
                self._tell_refusal(request, address, request_id.decode())
            response = front_end(403, "Forbidden", "ForbiddenException")
        head = b"%bx-amzn-RequestId: %b\r\nx-amz-apigw-id: %b\r\n" % (
            render_fields(response.fields),
            request_id,
            extended_request_id,
        )
        reply.send(Response(response.status, head, response.body))

    def _traces_all_of(self, request: Request) -> bool:
        """Whether a request is traced wherever it goes."""
        return self._trace_all or (self._trace_header and TRACE_HEADER in request.headers)

    def _tell_refusal(self, request: Request, address: Address | None, request_id: str) -> None:
        """Say which part of an address led nowhere; all that meet no API stand together."""
        stages = None if address is None else self._plans.known(address.api_id)
        if address is None or stages is None:
            self._traces.write(UNKNOWN, unknown_api_record(request, address, request_id))
        else:
            self._traces.write(address.api_id, refusal_record(request, address, request_id, stages))


def _method_arn_bytes(stage: StagePlan, request: Request, address: Address) -> int:
    arn = f"arn:aws:execute-api:{stage.region}:{stage.account}:{stage.api_id}/{stage.name}/{request.method}"
    return len(arn) + len(address.path)
