"""With whose permission a function is invoked: the gateway's as a service, a role's, or the caller's.

https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
"""

from __future__ import annotations

from gatewright.aws.principals import Principal
from gatewright.aws.sigv4 import Secret
from gatewright.catalog.api import CatalogUnavailable
from gatewright.functions.api import Invoker, Source
from gatewright.gateway.deadline import within
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.service_keys import not_assumed

CALLER = "arn:aws:iam::*:user/*"  # the credentials that ask for the caller's own


async def invoker_of(
    exchange: Exchange, credentials: str, service: Source, timeout: float
) -> tuple[Invoker, Secret | None]:
    """Who invokes, and for a remote Lambda the keys that sign. `credentials` are a role's ARN, `CALLER`, or
    empty for the service itself.

    Raises GatewayError 500 where they cannot be had, and TimeoutError. Awaits only `Pending` values.
    """
    if not credentials:
        return service, None
    if credentials == CALLER:
        if exchange.signer is None:
            raise not_assumed(f"credentials {CALLER} take a request that is signed")
        return exchange.signer.principal, exchange.signer
    if exchange.outside.functions.is_remote:
        return service, await _keys(exchange, credentials, timeout)
    return await _taken_on(exchange, credentials), None


async def _keys(exchange: Exchange, role: str, timeout: float) -> Secret | None:
    keys = exchange.outside.keys
    if keys is None or not keys.has(role):
        raise not_assumed(
            f"the settings do not say where the keys of {role} come from, which sign for the remote Lambda: "
            f'write a table [roles."{role}"] with profile, access_key and secret_key, or sts'
        )
    return await within(timeout, keys.find(role), exchange.outside.timers)


async def _taken_on(exchange: Exchange, role: str) -> Principal:
    access = exchange.outside.access
    try:
        principal = None if access is None else await access.callers.role(role)
    except (ValueError, CatalogUnavailable) as error:
        raise not_assumed(f"role {role} cannot be used: {error}") from error
    if principal is None:
        raise not_assumed(
            f"there is no role {role!r} here: make it with `gatewright principals create-role`, and a policy "
            "that allows lambda:InvokeFunction"
        )
    return principal
