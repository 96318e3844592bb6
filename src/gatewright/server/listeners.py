"""Listening sockets, opened once by the supervisor and inherited by every process that accepts from them.

A worker slot has a socket of its own (SO_REUSEPORT: the kernel spreads connections over them). The socket
outlives the workers of its slot, so a connection that waits in its queue while one worker follows another is
accepted by the next, never reset.
"""

from __future__ import annotations

import errno
import socket
from typing import Any

from gatewright.server.address import Address
from gatewright.server.errors import CannotStart

BACKLOG = 4096  # Linux's own ceiling since 5.4 (net.core.somaxconn)


def open_listeners(address: Address, count: int, option: str) -> list[socket.socket]:
    """`count` sockets that share one address. `option` is the flag a refusal advises to change."""
    family, resolved = _resolve(address, option)
    try:
        _require_free(family, resolved)
        first = _listener(family, resolved)
        same = (resolved[0], first.getsockname()[1], *resolved[2:])
        return [first, *(_listener(family, same) for _ in range(count - 1))]
    except OSError as error:
        raise CannotStart(_explain(error, address, option)) from error


def bound_address(address: Address, listener: socket.socket) -> Address:
    """`address` with the port that was really bound."""
    return Address(address.host, listener.getsockname()[1])


def _resolve(address: Address, option: str) -> tuple[int, Any]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CannotStart(f"{option} {address}: the host is not known; use an IP address") from error
    family, _, _, _, resolved = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, resolved


def _require_free(family: int, resolved: Any) -> None:
    """Fail if anybody listens there: with SO_REUSEPORT alone, two gateways would share a port unnoticed."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(resolved)
        probe.listen(1)


def _listener(family: int, resolved: Any) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(resolved)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _explain(error: OSError, address: Address, option: str) -> str:
    reasons = {
        errno.EADDRINUSE: "the port is in use; stop the process that holds it or choose another port",
        errno.EACCES: "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); choose a higher one",
        errno.EADDRNOTAVAIL: "this machine has no such address; use one of its own, or 0.0.0.0 for all",
    }
    return f"{option} {address}: {reasons.get(error.errno or 0, f'cannot listen there: {error.strerror}')}"
