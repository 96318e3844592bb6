"""Caches in Valkey. A look-up is one question, for the space's generation and the value together, so that no
value is seen after a flush; nothing is kept in the process. While Valkey is away there is nothing in a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from gatewright.state.api import Cached
from gatewright.state.spaces import check_space, digest_of
from gatewright.state.valkey_link import Link, ValkeyAway
from gatewright.state.valkey_scripts import CACHED, FLUSH, KEEP

MOST_SECONDS = 86_400.0  # to live
MOST_BYTES = 2 * 2**20  # of a value

_NOTHING = Cached(None, 0)


class ValkeyResponses:
    """See `gatewright.state.api.Responses`. `name` tells one cache from another."""

    def __init__(self, link: Link, name: str, time: Callable[[], str]) -> None:
        self._link = link
        self._name = name
        self._time = time

    async def get(self, space: bytes, key: bytes) -> Cached:
        keys, digest = self._keys(space), digest_of(space, key)
        try:
            generation, value = await self._link.ask(
                lambda client: CACHED.run(client, keys, self._time(), digest)
            )
        except ValkeyAway:
            return _NOTHING
        return Cached(value, int(generation))

    async def put(
        self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int, most_bytes: int
    ) -> bool:
        if len(value) > MOST_BYTES or ttl <= 0:
            return False
        keys, digest, seconds = self._keys(space), digest_of(space, key), min(ttl, MOST_SECONDS)
        try:
            kept = await self._link.ask(
                lambda client: KEEP.run(
                    client, keys, self._time(), digest, value, seconds, generation, most_bytes
                )
            )
        except ValkeyAway:
            return False
        return bool(kept)

    def flush(self, space: bytes) -> None:
        """Raises `ValkeyAway`."""
        keys = self._keys(space)
        self._link.call(lambda client: FLUSH.run(client, keys, self._time()))

    def _keys(self, space: bytes) -> list[bytes]:
        """Of one slot: what stands in braces decides."""
        check_space(space)
        where = f"gatewright:{self._name}:{{{quote(space, safe='')}}}:"
        return [f"{where}{part}".encode() for part in ("generation", "values", "order")]


class ValkeyPolicies:
    """See `gatewright.state.api.Cache`: the same, each space of one size."""

    def __init__(self, link: Link, most_bytes: int, time: Callable[[], str]) -> None:
        self._responses = ValkeyResponses(link, "policies", time)
        self._most_bytes = most_bytes

    async def get(self, space: bytes, key: bytes) -> Cached:
        return await self._responses.get(space, key)

    async def put(self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int) -> bool:
        return await self._responses.put(space, key, value, ttl, generation, self._most_bytes)

    def flush(self, space: bytes) -> None:
        self._responses.flush(space)
