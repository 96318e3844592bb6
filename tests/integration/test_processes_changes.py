"""A change made through the management API is served by every worker; good plans outlive the catalog."""

from __future__ import annotations

import http.client
import time
from contextlib import closing

from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.processes import BOUND
from tests.support.workers import one_connection_a_worker


def _ask(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def test_every_worker_serves_a_change(start_serve: Start) -> None:
    node = start_serve(workers=3)
    api = Api(node)
    where = api.mock("/", "change 0")
    api.deploy("prod")
    path = f"/restapis/{api.id}/prod/_user_request_/"
    with one_connection_a_worker(node, 3) as connections:
        for change in range(1, 4):
            api.change_mock(where, f"change {change}")
            api.deploy("prod")
            deadline = time.monotonic() + BOUND
            for connection in connections:
                while (body := _ask(connection, path)) != f"change {change}".encode():
                    assert time.monotonic() < deadline, body


def test_a_change_survives_a_restart(start_serve: Start) -> None:
    node = start_serve(workers=1)
    api = Api(node)
    api.mock("/", "kept")
    api.deploy("prod")
    node.process.kill()
    node.close()
    again = start_serve(workers=1)
    with closing(http.client.HTTPConnection("127.0.0.1", again.port, timeout=BOUND)) as connection:
        assert _ask(connection, f"/restapis/{api.id}/prod/_user_request_/") == b"kept"


def test_workers_keep_their_plans_when_the_catalog_is_gone(start_serve: Start) -> None:
    node = start_serve(workers=1)
    api = Api(node)
    api.mock("/", "kept")
    api.deploy("prod")
    path = f"/restapis/{api.id}/prod/_user_request_/"
    with closing(http.client.HTTPConnection("127.0.0.1", node.port, timeout=BOUND)) as connection:
        assert _ask(connection, path) == b"kept"
        for file in node.data_dir.glob("catalog*"):
            file.rename(file.with_name("lost-" + file.name))
        for _ in range(50):
            assert _ask(connection, path) == b"kept"
