"""The certificate that a client shows to backends which ask who it is."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Both in PEM."""

    certificate: str
    key: str = field(repr=False)  # private


def present(context: ssl.SSLContext, shown: ClientCertificate) -> None:
    """Let connections of a context show a certificate. Raises `ssl.SSLError` if the key is not its own.

    OpenSSL reads both from a file: it is readable by this process's user only, and gone when this returns.
    """
    from tempfile import NamedTemporaryFile  # large, and few nodes show a certificate

    with NamedTemporaryFile("w", prefix="gatewright-", suffix=".pem") as file:
        file.write(f"{shown.certificate}\n{shown.key}\n")
        file.flush()
        context.load_cert_chain(file.name)
