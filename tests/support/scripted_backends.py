"""Backends that misbehave as told: each path has a script that owns the connection."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket], None]

HEAD_BYTES = 65_536


def says(*pieces: bytes) -> Script:
    """A script that sends the pieces and closes; a peer that has gone is what it expects."""

    def script(sock: socket.socket) -> None:
        for piece in pieces:
            sock.sendall(piece)

    return script


def resets(first: bytes) -> Script:
    """A script that sends `first` and resets the connection."""

    def script(sock: socket.socket) -> None:
        sock.sendall(first)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return script


def silent(sock: socket.socket) -> None:
    """Reads until the other side gives up, and says nothing."""
    while sock.recv(HEAD_BYTES):
        pass


def repeats(head: bytes, piece: bytes) -> Script:
    """A script that sends `head` and then `piece` for ever, until the other side has enough."""

    def script(sock: socket.socket) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(piece)

    return script


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, scripts: dict[str, Script], tls: ssl.SSLContext | None) -> None:
        self.scripts = scripts
        self.tls = tls
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            self._play()
        except OSError:  # the other side closed, or refused our certificate
            pass

    def _play(self) -> None:
        assert isinstance(self.server, _Server)
        sock: socket.socket = self.request
        if self.server.tls is not None:
            sock = self.server.tls.wrap_socket(sock, server_side=True)
        with sock:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := sock.recv(HEAD_BYTES)):
                    return
                head += data
            self.server.scripts[head.split()[1].decode()](sock)


@contextmanager
def scripted(scripts: dict[str, Script], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve the scripts by path; the port."""
    with _Server(scripts, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port
