"""What operations need from outside: clock, ids, limits, counters of usage plans, caches of stages."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gatewright.control.caches import StageCaches
from gatewright.control.usage import UsageCounters
from gatewright.gateway.settings import GatewaySettings

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def random_id(length: int) -> str:
    """An identifier in API Gateway's alphabet, `[a-z0-9]`."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Limits:
    """Amazon's quotas that the owner may raise."""

    integration_timeout_ms: int = 29_000
    # The throttle over all APIs of an account, as GetAccount reports it; None: there is none.
    account_burst_limit: int | None = None
    account_rate_limit: float | None = None  # requests a second
    openapi_strict: bool = False  # whether an import of OpenAPI 3.1 is refused, as Amazon refuses it


@dataclass(frozen=True, slots=True)
class Services:
    """Injected once at start-up; tests fix the clock and the ids."""

    clock: Callable[[], float] = time.time
    new_id: Callable[[int], str] = random_id
    limits: Limits = field(default_factory=Limits)
    gateway: GatewaySettings = field(default_factory=GatewaySettings)  # for drafts that are run
    usage: UsageCounters | None = None  # None: nothing counts requests against quotas
    caches: StageCaches | None = None  # None: nothing caches responses

    @property
    def gateway_settings(self) -> GatewaySettings:
        """What drafts are compiled with: what will serve them, and the limits in force here."""
        return replace(self.gateway, integration_timeout_ms=self.limits.integration_timeout_ms)
