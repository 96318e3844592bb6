"""Sustained load: clients that keep connections and clients that connect anew, as long as a block lasts."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BOUND = 60.0
PAUSE = 0.002  # seconds of each client between requests: the node is to have time for more than the load


@dataclass
class Load:
    """What the clients saw: answers by status and body, and every failure in words."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = PAUSE
    answers: Counter[tuple[int, bytes]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _over: threading.Event = field(default_factory=threading.Event)

    def answered(self, more: int) -> None:
        """Wait until this many more requests were answered."""
        with self._changed:
            wanted = self.answers.total() + more
            in_time = self._changed.wait_for(lambda: self.answers.total() >= wanted, BOUND)
            assert in_time, self.failures

    def kept_connections(self) -> None:
        """One client that reuses its connection until the server says that it closes it."""
        connection = self._connect()
        while not self._over.wait(self.pause):
            closing = self._ask(connection)
            if closing:
                connection.close()
        connection.close()

    def new_connections(self) -> None:
        """One client that connects for each request."""
        while not self._over.wait(self.pause):
            connection = self._connect()
            self._ask(connection)
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=BOUND)

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        """Send one request; whether the connection is over. Nothing is tried again."""
        try:
            connection.request("GET", urlsplit(self.url).path, headers=dict(self.headers))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._tell(failure=repr(error))
            return True
        self._tell(answer=(answer.status, body))
        return answer.getheader("Connection") == "close"

    def _tell(self, answer: tuple[int, bytes] | None = None, failure: str | None = None) -> None:
        with self._changed:
            if answer is not None:
                self.answers[answer] += 1
            if failure is not None:
                self.failures.append(failure)
            self._changed.notify_all()

    def stop(self) -> None:
        self._over.set()


@contextmanager
def under_load(
    url: str, clients: int = 2, headers: Mapping[str, str] | None = None, pause: float = PAUSE
) -> Iterator[Load]:
    """Load on `url` by `clients` of each kind; it flows when the block begins and has ended after it."""
    load = Load(url, headers or {}, pause)
    threads = [
        threading.Thread(target=client)
        for client in (load.kept_connections, load.new_connections)
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        load.answered(20)
        yield load
    finally:
        load.stop()
        for thread in threads:
            thread.join()
