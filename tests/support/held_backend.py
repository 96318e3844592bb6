"""A backend whose answers a test holds back until it wants them sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.processes import BOUND


@dataclass
class HeldBackend:
    """Answers every GET with `late`, once `release` is set; `asked` is set when the first one arrives.

    `peers` are the ports that the requests came from: equal ones share a connection.
    """

    url: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    peers: list[int] = field(default_factory=list)


@contextmanager
def held_backend() -> Iterator[HeldBackend]:
    backend = HeldBackend()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            backend.peers.append(self.client_address[1])
            backend.asked.set()
            assert backend.release.wait(BOUND)
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"late")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test says what it sees."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        backend.url = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield backend
        finally:
            backend.release.set()
            server.shutdown()
            thread.join()
