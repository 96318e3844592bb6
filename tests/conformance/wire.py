"""Raw HTTP both ways: a client that sends bytes as they are, a backend that answers as told and remembers."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Fields = list[tuple[str, str]]


@dataclass
class Answer:
    status: int
    fields: Fields
    body: bytes

    def values(self, name: str) -> list[str]:
        """The values under exactly this spelling."""
        return [value for key, value in self.fields if key == name]

    def has(self, name: str) -> bool:
        return any(key.lower() == name.lower() for key, _ in self.fields)


def send(port: int, line: str, fields: Fields, body: bytes) -> Answer:
    """One request on its own connection; header names and the target go out as written."""
    verb, target = line.split(" ", 1)
    head = [f"{verb} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "Connection: close"]
    if body or verb in ("POST", "PUT", "PATCH"):
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        return _parse(b"".join(iter(lambda: sock.recv(65536), b"")))


def _parse(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Answer(int(status.split()[1]), fields, body)


@dataclass
class Seen:
    """One request as the backend got it."""

    line: str
    fields: Fields
    body: bytes


@dataclass
class Backend:
    """Answers `/answer/{name}…` with the answer of that name, or with 200 and nothing."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0

    def start(self) -> ThreadingHTTPServer:
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                backend.handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        fields = [(name, value) for name, value in request.headers.items()]
        self.seen.append(Seen(f"{request.command} {request.path}", fields, body))
        name = unquote(request.path.partition("?")[0]).removeprefix("/answer/").partition("/")[0]
        told = self.answers.get(name, {})
        content = told.get("body", "").encode() if isinstance(told.get("body", ""), str) else told["body"]
        request.wfile.write(f"HTTP/1.1 {told.get('status', 200)} Told\r\n".encode())
        for header, value in told.get("headers", {}).items():
            request.wfile.write(f"{header}: {value}\r\n".encode())
        request.wfile.write(f"Content-Length: {len(content)}\r\n\r\n".encode())
        if request.command != "HEAD":
            request.wfile.write(content)
