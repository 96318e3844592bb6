"""Caches in Valkey. A look-up is one question, for the space's generation and the value together, so that no
value is seen after a flush; nothing is kept in the process. While Valkey is away there is nothing in a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote
from uuid import uuid4

from gatewright.state.api import Cached
from gatewright.state.spaces import check_space, digest_of
from gatewright.state.valkey_link import Link, ValkeyAway
from gatewright.state.valkey_scripts import CACHED, CLAIM, FLUSH, KEEP, RELEASE, RENEW

MOST_SECONDS = 86_400.0  # to live
MOST_BYTES = 2 * 2**20  # of a value

_NOTHING = Cached(None, 0)


class ValkeyResponses:
    """See `gatewright.state.api.Responses`. `name` tells one cache from another."""

    def __init__(self, link: Link, name: str, time: Callable[[], str]) -> None:
        self._link = link
        self._name = name
        self._time = time
        self._process = uuid4().hex  # as whom it claims

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

    async def claim(self, space: bytes, key: bytes, seconds: float) -> bool:
        keys, sent = self._claim_keys(space, key), (self._process, min(seconds, MOST_SECONDS))
        try:
            return bool(await self._link.ask(lambda client: CLAIM.run(client, keys, self._time(), *sent)))
        except ValkeyAway:
            return True

    async def renew(self, space: bytes, key: bytes, seconds: float) -> None:
        keys, sent = self._claim_keys(space, key), (self._process, min(seconds, MOST_SECONDS))
        try:
            await self._link.ask(lambda client: RENEW.run(client, keys, self._time(), *sent))
        except ValkeyAway:
            pass  # others may fetch it too

    async def release(self, space: bytes, key: bytes) -> None:
        keys = self._claim_keys(space, key)
        try:
            await self._link.ask(lambda client: RELEASE.run(client, keys, self._process))
        except ValkeyAway:
            pass  # it ends by itself

    def flush(self, space: bytes) -> None:
        """Raises `ValkeyAway`."""
        keys = self._keys(space)
        self._link.call(lambda client: FLUSH.run(client, keys, self._time()))

    def _keys(self, space: bytes) -> list[bytes]:
        check_space(space)
        return [self._named(space, part) for part in ("generation", "values", "order")]

    def _claim_keys(self, space: bytes, key: bytes) -> list[bytes]:
        return [self._named(space, f"claim:{digest_of(space, key).hex()}")]

    def _named(self, space: bytes, part: str) -> bytes:
        """In one slot for all of a space: what stands in braces decides."""
        return f"gatewright:{self._name}:{{{quote(space, safe='')}}}:{part}".encode()


class ValkeyPolicies:
    """See `gatewright.state.api.Cache`: the same, each space of one size."""

    def __init__(self, link: Link, most_bytes: int, time: Callable[[], str]) -> None:
        self._responses = ValkeyResponses(link, "policies", time)
        self._most_bytes = most_bytes

    def at_hand(self, space: bytes, key: bytes) -> Cached | None:
        return None

    async def get(self, space: bytes, key: bytes) -> Cached:
        return await self._responses.get(space, key)

    async def put(self, space: bytes, key: bytes, value: bytes, ttl: float, generation: int) -> bool:
        return await self._responses.put(space, key, value, ttl, generation, self._most_bytes)

    def flush(self, space: bytes) -> None:
        self._responses.flush(space)
