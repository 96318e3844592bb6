"""Where a backend listens."""

from __future__ import annotations

from dataclasses import dataclass

from .client_certificate import ClientCertificate
from .target_group import TargetGroup


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backend listens; calls to equal targets share connections."""

    scheme: str
    host: str
    port: int
    verify: bool = True
    """Whether the certificate's chain is checked; its host and dates always are."""

    shows: ClientCertificate | None = None
    """To a backend that asks for one; an https one."""

    group: TargetGroup | None = None
    """Who serves the host, where its name is not to be asked for it."""

    address: tuple[str, int] | None = None
    """Host and port to connect to, where they are not those of the name."""

    @property
    def place(self) -> tuple[str, int]:
        """Where connections go."""
        return self.address or (self.host, self.port)
