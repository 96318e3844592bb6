"""Backends that serve one host between them, and how it is found out which of them do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

CheckProtocol = Literal["TCP", "HTTP", "HTTPS"]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A connection, or an answer from 200 to 399 to a GET. Certificates are not looked at."""

    protocol: CheckProtocol = "TCP"
    path: str = "/"
    interval: float = 10.0  # seconds from one check to the next
    timeout: float = 5.0  # seconds for one
    healthy: int = 2  # checks passed in a row that bring a target back
    unhealthy: int = 2  # checks failed in a row that take it out


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """`name` is for the owner to read."""

    name: str
    addresses: tuple[tuple[str, int], ...]  # hosts and ports; one at least
    check: HealthCheck = field(default_factory=HealthCheck)
