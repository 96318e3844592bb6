"""The REST pipeline: one request from its stage to its answer.

    Method Request → Integration Request → Integration → Integration Response → Method Response

The last four belong to the integration's type, which decides how much of them a request meets. Whatever
fails on the way becomes a gateway response.
"""

from __future__ import annotations

import logging

from gatewright.gateway import errors
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.missing_token import unmatched
from gatewright.gateway.plan import MethodPlan, MethodResponse

log = logging.getLogger(__name__)


async def respond(exchange: Exchange) -> MethodResponse:
    """The answer to one request; never raises. Awaits only `Pending` values."""
    try:
        method = route(exchange)
        if method.validator is not None:
            method.validator.check(exchange, exchange.body)
        return await method.integration.run(exchange)
    except GatewayError as error:
        exchange.failure = error
        return exchange.stage.gateway_responses.answer(error, exchange)
    except Exception:
        log.exception("request %s failed inside the gateway", exchange.request_id.decode())
        exchange.failure = _internal_failure()
        return exchange.stage.gateway_responses.answer(exchange.failure, exchange)


def route(exchange: Exchange) -> MethodPlan:
    """Find the method, by the verb of X-HTTP-Method-Override if that is sent; the refusal of a request
    without a method names no resource, as on AWS."""
    override = exchange.request.headers.get(b"x-http-method-override")
    if override is not None:
        exchange.verb = override.decode("latin-1").upper()
    match = exchange.stage.router.find(exchange.path, exchange.verb)
    if match is None:
        raise unmatched(exchange)
    exchange.method, exchange.path_parameters = match
    return exchange.method


def _internal_failure() -> GatewayError:
    return GatewayError(
        errors.DEFAULT_5XX, errors.INTERNAL, reason="Execution failed due to an internal error", traced=True
    )
