"""Who calls: the signature of a management request, checked against the node's credentials file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gatewright.aws import sigv4
from gatewright.aws.credentials import CredentialsFile
from gatewright.aws.sigv4 import Identity
from gatewright.wire.types import Request


class Verifier:
    """Accepts requests signed with the key in `credentials`, a file in AWS's shared-credentials format.

    A file that is missing or cannot be read holds no key: every request is refused.
    """

    def __init__(self, credentials: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._credentials = CredentialsFile(credentials)
        self._clock = clock

    def verify(self, request: Request, service: str) -> Identity:
        """Who signed `request` for `service`. Raises the errors of `aws.signature_errors`."""
        return sigv4.verify(
            request.method,
            request.path,
            request.query,
            request.headers,
            request.body,
            self._credentials.find,
            service=service,
            now=self._clock(),
        )
