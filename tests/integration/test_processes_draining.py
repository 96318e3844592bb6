"""How a node goes out of service: what is in flight is answered, health says so, and all of it is bounded."""

from __future__ import annotations

import http.client
import json
import signal
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.held_backend import HeldBackend, held_backend
from tests.support.processes import BOUND, Gatewright


def _proxy(node: Gatewright, backend: HeldBackend) -> str:
    """A stage whose GET / waits for the backend."""
    api = Api(node)
    api.method("/", "GET", {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": backend.url})
    api.deploy("prod")
    return node.stage_url(api.id, "prod")


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        body: bytes = answer.read()
        return body


def _health(node: Gatewright) -> tuple[int, dict[str, Any]]:
    try:
        return 200, json.loads(_read(f"{node.url}/_gatewright/health"))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_request_in_flight_is_answered_before_the_node_ends(start_serve: Start) -> None:
    node = start_serve(workers=1)
    with held_backend() as backend, ThreadPoolExecutor(1) as client:
        answer = client.submit(_read, _proxy(node, backend))
        assert backend.asked.wait(BOUND)
        node.signal(signal.SIGTERM)
        node.log_line("stopping")
        backend.release.set()
        assert answer.result(BOUND) == b"late"
    assert node.exit_code() == 0


def test_the_drain_is_bounded(start_serve: Start) -> None:
    node = start_serve("--drain-timeout", "0.2", workers=1)
    with held_backend() as backend, ThreadPoolExecutor(1) as client:
        answer = client.submit(_read, _proxy(node, backend))
        assert backend.asked.wait(BOUND)
        node.signal(signal.SIGTERM)
        assert node.exit_code() == 0
        node.log_line("requests still in flight after 0.2 s were cut")
        assert isinstance(answer.exception(BOUND), OSError | http.client.HTTPException)


def test_health_says_503_while_the_listeners_wait_for_the_load_balancer(start_serve: Start) -> None:
    node = start_serve("--drain-delay", "3600", workers=1)
    with held_backend() as backend:
        backend.release.set()
        url = _proxy(node, backend)
        node.signal(signal.SIGTERM)
        while (found := _health(node))[0] != 503:  # a worker hears of it a moment after the supervisor
            assert found[1]["status"] == "ok"
        assert found[1]["status"] == "draining"
        assert _read(url) == b"late"
    node.signal(signal.SIGTERM)
    node.log_line("told to stop again: ending at once")
    assert node.exit_code() == 0


def test_a_replaced_worker_stays_healthy_and_answers_what_is_in_flight(
    start_serve: Start,
) -> None:
    node = start_serve(workers=1)
    kept = http.client.HTTPConnection("127.0.0.1", node.port, timeout=BOUND)
    with held_backend() as backend, ThreadPoolExecutor(1) as client:
        answer = client.submit(_read, _proxy(node, backend))
        assert backend.asked.wait(BOUND)
        kept.request("GET", "/_gatewright/health")
        before = json.loads(kept.getresponse().read())
        node.signal(signal.SIGHUP)
        node.log_line("retiring worker 0")
        kept.request("GET", "/_gatewright/health")
        after = kept.getresponse()
        assert (after.status, json.loads(after.read())["pid"]) == (200, before["pid"])
        node.log_line("reloaded")
        backend.release.set()
        assert answer.result(BOUND) == b"late"
    kept.close()
