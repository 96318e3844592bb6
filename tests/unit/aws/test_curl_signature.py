"""Requests signed by curl, an implementation that shares nothing with botocore."""

from __future__ import annotations

import shutil
import subprocess
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from gatewright.aws.sigv4 import Identity, Secret, verify

SECRET = Secret("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


class Recorder(BaseHTTPRequestHandler):
    """Verifies what it is sent."""

    service: str
    seen: list[Identity]

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        try:
            self.seen.append(
                verify(
                    "POST",
                    path,
                    query,
                    fields,
                    body,
                    {SECRET.access_key: SECRET}.get,
                    service=self.service,
                    now=time.time(),
                )
            )
        finally:
            self.send_response(204)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("lambda", "/2015-03-31/functions/f/invocations?Qualifier=live"),
        ("execute-api", "/prod/items/7?a=0&a=1&b=2"),  # curl 7 does not sort
    ],
)
def test_curls_signature_verifies(service: str, target: str) -> None:
    seen: list[Identity] = []
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (Recorder,), {"seen": seen, "service": service}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}{target}"
    user = f"{SECRET.access_key}:{SECRET.secret_key}"
    command = ["curl", "-s", "-m", "20", "--aws-sigv4", f"aws:amz:us-east-1:{service}", "--user", user]
    subprocess.run([*command, "-d", '{"a": 1}', url], check=True, timeout=30)
    server.shutdown()
    thread.join(10)
    server.server_close()
    assert seen == [Identity(SECRET.access_key, "us-east-1", service)]
