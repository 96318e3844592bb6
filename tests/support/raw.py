"""Bytes to a port as they are, and whatever comes back."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

from tests.support.processes import BOUND

READ_BYTES = 65_536


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), BOUND)


def ask(port: int, *pieces: bytes, end: bool = False) -> bytes:
    """Send the pieces and read until the server closes; `end` closes our direction behind them."""
    with connect(port) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
            if end:
                sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough: its answer is waiting
        return b"".join(_received(sock))


def _received(sock: socket.socket) -> Iterable[bytes]:
    try:
        while data := sock.recv(READ_BYTES):
            yield data
    except ConnectionResetError:
        return


def abort(port: int, data: bytes) -> None:
    """Send and reset the connection at once."""
    with connect(port) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.sendall(data)


def statuses(received: bytes) -> list[int]:
    """Of the answers in `received`, in order; none of their bodies may hold a status line."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]
