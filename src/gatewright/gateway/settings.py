"""The data plane's bounds: Amazon's values by default, the owner's to raise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Bounds and names in force for every API of this process."""

    integration_timeout_ms: int = 29_000  # most that an integration's timeoutInMillis may say
    payload_bytes: int = 10_485_760  # each way
    template_bytes: int = 300 * 1024  # one mapping template
