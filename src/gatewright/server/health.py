"""Asking a running node whether it is well, as its own settings say how."""

from __future__ import annotations

import socket
import ssl

from gatewright.server.settings import Settings

BOUND = 3.0  # seconds
_REQUEST = b"GET /_gatewright/health HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n"


class Unwell(Exception):
    """The node does not serve; the message says how it shows."""


def check_health(settings: Settings) -> None:
    """Ask the port of the APIs. Raises `Unwell`."""
    url = settings.listen.url(settings.scheme)
    try:
        status_line = _ask(settings)
    except OSError as error:
        raise Unwell(f"{url} does not answer: {error}") from error
    if b" 200 " not in status_line:
        raise Unwell(f"{url} answers {status_line.decode('latin-1')!r}")


def _ask(settings: Settings) -> bytes:
    address = settings.listen.from_here
    with socket.create_connection((address.host, address.port), BOUND) as connection:
        if settings.proxy_protocol:
            connection.sendall(b"PROXY UNKNOWN\r\n")
        if settings.tls_cert is not None:
            # The certificate is for the clients' names of the node, not for this address.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            connection = context.wrap_socket(connection)
        connection.sendall(_REQUEST)
        with connection, connection.makefile("rb") as answer:
            return answer.readline(256).rstrip()
