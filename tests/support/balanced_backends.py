"""Backends that say which of them was asked and how, and that go away and come back on their port."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        backend = self.server.backend
        if self.path == "/health":
            backend.checked.set()
            self.send_error(200 if backend.healthy else 503)
            return
        asked = {
            "name": backend.name,
            "path": self.path,
            "host": self.headers["Host"],
            "serverName": getattr(self.connection, "server_name", None),
            "shown": isinstance(self.connection, ssl.SSLSocket) and bool(self.connection.getpeercert(True)),
        }
        written = json.dumps(asked).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    do_GET = do_POST = _answer  # noqa: N815 - the names the base class looks for

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the answer says what was asked."""


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    backend: Backend

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread."""
        try:
            tls = self.backend.tls
            if tls is None:
                super().finish_request(request, client_address)
                return
            with tls.wrap_socket(request, server_side=True) as sock:
                super().finish_request(sock, client_address)
        except OSError:  # a health check that says nothing, or a side that refused the other's certificate
            pass


class Backend:
    """One backend. Each answer ends its connection."""

    def __init__(self, name: str, tls: ssl.SSLContext | None = None) -> None:
        self.name = name
        self.tls = tls
        self.healthy = True  # what it says of itself
        self.checked = threading.Event()
        if tls is not None:
            tls.sni_callback = lambda sock, server_name, _: setattr(sock, "server_name", server_name)
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.backend = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        """From now on its port refuses connections."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def backends(*names: str) -> Iterator[list[Backend]]:
    """Plain ones that run; those that are stopped are to be started again by whoever stopped them."""
    made = [Backend(name) for name in names]
    try:
        yield made
    finally:
        for backend in made:
            backend.stop()


def refusing_port() -> tuple[socket.socket, int]:
    """A port that is taken and listens to nobody; close the socket at the end."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()[1]
