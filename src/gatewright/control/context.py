"""What operations need from outside: clock, ids, limits and the embedded Lambda."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def random_id(length: int) -> str:
    """An identifier in API Gateway's alphabet, `[a-z0-9]`."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Limits:
    """Amazon's quotas that the owner may raise."""

    integration_timeout_ms: int = 29_000
    account_burst_limit: int = 5_000  # the account's throttle, as GetAccount reports it
    account_rate_limit: float = 10_000.0  # requests a second


@dataclass(frozen=True, slots=True)
class Services:
    """Injected once at start-up; tests fix the clock and the ids."""

    clock: Callable[[], float] = time.time
    new_id: Callable[[int], str] = random_id
    limits: Limits = field(default_factory=Limits)
