"""Who calls: the signature of a management request, checked against the node's credentials file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gatewright.aws import sigv4
from gatewright.aws.credentials import CredentialsUnusable, read_credentials
from gatewright.aws.sigv4 import Identity, Secret
from gatewright.wire.types import Request


class Verifier:
    """Accepts requests signed with the key in `credentials`, a file in AWS's shared-credentials format.

    The file is read again when it changes, so that the key can be replaced without a restart. A file that is
    missing or cannot be read holds no key: every request is refused.
    """

    def __init__(self, credentials: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = credentials
        self._clock = clock
        self._known: tuple[int, Secret | None] = (0, None)  # when the file was written, and its key

    def verify(self, request: Request, service: str) -> Identity:
        """Who signed `request` for `service`. Raises the errors of `aws.signature_errors`."""
        return sigv4.verify(
            request.method,
            request.path,
            request.query,
            request.headers,
            request.body,
            self._lookup,
            service=service,
            now=self._clock(),
        )

    def _lookup(self, access_key: str) -> Secret | None:
        secret = self._secret()
        return secret if secret is not None and secret.access_key == access_key else None

    def _secret(self) -> Secret | None:
        try:
            written = self._path.stat().st_mtime_ns
            if written != self._known[0]:
                self._known = (written, read_credentials(self._path))
        except (OSError, CredentialsUnusable):
            self._known = (0, None)
        return self._known[1]
