"""Client processes that ask as fast as they can, all at once.

As a program: `hammer.py PORT PATH KEY COUNT` says `ready`. For each line that it reads it sends COUNT
requests, then writes one line of JSON: how many answers it got of each kind (`200`, `429
LimitExceededException`), and how many requests were lost with their connection (`lost`).
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

CONNECTION = 50  # requests on one connection; the next one may lead to another worker
TIMEOUT = 60.0
LOST = "lost"


class Hammer:
    """Running client processes."""

    def __init__(self, clients: list[subprocess.Popen[str]]) -> None:
        self._clients = clients

    def begin(self) -> None:
        """Let every client send its requests."""
        for client in self._clients:
            assert client.stdin is not None
            client.stdin.write("\n")
            client.stdin.flush()

    def answers(self) -> Counter[str]:
        """Wait until all are done: the answers of all of them together."""
        return sum((Counter(json.loads(_line(client))) for client in self._clients), Counter())

    def strike(self) -> Counter[str]:
        self.begin()
        return self.answers()


@contextmanager
def hammer(port: int, targets: Sequence[tuple[str, str]], count: int) -> Iterator[Hammer]:
    """One client for each (path, API key value), which sends `count` requests each time."""
    with ExitStack() as stack:
        clients = []
        for path, key in targets:
            command = [sys.executable, "-S", "-E", __file__, str(port), path, key, str(count)]
            client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            clients.append(stack.enter_context(client))
            stack.callback(client.kill)
        assert [_line(client) for client in clients] == ["ready"] * len(clients)
        yield Hammer(clients)


def _line(client: subprocess.Popen[str]) -> str:
    assert client.stdout is not None
    return client.stdout.readline().strip()


class _Client:
    def __init__(self, port: int, path: str, key: str) -> None:
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {key}\r\n\r\n".encode()
        self._left = 0
        self._socket: socket.socket | None = None

    def send(self, count: int) -> Counter[str]:
        counted: Counter[str] = Counter()
        for _ in range(count):
            try:
                counted[self._ask()] += 1
            except OSError:
                self._left = 0
                counted[LOST] += 1
        return counted

    def _ask(self) -> str:
        connection = self._connection()
        connection.sendall(self._request)
        answer = b""
        while not _complete(answer):
            data = connection.recv(65_536)
            if not data:
                raise ConnectionResetError
            answer += data
        if b"connection: close" in answer.lower():
            self._left = 0
        return _kind(answer.decode())

    def _connection(self) -> socket.socket:
        if self._socket is None or self._left == 0:
            if self._socket is not None:
                self._socket.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT)
            self._left = CONNECTION
        self._left -= 1
        return self._socket


def _complete(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    return bool(end) and len(body) == int(_value(head.decode(), "content-length") or 0)


def _kind(answer: str) -> str:
    head = answer.partition("\r\n\r\n")[0]
    return f"{head[9:12]} {_value(head, 'x-amzn-errortype')}".strip()


def _value(head: str, name: str) -> str:
    lines = (line.partition(": ") for line in head.split("\r\n"))
    return next((value for key, _, value in lines if key.lower() == name), "")


def _main() -> None:
    port, path, key, count = sys.argv[1:]
    client = _Client(int(port), path, key)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(client.send(int(count))), flush=True)


if __name__ == "__main__":
    _main()
