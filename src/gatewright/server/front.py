"""The first look at a request: the gateway's own pages, or one of the applications behind them.

GET /_gatewright/health    {"status": "ok", …}; 503 and "draining" while the node goes out of service
GET /_gatewright/metrics   Prometheus text, on the management port
GET /_gatewright/traces    what `gatewright explain` shows, on dev's port
GET /_gatewright/…         the owner's pages: `server.owner_pages`
GET /_gatewright/issuer/…  the test issuer, if it is on: `server.test_issuer`
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import orjson

from gatewright import __version__
from gatewright.telemetry.trace_log import MOST_TRACES, read_traces, select, traced_apis
from gatewright.wire.server import LargeHandler
from gatewright.wire.types import Handler, Reply, Request, Response

OWN_PAGES = "/_gatewright/"
JSON = b"Content-Type: application/json\r\nCache-Control: no-store\r\n"
PROMETHEUS = b"Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"

Page = Callable[[Request], Response]


@dataclass(slots=True)
class Status:
    """What a process says of its health."""

    role: str  # "worker", "control" or "dev"
    draining: bool = False
    started: float = field(default_factory=time.monotonic)

    def page(self, _request: Request) -> Response:
        body = {
            "status": "draining" if self.draining else "ok",
            "draining": self.draining,
            "role": self.role,
            "version": __version__,
            "pid": os.getpid(),
            "uptimeSeconds": round(time.monotonic() - self.started, 3),
        }
        return Response(503 if self.draining else 200, JSON, orjson.dumps(body))


class Front:
    """Answers `/_gatewright/…` itself and hands everything else to `application`."""

    def __init__(
        self, application: Handler, pages: dict[str, Page], large: LargeHandler | None = None
    ) -> None:
        self._application = application
        self.large = large  # answers requests whose large bodies are still coming
        self._pages = {OWN_PAGES + name: page for name, page in pages.items()}

    def __call__(self, request: Request, reply: Reply) -> None:
        if request.path.startswith(OWN_PAGES):
            reply.send(self._own_page(request))
        else:
            self._application(request, reply)

    def _own_page(self, request: Request) -> Response:
        page = self._pages.get(request.path)
        if page is None:
            known = ", ".join(sorted(self._pages))
            return message(404, f"No page {request.path} on this port; there is {known}")
        if request.method not in ("GET", "HEAD"):
            return message(405, f"{request.path} answers GET, not {request.method}")
        return page(request)


class OnePort:
    """Dev's single port: what is addressed to an API's stage goes to the gateway, the rest to management."""

    def __init__(self, claims: Callable[[Request], bool], gateway: Handler, management: Handler) -> None:
        self._claims = claims
        self._gateway = gateway
        self._management = management

    def __call__(self, request: Request, reply: Reply) -> None:
        if self._claims(request):
            self._gateway(request, reply)
        else:
            self._management(request, reply)


def traces_page(data_dir: Path, request: Request) -> Response:
    """`{"apis": […]}`; with `?api=ID` `{"traces": […]}`, newest first: the `last` ones, or one `request`."""
    asked = dict(parse_qsl(request.query or ""))
    if "api" not in asked:
        return Response(200, JSON, orjson.dumps({"apis": traced_apis(data_dir)}))
    found = select(read_traces(data_dir, asked["api"]), asked.get("request"), _count(asked.get("last")))
    return Response(200, JSON, orjson.dumps({"traces": found}))


def _count(text: str | None) -> int:
    return (
        int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 5 else MOST_TRACES
    )


def metrics_page(text: bytes) -> Response:
    return Response(200, PROMETHEUS, text)


def message(status: int, text: str) -> Response:
    return Response(status, JSON, orjson.dumps({"message": text}))
