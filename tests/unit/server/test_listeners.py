"""Sockets that share a port among themselves and with nobody else."""

from __future__ import annotations

import socket

import pytest

from gatewright.server.address import Address
from gatewright.server.errors import CannotStart
from gatewright.server.listeners import bound_address, open_listeners

LOCAL = Address("127.0.0.1", 0)


def test_listeners_share_one_port_that_the_system_chose() -> None:
    listeners = open_listeners(LOCAL, 3, "--listen")
    try:
        assert len({listener.getsockname() for listener in listeners}) == 1
        assert bound_address(LOCAL, listeners[0]).port > 0
    finally:
        for listener in listeners:
            listener.close()


def test_a_port_that_another_process_holds_is_refused_even_if_it_would_share() -> None:
    with open_listeners(LOCAL, 1, "--listen")[0] as holder:
        address = bound_address(LOCAL, holder)
        with pytest.raises(CannotStart, match=rf"--listen {address}: the port is in use; stop the process"):
            open_listeners(address, 1, "--listen")


def test_ipv6() -> None:
    with open_listeners(Address("::1", 0), 1, "--listen")[0] as listener:
        assert listener.family == socket.AF_INET6


def test_a_host_that_is_not_known_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"--management no-such-host\.invalid:1: the host is not known"):
        open_listeners(Address("no-such-host.invalid", 1), 1, "--management")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match="this machine has no such address"):
        open_listeners(Address("192.0.2.1", 0), 1, "--listen")
