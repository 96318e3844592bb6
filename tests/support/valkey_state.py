"""A state in Valkey whose time a test moves, and which answers before a call returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.support.coroutines import Deliveries, answer
from tests.support.moved_clock import MovedClock
from tests.support.valkey import ValkeyServer

from gatewright.state.api import Cached, DayUsage, Limit, Quota, Size
from gatewright.state.valkey_servers import parse_servers
from gatewright.state.valkey_store import ValkeyState, open_valkey

POLICIES_BYTES = 2 * 2**20


class Waited:
    """A cache whose coroutines never suspend."""

    def __init__(self, cache: Any, loop: Deliveries) -> None:
        self._cache = cache
        self._loop = loop

    async def get(self, space: bytes, key: bytes) -> Cached:
        cached: Cached = answer(self._cache.get(space, key), self._loop)
        return cached

    async def put(self, *arguments: Any) -> bool:
        return bool(answer(self._cache.put(*arguments), self._loop))

    async def claim(self, space: bytes, key: bytes, seconds: float) -> bool:
        return bool(answer(self._cache.claim(space, key, seconds), self._loop))

    async def renew(self, space: bytes, key: bytes, seconds: float) -> None:
        answer(self._cache.renew(space, key, seconds), self._loop)

    async def release(self, space: bytes, key: bytes) -> None:
        answer(self._cache.release(space, key), self._loop)

    def flush(self, space: bytes) -> None:
        self._cache.flush(space)


class WaitedState:
    """A State whose coroutines never suspend, and whose usage is told before it is asked for."""

    def __init__(self, server: ValkeyServer, clock: MovedClock, processes: int = 1, user: str = "") -> None:
        """`user` is what stands before the host in the URL."""
        self.loop = Deliveries()
        state = open_valkey(
            parse_servers(server.url.replace("://", f"://{user}")),
            self.loop,
            processes=processes,
            policies_bytes=POLICIES_BYTES,
            clock=lambda: clock.unix,
            monotonic=lambda: clock.monotonic,
            time_sent=lambda: repr(clock.unix),
        )
        assert isinstance(state, ValkeyState)
        self.inner = state
        self.policies = Waited(state.policies, self.loop)
        self.responses = Waited(state.responses, self.loop)

    async def admit(self, limits: Sequence[Limit]) -> Limit | None:
        return answer(self.inner.admit(limits), self.loop)

    def report(self) -> None:
        """Let it tell what was used, and hear the answers."""
        self.loop.run_until(lambda: not self.inner.leasing.busy)
        self.loop.tick()
        self.loop.run_until(lambda: not self.inner.leasing.busy)

    def usage(self, quota: Quota, first: date, last: date) -> list[DayUsage]:
        self.report()
        return self.inner.usage(quota, first, last)

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        self.report()
        self.inner.set_remaining(quota, remaining)
        self.report()

    def housekeep(self) -> dict[str, Size]:
        return self.inner.housekeep()

    def close(self) -> None:
        self.inner.close()
