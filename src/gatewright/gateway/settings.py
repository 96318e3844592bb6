"""The data plane's bounds: Amazon's values by default, the owner's to raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gatewright.gateway.issuers import IssuerSettings
from gatewright.gateway.load_balancers import LoadBalancer
from gatewright.gateway.services import ServiceSettings

AMAZON_PAYLOAD_BYTES = 10_485_760  # each way; more only where the owner raises the limit
TRACE_HEADER = b"x-gatewright-trace"
TRACE_TAG = "gatewright:trace"  # of a stage; `on` traces its requests

# Which requests are traced: those of stages tagged for it; also those that carry the trace header, where only
# trusted clients reach the port; every one.
Tracing = Literal["tagged", "header", "all"]


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Bounds and names in force for every API of this process."""

    integration_timeout_ms: int = 29_000  # most that an integration's timeoutInMillis may say
    payload_bytes: int = AMAZON_PAYLOAD_BYTES  # each way
    template_bytes: int = 300 * 1024  # one mapping template
    tracing: Tracing = "tagged"
    account_rate: float | None = None  # requests a second over all APIs of an account and region
    account_burst: int | None = None
    join_cache_misses: bool = True  # whether requests for the same entry wait for one that is under way
    issuers: IssuerSettings = field(default_factory=IssuerSettings)
    services: ServiceSettings = field(default_factory=ServiceSettings)
    load_balancers: Mapping[str, LoadBalancer] = field(default_factory=dict)  # by ARN; what VPC links lead to
