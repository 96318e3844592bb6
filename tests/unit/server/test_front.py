"""The gateway's own pages, and what goes past them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
import pytest

from gatewright import __version__
from gatewright.server.front import Front, OnePort, Status, metrics_page
from gatewright.wire.types import Reply, Request, Response


@dataclass
class Answers:
    """Collects what is sent."""

    sent: list[Response] = field(default_factory=list)
    on_drain: Callable[[], None] | None = None
    on_gone: Callable[[], None] | None = None

    def send(self, response: Response) -> None:
        self.sent.append(response)

    def start(self, status: int, head: bytes, length: int | None = None) -> bool:
        raise AssertionError("own pages are not streamed")

    def write(self, chunk: bytes) -> bool:
        raise AssertionError("own pages are not streamed")

    def end(self) -> None:
        raise AssertionError("own pages are not streamed")

    def abort(self) -> None:
        raise AssertionError("own pages are answered")


def _application(request: Request, reply: Reply) -> None:
    reply.send(Response(299, body=request.path.encode()))


def _ask(front: Front, path: str, method: str = "GET") -> Response:
    answers = Answers()
    front(Request(method, path), answers)
    (response,) = answers.sent
    return response


@pytest.fixture
def status() -> Status:
    return Status("worker")


@pytest.fixture
def front(status: Status) -> Front:
    return Front(_application, {"health": status.page, "metrics": lambda _: metrics_page(b"count 1\n")})


def test_health_says_who_answers(front: Front) -> None:
    response = _ask(front, "/_gatewright/health")
    page = orjson.loads(response.body)
    assert response.status == 200
    assert page.pop("uptimeSeconds") >= 0
    assert page == {
        "status": "ok",
        "draining": False,
        "role": "worker",
        "version": __version__,
        "pid": os.getpid(),
    }


def test_health_is_503_while_draining(front: Front, status: Status) -> None:
    status.draining = True
    response = _ask(front, "/_gatewright/health")
    assert response.status == 503
    assert orjson.loads(response.body)["status"] == "draining"


def test_metrics_are_prometheus_text(front: Front) -> None:
    response = _ask(front, "/_gatewright/metrics")
    assert (response.status, response.body) == (200, b"count 1\n")
    assert b"Content-Type: text/plain; version=0.0.4" in response.head


def test_a_page_there_is_not_names_those_there_are(front: Front) -> None:
    response = _ask(front, "/_gatewright/helth")
    assert response.status == 404
    assert b"/_gatewright/health, /_gatewright/metrics" in response.body


def test_pages_are_only_read(front: Front) -> None:
    assert _ask(front, "/_gatewright/health", "POST").status == 405


@pytest.mark.parametrize("path", ["/", "/_gatewright", "/restapis", "/prod/_gatewright/health"])
def test_everything_else_goes_to_the_application(front: Front, path: str) -> None:
    assert _ask(front, path).body == path.encode()


def test_one_port_tells_api_requests_from_management_requests() -> None:
    def management(request: Request, reply: Reply) -> None:
        reply.send(Response(298))

    one_port = OnePort(lambda request: request.path.startswith("/prod/"), _application, management)
    front = Front(one_port, {})
    assert _ask(front, "/prod/pets").status == 299
    assert _ask(front, "/restapis").status == 298
