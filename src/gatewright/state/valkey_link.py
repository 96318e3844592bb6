"""The connection of a process to Valkey: commands run in threads, answers come back to the event loop.

While Valkey is away nobody waits for it: after a command that failed, requests are told `ValkeyAway` at once,
and only a probe asks, every half second, until one is answered. Trouble is logged, another reason for it too,
and its end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Protocol, TypeVar

from valkey.exceptions import ValkeyClusterException, ValkeyError

from gatewright.state.api import StateUnavailable
from gatewright.state.valkey_scripts import PROBE
from gatewright.state.valkey_servers import Client, Servers
from gatewright.wire.outage import Outage
from gatewright.wire.pending import Pending

THREADS = 4  # commands at once
PROBE_SECONDS = 0.5
PROBE_KEY = b"gatewright:probe"

T = TypeVar("T")

_log = logging.getLogger("gatewright")


class ValkeyAway(StateUnavailable):
    """Valkey does not answer, or not as it should."""


class Loop(Protocol):
    """The part of an event loop that is needed."""

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> object: ...

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer: ...


class Timer(Protocol):
    def cancel(self) -> None: ...


class Link:
    """Opened without a look at the server. `ask` is for the loop's thread, `call` for all others."""

    def __init__(self, servers: Servers, loop: Loop) -> None:
        self.away = False
        self._servers = servers
        self._loop = loop
        self._client: Client | None = None
        self._one = Lock()  # thread that connects, or that tells of trouble
        self._outage = Outage()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="valkey")
        self._asked_again = 0.0
        self._drained = self._closed = False

    def ask(self, command: Callable[[Client], T]) -> Pending[T]:
        """What `command` returns, run in a thread. Fails with `ValkeyAway`, at once while it is away."""
        answer: Pending[T] = Pending()
        if self.away or self._drained:
            answer.fail(self._gone("it is left" if self._drained else "it did not answer before"))
        else:
            self._threads.submit(self._run, command, answer)
        return answer

    def call(self, command: Callable[[Client], T]) -> T:
        """Run `command` here and wait for it. Raises `ValkeyAway`."""
        if self._closed:
            raise self._gone("it was closed")
        try:
            result = command(self._connected())
        except (ValkeyError, ValkeyClusterException, OSError) as error:
            why = str(error) or type(error).__name__
            self._lost(why)
            raise self._gone(why) from error
        self._found()
        return result

    def probe(self) -> None:
        """Ask whether it is back, if it is time to."""
        now = time.monotonic()
        if self.away and not self._drained and now >= self._asked_again:
            self._asked_again = now + PROBE_SECONDS
            self._threads.submit(self._probe)

    def drain(self) -> None:
        """End the threads; `call` still works."""
        self._drained = True
        self._threads.shutdown(wait=True)

    def close(self) -> None:
        self._closed = self.away = True
        self.drain()
        if self._client is not None:
            self._client.close()

    def _run(self, command: Callable[[Client], T], answer: Pending[T]) -> None:
        try:
            result = self.call(command)
        except Exception as error:
            self._loop.call_soon_threadsafe(answer.fail, error)
        else:
            self._loop.call_soon_threadsafe(answer.resolve, result)

    def _probe(self) -> None:
        try:
            self.call(lambda client: PROBE.run(client, [PROBE_KEY]))
        except ValkeyAway:
            pass

    def _connected(self) -> Client:
        if self._client is None:
            with self._one:
                if self._client is None:
                    self._client = self._servers.connect()
        return self._client

    def _gone(self, why: str) -> ValkeyAway:
        return ValkeyAway(f"Valkey at {self._servers} is away: {why.rstrip('.')}")

    def _lost(self, why: str) -> None:
        with self._one:
            known, self.away = self.away, True
            news = self._outage.goes_on(why)
        if not known:
            self._asked_again = time.monotonic() + PROBE_SECONDS
            _log.error(
                "%s. Limits hold by this process's share, caches are empty until it is back", self._gone(why)
            )
        elif news:
            _log.error("Valkey at %s is still away: %s", self._servers, why.rstrip("."))

    def _found(self) -> None:
        if not self.away or self._closed:
            return
        with self._one:
            self.away = False
            ended = self._outage.ends()
        if ended:
            _log.warning("Valkey at %s is back", self._servers)
