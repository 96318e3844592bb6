"""Connections to each worker of a node."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.support.processes import BOUND, Gatewright


@contextmanager
def one_connection_a_worker(node: Gatewright, workers: int) -> Iterator[list[http.client.HTTPConnection]]:
    """Kept connections, each to another worker: the kernel chooses, so ask who answered."""
    found: dict[int, http.client.HTTPConnection] = {}
    with ExitStack() as stack:
        for _ in range(200):
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=BOUND)
            stack.enter_context(closing(connection))
            connection.request("GET", "/_gatewright/health")
            found.setdefault(json.loads(connection.getresponse().read())["pid"], connection)
            if len(found) == workers:
                break
        assert len(found) == workers
        yield list(found.values())
