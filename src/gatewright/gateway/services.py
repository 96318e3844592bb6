"""Which AWS services integrations reach, where they are served, and whose keys sign.

Amazon's own endpoints unless the owner says otherwise; the keys an AWS SDK would find unless an integration
names a role, which the owner's settings give keys to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Where a role's keys come from: `access_key` or `profile`, else the default chain; where `sts` is set,
    those keys ask it to assume the role."""

    profile: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    sts: str = ""  # the URL of an STS
    external_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """The owner's word on services."""

    endpoint: str = ""  # of every service that has none of its own; empty: Amazon's
    endpoints: Mapping[str, str] = field(default_factory=dict)  # by service, as integration URIs name it
    roles: Mapping[str, RoleKeys] = field(default_factory=dict)  # by ARN

    def endpoint_of(self, service: str) -> str:
        """The service's URL; empty: Amazon's."""
        return self.endpoints.get(service, self.endpoint)
