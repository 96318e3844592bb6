"""What a load balancer's ARN leads to, by the owner's settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewright.wire.target_group import HealthCheck, TargetGroup

_LISTENER = re.compile(r"(arn:.+:)listener(/(?:app|net)/[^/]+/[^/]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """`targets` are `HOST:PORT`; those of a listener serve the integrations whose URIs name its port, the
    others all other ports."""

    targets: tuple[str, ...] = ()
    listeners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by port
    check: HealthCheck = field(default_factory=HealthCheck)

    @classmethod
    def read(cls, document: dict[str, Any]) -> LoadBalancer:
        """What `dataclasses.asdict` made of one, and JSON of that."""
        listeners = {port: tuple(targets) for port, targets in document["listeners"].items()}
        return cls(tuple(document["targets"]), listeners, HealthCheck(**document["check"]))

    def group(self, name: str, port: int) -> TargetGroup | None:
        """Who serves a port; None if nobody does."""
        targets = self.listeners.get(str(port), self.targets)
        return TargetGroup(name, tuple(map(_place, targets)), self.check) if targets else None


def _place(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    return host.strip("[]"), int(port)


def find(load_balancers: Mapping[str, LoadBalancer], arn: str) -> LoadBalancer | None:
    """Of an ARN of a load balancer, or of one of its listeners."""
    found = load_balancers.get(arn)
    listener = _LISTENER.fullmatch(arn)
    if found is None and listener is not None:
        found = load_balancers.get(f"{listener[1]}loadbalancer{listener[2]}")
    return found
