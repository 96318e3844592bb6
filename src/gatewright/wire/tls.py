"""TLS contexts of both sides."""

from __future__ import annotations

import ssl
from pathlib import Path


def server_context(cert: Path | str, key: Path | str) -> ssl.SSLContext:
    """TLS 1.2 and later for a listener; `cert` is a PEM file with the chain, `key` its private key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def client_context(verify: bool, roots: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later to a backend; `verify=False` leaves the chain unchecked.

    The host is for `check_certificate` to check.

    `roots` are certificates (PEM) of authorities that are trusted besides the system's. Raises ValueError or
    `ssl.SSLError` if they are none.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # a distribution may leave it to the system's file
    if roots is not None:
        context.load_verify_locations(cadata=roots)
    context.check_hostname = False
    if not verify:
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
