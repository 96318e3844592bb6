"""The web site of an issuer: its documents by path, which a test may change while it runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.issuer import Issuer

KEYS = "/.well-known/jwks.json"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class KeyServer:
    """`pages` are answered 200; `moved` redirects; everything else is answered `missing`."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    missing: int = 404
    asked: list[str] = field(default_factory=list)

    def serve_pool(self, path: str, issuer: Issuer) -> None:
        """The keys of a user pool, where Cognito has them."""
        self.pages[path + KEYS] = issuer.jwks()

    def serve_issuer(self, path: str, issuer: Issuer, *, name: str = "") -> None:
        """An OpenID Connect issuer, its keys where Keycloak has them."""
        base = self.url + path
        document = {"issuer": name or base, "jwks_uri": f"{name or base}/certs"}
        self.pages[path + DISCOVERY] = json.dumps(document)
        self.pages[path + "/certs"] = issuer.jwks()


@contextmanager
def key_server() -> Iterator[KeyServer]:
    site = KeyServer()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.pages.get(self.path)
            target = site.moved.get(self.path)
            self.send_response(302 if target else 200 if page is not None else site.missing)
            if target:
                self.send_header("Location", target)
            body = (page or "").encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test says what it sees."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
