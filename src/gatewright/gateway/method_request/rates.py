"""API keys, usage plans and throttles: one decision, made on the state that all workers share.

    plan: method, then key → quota → stage: method → account

All of them give, or none does; a request counts from here on, whatever becomes of it.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gatewright.catalog.api import CatalogUnavailable, Document, Partition
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
from gatewright.gateway.method_settings import MethodSettings
from gatewright.gateway.router import METHODS
from gatewright.gateway.settings import GatewaySettings
from gatewright.gateway.usage_plans import ApiKey, PlanOfStage
from gatewright.state.api import Admission, Bucket, Limit, Quota, StateUnavailable

if TYPE_CHECKING:
    from gatewright.gateway.access import Access

KeySource = Literal["HEADER", "AUTHORIZER"]

# What a stage's first setting stores for the throttle, whatever it was made for: the account's defaults.
ACCOUNT_RATE, ACCOUNT_BURST = 10_000.0, 5_000
UNSET = -1
REMEMBERED = 10_000  # passes of one method
ANY = "ANY"


@dataclass(frozen=True, slots=True)
class Pass:
    """What requests of one verb with one API key are counted on; without a key those of one verb."""

    limits: tuple[Limit, ...]
    admission: Admission | None  # None without limits
    key: ApiKey | None = None
    plan: PlanOfStage | None = None
    identity: Mapping[str, str] = field(default_factory=dict)  # what it adds to `$context.identity`

    def tell(self, exchange: Exchange) -> None:
        if self.key is not None:
            identity = exchange.identity
            exchange.identity = {**identity, **self.identity} if identity else self.identity


@dataclass(slots=True, eq=False)
class Rates:
    """One method's. `key_source` None: it asks for no key, and no plan counts its requests."""

    key_source: KeySource | None
    names: Mapping[str, tuple[str, ...]]  # by verb: what plans may call the method, the closest first
    limits: Mapping[str, tuple[Bucket, ...]]  # by verb: of the stage's method, then of the account
    _passes: dict[tuple[str, str], Pass] = field(default_factory=dict, repr=False)
    _changes: int = 0  # of API keys and plans, that the passes are as of

    def passes(self, exchange: Exchange) -> bool:
        """Whether the exchange is admitted by what is held ahead for its verb and key; if not, `admit` it."""
        access = exchange.outside.access
        if access is None or self._changes != access.api_keys.changes or exchange.tracing is not None:
            return False
        known = self._passes.get((exchange.verb, self._value(exchange)))
        if known is None or known.admission is None or not known.admission.passes():
            return False
        known.tell(exchange)
        return True

    async def admit(self, exchange: Exchange) -> None:
        """Raises GatewayError: 403 without a key that is in a plan of the stage, 429 past a limit, 500 where
        that cannot be decided."""
        access = exchange.outside.access
        value = self._value(exchange)
        if access is None:
            if self.key_source is not None:
                raise _invalid(exchange, "no API keys are known here", value)
            return
        known = self._passes.get((exchange.verb, value))
        if known is None or self._changes != access.api_keys.changes:
            known = await self._found(exchange, access, value)
        known.tell(exchange)
        if exchange.tracing is not None:
            _tell_key(exchange, value, known)
        if known.admission is not None:
            await _take(exchange, known.limits, known.admission)

    def _value(self, exchange: Exchange) -> str:
        """The API key; empty when none was sent, or none is asked for."""
        if self.key_source == "HEADER":
            sent = exchange.request.headers.get(b"x-api-key")
            return "" if sent is None else sent.decode("latin-1")
        return exchange.usage_identifier_key or "" if self.key_source is not None else ""

    async def _found(self, exchange: Exchange, access: Access, value: str) -> Pass:
        """Raises GatewayError."""
        if self._changes != access.api_keys.changes or len(self._passes) >= REMEMBERED:
            self._passes.clear()
        self._changes = changes = access.api_keys.changes
        limits: tuple[Limit, ...] = self.limits[exchange.verb]
        if self.key_source is None:
            made = Pass(limits, access.state.admission(limits))
        else:
            key, plan = await _key(exchange, access, value)
            limits = (*plan.limits(key.id, exchange.stage.arn, self.names[exchange.verb]), *limits)
            admission = access.state.admission(limits) if limits else None
            made = Pass(limits, admission, key, plan, {"apiKey": value, "apiKeyId": key.id})
        if changes == self._changes == access.api_keys.changes:  # else it may be out of date
            self._passes[exchange.verb, value] = made
        return made


