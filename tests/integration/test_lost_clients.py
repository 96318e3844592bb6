"""A client that goes away: its integration is completed all the same, as at AWS; nothing is left of it."""

from __future__ import annotations

import socket
import struct
import time
import urllib.request

import pytest
from tests.support.apis import Api
from tests.support.held_backend import held_backend
from tests.support.processes import BOUND, Gatewright
from tests.support.raw import connect

RESET = struct.pack("ii", 1, 0)  # linger for no time: closing resets the connection


def answered(node: Gatewright, api_id: str) -> bool:
    """Whether the node has counted a request of the API, which it does at the end of an exchange."""
    with urllib.request.urlopen(f"{node.management_url}/_gatewright/metrics", timeout=BOUND) as page:
        lines = page.read().decode().splitlines()
    return any(line.startswith("gatewright_requests_total{") and api_id in line for line in lines)


@pytest.mark.parametrize("reset", [False, True])
def test_its_backend_call_ends_and_the_connection_is_used_again(dev: Gatewright, reset: bool) -> None:
    with held_backend() as backend:
        api = Api(dev)
        proxied = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": backend.url}
        api.method("/", "GET", proxied)
        api.deploy("prod")
        with connect(dev.port) as client:
            line = f"GET /restapis/{api.id}/prod/_user_request_/ HTTP/1.1"
            client.sendall(f"{line}\r\nHost: any\r\n\r\n".encode())
            assert backend.asked.wait(BOUND)
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        backend.release.set()
        until = time.monotonic() + BOUND
        while not answered(dev, api.id):
            assert time.monotonic() < until, "the exchange did not end"
        with urllib.request.urlopen(dev.stage_url(api.id, "prod"), timeout=BOUND) as answer:
            assert answer.read() == b"late"
        first, second = backend.peers
        assert first == second
