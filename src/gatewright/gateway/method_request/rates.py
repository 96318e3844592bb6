"""API keys, usage plans and throttles: one decision, made on the state that all workers share.

    plan: method, then key → quota → stage: method → account

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gatewright.catalog.api import Document, Partition
from gatewright.gateway.errors import (
    API_CONFIGURATION_ERROR,
    INTERNAL,
    INVALID_API_KEY,
    QUOTA_EXCEEDED,
    THROTTLED,
    GatewayError,
)
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.masking import masked
from gatewright.gateway.router import METHODS
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.usage_plans import PlanOfStage
from gatewright.state.api import Bucket, Limit, Quota, StateUnavailable

KeySource = Literal["HEADER", "AUTHORIZER"]

# What a stage's first setting stores for the account's limits, whatever it was made for.
ACCOUNT_RATE, ACCOUNT_BURST = 10_000.0, 5_000
UNSET = -1


@dataclass(frozen=True, slots=True)
class Rates:
    """One method's. `key_source` None: it asks for no key, and no plan counts its requests."""

    key_source: KeySource | None
    plans: Mapping[str, PlanOfStage]  # the stage's usage plans by id
    resource_path: str
    limits: Mapping[str, tuple[Bucket, ...]]  # by verb: of the stage's method, then of the account

    async def admit(self, exchange: Exchange) -> None:
        """Raises GatewayError 403 without a key that is in a plan of the stage, 429 past a limit."""
        limits: tuple[Limit, ...] = self.limits[exchange.verb]
        if self.key_source is not None:
            limits = (*(await self._planned(exchange)), *limits)
        if limits:
            await _take(exchange, limits)

    async def _planned(self, exchange: Exchange) -> tuple[Limit, ...]:
        """The limits of the caller's plan, once the key is known to be in one."""
        value = self._value(exchange)
        if not value:
            raise _invalid(exchange, "no API key was sent", "")
        access = exchange.outside.access
        if access is None:
            raise _invalid(exchange, "no API keys are known here", value)
        key = await access.api_keys.find(exchange.stage.partition, value)
        if key is None or not key.enabled:
            raise _invalid(exchange, "the key is disabled" if key else "there is no such key", value)
        plan = next((self.plans[one] for one in key.plans if one in self.plans), None)
        if plan is None:
            raise _invalid(exchange, "No Usage Plan found for key and API Stage", value)
        exchange.identity = {**exchange.identity, "apiKey": value, "apiKeyId": key.id}
        if exchange.tracing is not None:
            exchange.tracing.add("api key", accepted=True, keyId=key.id, plan=plan.id, why="")
        return plan.limits(key.id, f"{self.resource_path}/{exchange.verb}")

    def _value(self, exchange: Exchange) -> str | None:
        if self.key_source == "AUTHORIZER":
            return exchange.usage_identifier_key
        sent = exchange.request.headers.get(b"x-api-key")
        return None if sent is None else sent.decode("latin-1")


async def _take(exchange: Exchange, limits: tuple[Limit, ...]) -> None:
    access = exchange.outside.access
    try:
        refused = None if access is None else await access.state.admit(limits)
    except StateUnavailable as error:
        raise GatewayError(
            API_CONFIGURATION_ERROR,
            INTERNAL,
            reason="Execution failed due to an internal error",
            detail=f"limits cannot be checked: {error}",
        ) from error
    if exchange.tracing is not None:
        exchange.tracing.add("throttle", admitted=refused is None, limits=[_shown(one) for one in limits])
    if refused is not None:
        raise _exceeded(exchange, refused)


def _exceeded(exchange: Exchange, limit: Limit) -> GatewayError:
    if isinstance(limit, Quota):
        return GatewayError(QUOTA_EXCEEDED, "Limit Exceeded", reason=f"Limit Exceeded: {_shown(limit)}")
    stage, method = exchange.stage, exchange.method
    assert method is not None
    layer = "Key throttle" if limit.name.startswith("plan") else "Throttle"
    reason = (
        f"{layer} limit exceeded for RestApi {stage.api_id}, Stage {stage.name}, "
        f"Resource {method.resource_id}, HttpMethod {exchange.verb}. "
        f"Limit: {limit.rate:.2f} Burst: {limit.burst}"
    )
    return GatewayError(THROTTLED, "Too Many Requests", reason=reason, detail=limit.name)


def _shown(limit: Limit) -> str:
    if isinstance(limit, Quota):
        return f"quota of plan {limit.plan} for key {limit.key}: {limit.limit} a {limit.period.lower()}"
    return f"{limit.name}: {limit.rate:g} a second, burst {limit.burst}"


def _invalid(exchange: Exchange, why: str, value: str) -> GatewayError:
    stage = exchange.stage
    if exchange.tracing is not None:
        exchange.tracing.add("api key", accepted=False, why=why)
    reason = (
        f"API Key {masked(value)} not authorized because method '{exchange.verb} {exchange.path}' requires "
        f"API Key and API Key is not associated with a Usage Plan for API Stage "
        f"{stage.api_id}/{stage.name}: {why}"
    )
    return GatewayError(INVALID_API_KEY, "Forbidden", reason=reason)


def compile_rates(
    method: Document,
    resource: Document,
    snapshot_api: Document,
    stage: Document,
    plans: Mapping[str, PlanOfStage],
    partition: Partition,
    settings: GatewaySettings,
) -> Rates | None:
    """None for a method that asks for no key and that nothing throttles."""
    key_source: KeySource | None = None
    if method.get("apiKeyRequired"):
        key_source = "AUTHORIZER" if snapshot_api.get("apiKeySource") == "AUTHORIZER" else "HEADER"
    verbs = METHODS if method["httpMethod"] == "ANY" else {method["httpMethod"]}
    where = f"{snapshot_api['id']}\0{stage['stageName']}\0{resource['id']}"
    limits = {
        verb: (*_of_stage(stage, resource["path"], verb, where), *_of_account(partition, settings))
        for verb in verbs
    }
    if key_source is None and not any(limits.values()):
        return None
    return Rates(key_source, plans, resource["path"], limits)


def _of_stage(stage: Document, path: str, verb: str, where: str) -> tuple[Bucket, ...]:
    """The bucket of the most specific method setting; the account's defaults in a setting are no limit of
    their own."""
    settings = stage.get("methodSettings") or {}
    escaped = path.replace("/", "~1")
    entry = settings.get(f"{escaped}/{verb}") or settings.get(f"{escaped}/*") or settings.get("*/*") or {}
    rate, burst = entry.get("throttlingRateLimit", UNSET), entry.get("throttlingBurstLimit", UNSET)
    rate = ACCOUNT_RATE if rate == UNSET else float(rate)
    burst = ACCOUNT_BURST if burst == UNSET else int(burst)
    if (rate, burst) == (ACCOUNT_RATE, ACCOUNT_BURST):
        return ()
    return (Bucket(f"stage\0{where}\0{verb}".encode(), rate, burst, "stage, method"),)


def _of_account(partition: Partition, settings: GatewaySettings) -> tuple[Bucket, ...]:
    if settings.account_rate is None or settings.account_burst is None:
        return ()
    key = f"account\0{partition.account}\0{partition.region}".encode()
    return (Bucket(key, settings.account_rate, settings.account_burst, "account"),)