async def _key(exchange: Exchange, access: Access, value: str) -> tuple[ApiKey, PlanOfStage]:
    """The caller's key, and the plan it is in. Raises GatewayError."""
    stage = exchange.stage
    if not value:
        raise _invalid(exchange, "no API key was sent", "")
    try:
        key, plan = await access.api_keys.find(stage.partition, value, stage.api_id, stage.name)
    except CatalogUnavailable as error:
        raise _undecided("Usage Plan check failed due to an internal error", str(error)) from error
    if key is None or not key.enabled:
        raise _invalid(exchange, "the key is disabled" if key else "there is no such key", value)
    if plan is None:
        raise _invalid(exchange, "No Usage Plan found for key and API Stage", value)
    return key, plan


def _tell_key(exchange: Exchange, value: str, known: Pass) -> None:
    assert exchange.tracing is not None
    if known.key is not None and known.plan is not None:
        where = f"{exchange.stage.api_id}/{exchange.stage.name}"
        exchange.tracing.add(
            "api key",
            accepted=True,
            key=masked(value),
            stage=where,
            keyId=known.key.id,
            plan=known.plan.id,
            why="",
        )


async def _take(exchange: Exchange, limits: tuple[Limit, ...], admission: Admission) -> None:
    try:
        refused = await admission.admit()
    except StateUnavailable as error:
        reason = "Execution failed due to an internal error"
        raise _undecided(reason, f"limits cannot be checked: {error}") from error
    if exchange.tracing is not None:
        exchange.tracing.add("throttle", admitted=refused is None, limits=_tried(limits, refused))
    if refused is not None:
        raise _exceeded(exchange, refused)


def _tried(limits: tuple[Limit, ...], refused: Limit | None) -> list[str]:
    """Those that were asked, in their order: none past the one that had nothing left."""
    asked = limits if refused is None else limits[: limits.index(refused) + 1]
    return [_shown(limit) for limit in asked]


def _undecided(reason: str, detail: str) -> GatewayError:
    return GatewayError(API_CONFIGURATION_ERROR, INTERNAL, reason=reason, detail=detail)


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
    where = f"{exchange.stage.api_id}/{exchange.stage.name}"
    if exchange.tracing is not None:
        exchange.tracing.add("api key", accepted=False, key=masked(value), stage=where, why=why)
    reason = (
        f"API Key {masked(value)} not authorized because method '{exchange.verb} {exchange.path}' requires "
        f"API Key and API Key is not associated with a Usage Plan for API Stage "
        f"{where}: {why}"
    )
    return GatewayError(INVALID_API_KEY, "Forbidden", reason=reason)


def compile_rates(
    method: Document,
    resource: Document,
    snapshot_api: Document,
    throttles: MethodThrottles,
    account: tuple[Bucket, ...],
) -> Rates | None:
    """None for a method that asks for no key and that nothing throttles."""
    key_source: KeySource | None = None
    if method.get("apiKeyRequired"):
        key_source = "AUTHORIZER" if snapshot_api.get("apiKeySource") == "AUTHORIZER" else "HEADER"
    http_method: str = method["httpMethod"]
    verbs = METHODS if http_method == ANY else (http_method,)
    limits = {verb: (*throttles.of(resource, http_method, verb), *account) for verb in verbs}
    if key_source is None and not any(limits.values()):
        return None
    path = resource["path"]
    names = {verb: (f"{path}/{verb}", f"{path}/{http_method}") for verb in verbs}
    return Rates(key_source, names, limits)


class MethodThrottles:
    """A stage's `methodSettings`, as far as they throttle."""

    def __init__(self, api_id: str, stage: Document) -> None:
        self._where = f"stage\0{api_id}\0{stage['stageName']}"
        self._settings = MethodSettings(stage)

    def of(self, resource: Document, http_method: str, verb: str) -> tuple[Bucket, ...]:
        """The bucket of one verb of a method; the verbs of an ANY method that is set as such share one."""
        entry = self._settings.of(resource["path"], http_method, verb)
        if entry is None:
            return ()
        return self._bucket(entry.settings, f"{resource['id']}\0{ANY if entry.method == ANY else verb}")

    def _bucket(self, entry: Document, method: str) -> tuple[Bucket, ...]:
        """None for the account's defaults: they are stored by any setting, and are no limit of the method."""
        rate, burst = entry.get("throttlingRateLimit", UNSET), entry.get("throttlingBurstLimit", UNSET)
        rate = ACCOUNT_RATE if rate == UNSET else float(rate)
        burst = ACCOUNT_BURST if burst == UNSET else int(burst)
        if (rate, burst) == (ACCOUNT_RATE, ACCOUNT_BURST):
            return ()
        return (Bucket(f"{self._where}\0{method}".encode(), rate, burst, "stage, method"),)


def account_throttle(partition: Partition, settings: GatewaySettings) -> tuple[Bucket, ...]:
    """Of all requests to all APIs of an account in a region; there is none unless the owner sets it."""
    if settings.account_rate is None or settings.account_burst is None:
        return ()
    key = f"account\0{partition.account}\0{partition.region}".encode()
    return (Bucket(key, settings.account_rate, settings.account_burst, "account"),)
