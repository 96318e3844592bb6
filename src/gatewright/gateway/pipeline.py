"""The REST pipeline: one request from its stage to its answer.

    Method Request → cache → Integration Request → Integration → Integration Response → Method Response

The last four belong to the integration's type, which decides how much of them a request meets. Whatever
fails on the way becomes a gateway response.
"""

from __future__ import annotations

import logging

from gatewright.gateway import errors
from gatewright.gateway.errors import GatewayError, forget_frames
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.integrations.http_stream import takes_upload
from gatewright.gateway.method_request.missing_token import unmatched
from gatewright.gateway.plan import MethodPlan, MethodResponse
from gatewright.gateway.trace import tell_answer, tell_request, tell_route
from gatewright.gateway.uploads import collect
from gatewright.wire.inflow import StreamedRequest

log = logging.getLogger(__name__)


async def respond(exchange: Exchange, method: MethodPlan | None = None) -> MethodResponse:
    """The answer to one request; never raises. Awaits only `Pending` values.

    `method` is given where it is known without routing.
    """
    trace = exchange.tracing
    try:
        if method is None:
            method = route(exchange)
        else:
            exchange.method = method
        if method.admission is not None:
            waiting = method.admission.admit(exchange)
            if waiting is not None:
                await waiting
        if isinstance(exchange.request, StreamedRequest) and not takes_upload(method, exchange.request):
            await collect(exchange, exchange.request)
        if trace is not None:
            tell_request(trace, exchange)
        if method.validator is not None:
            method.validator.check(exchange, exchange.body)
        exchange.drop_signature()
        cache = None if method.cache is None else method.cache.get(exchange.verb)
        if cache is None:
            response = await method.integration.run(exchange)
        else:
            response = await cache.respond(exchange, method.integration)
    except GatewayError as error:
        forget_frames(error)
        exchange.failure = error
        response = exchange.stage.gateway_responses.answer(error, exchange)
    except Exception:
        log.exception("request %s failed inside the gateway", exchange.request_id.decode())
        exchange.failure = _internal_failure()
        response = exchange.stage.gateway_responses.answer(exchange.failure, exchange)
    if trace is not None:
        tell_answer(trace, exchange, response)
    return response


def route(exchange: Exchange) -> MethodPlan:
    """Find the method, by the verb of X-HTTP-Method-Override if that is sent; the refusal of a request
    without a method names no resource, as on AWS."""
    override = exchange.request.headers.get(b"x-http-method-override")
    if override is not None:
        exchange.verb = override.decode("latin-1").upper()
    match = exchange.stage.router.find(exchange.path, exchange.verb)
    if match is not None:
        exchange.method, exchange.path_parameters = match
    if exchange.tracing is not None:
        tell_route(exchange.tracing, exchange)
    if exchange.method is None:
        raise unmatched(exchange)
    return exchange.method


def _internal_failure() -> GatewayError:
    return GatewayError(
        errors.DEFAULT_5XX, errors.INTERNAL, reason="Execution failed due to an internal error", traced=True
    )
