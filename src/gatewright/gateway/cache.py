"""The stage cache: responses that were given before, found by what their methods say tells requests apart.

What is kept is the method response, before compression; nothing of the gateway's own answers. Everything
before the integration has its say on a hit too: authorizers, keys, throttles, validation.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, Any

from gatewright.gateway.cache_claim import Claim
from gatewright.gateway.cache_control import IGNORED, Invalidation, Verdict
from gatewright.gateway.deadline import pause
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.masking import mask_headers, mask_parameters
from gatewright.gateway.plan import Integration, MethodResponse
from gatewright.gateway.request_values import Source, Value
from gatewright.state.api import Cached, StateUnavailable
from gatewright.wire.types import render_fields

if TYPE_CHECKING:
    from gatewright.gateway.access import Access

MOST_BODY_BYTES = 1_048_576  # of a response that is kept: Amazon's limit
LOOK_SECONDS = 0.01  # from one look to the next, at least, for what another worker fetches

log = logging.getLogger(__name__)

_HEAD = Struct("<HI")  # status, bytes of the header fields
_NOTHING = Cached(None, 0)


def space_of(api_id: str, stage: str) -> bytes:
    """What the shared state calls a stage's cache."""
    return f"{api_id}/{stage}".encode()


def joined(parts: Iterable[bytes]) -> bytes:
    """Parts in one, from which no other parts come to the same."""
    return b"".join([b"%d:%b" % (len(part), part) for part in parts])


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A value of the request that tells entries apart; `name` as `cacheKeyParameters` has it."""

    name: str
    source: Source

    def value(self, exchange: Exchange) -> Value:
        return self.source.constant if self.source.read is None else self.source.read(exchange)


@dataclass(frozen=True, slots=True)
class ResponseCache:
    """What one verb of one method keeps, and for how long."""

    space: bytes
    place: bytes  # what stands before a key to name its place among all: nothing opens anywhere else
    prefix: bytes  # of the keys: deployment, namespace, verb, whether it is encrypted
    namespace: str
    parts: tuple[KeyPart, ...]
    ttl: int  # seconds
    most_bytes: int  # of all that the stage keeps
    encrypted: bool
    joins_misses: bool
    patience: float  # seconds that a miss waits for what others fetch: the integration's time-out
    invalidation: Invalidation

    async def respond(self, exchange: Exchange, integration: Integration) -> MethodResponse:
        """The kept response, else the integration's, kept for the next. Awaits only `Pending` values.

        Raises GatewayError.
        """
        access = exchange.outside.access
        assert access is not None, "a stage that caches is served with a state"
        asked = exchange.request.headers.get(b"cache-control")
        verdict = None if asked is None else self.invalidation.settle(exchange)
        key = self._key(exchange) if self.parts else self.prefix
        try:
            found = await access.state.responses.get(self.space, key)
        except StateUnavailable as error:
            log.warning("cached responses cannot be read: %s", error)
            return _answered(await integration.run(exchange), verdict)
        response = None
        if found.value is not None and verdict is not Verdict.ALLOWED:
            response = self._opened(access, key, found.value)
        if exchange.tracing is not None:
            self._tell(exchange, verdict, hit=response is not None)
        method = exchange.method
        assert method is not None
        if response is not None:
            method.series.cache_hits += 1
        else:
            method.series.cache_misses += 1
            response = await self._fetched(exchange, integration, key, found.generation, verdict)
        return _answered(response, verdict)

    def _key(self, exchange: Exchange) -> bytes:
        return self.prefix + joined([_bytes(part.value(exchange)) for part in self.parts])

    def _opened(self, access: Access, key: bytes, value: bytes) -> MethodResponse | None:
        """None for what cannot be decrypted: it was encrypted with a key that is not there any more."""
        if self.encrypted:
            plain = access.cache_keys.open(value, self.place + key)
            if plain is None:
                return None
            value = plain
        status, length = _HEAD.unpack_from(value)
        body = _HEAD.size + length
        return MethodResponse(status, [], value[body:], value[_HEAD.size : body])

    async def _fetched(
        self,
        exchange: Exchange,
        integration: Integration,
        key: bytes,
        generation: int,
        verdict: Verdict | None,
    ) -> MethodResponse:
        """The integration's response. Who may have it anew does not wait for what others asked for before."""
        if not self.joins_misses or verdict is Verdict.ALLOWED:
            return await self._fetch(exchange, integration, key, generation)
        access = exchange.outside.access
        assert access is not None
        work = partial(self._fetch_for_all, exchange, integration, key, generation)
        return await access.cache_misses.do((self.space, key, generation), work)

    async def _fetch_for_all(
        self, exchange: Exchange, integration: Integration, key: bytes, generation: int
    ) -> MethodResponse:
        """The response, fetched by this worker unless another one, of any node, is at it.

        Then it waits: until the entry is there, nobody is at it any more, or it waited for `patience`.
        """
        access, timers = exchange.outside.access, exchange.outside.timers
        assert access is not None
        until = timers.clock() + self.patience
        while True:
            name = joined((key, b"%d" % generation))
            claim = Claim(access.state.responses, self.space, name, timers)
            if await claim.take():
                return await claim.hold(partial(self._look_or_fetch, exchange, integration, key, generation))
            kept, generation = await self._look(exchange, key)
            if kept is not None:
                return kept
            if timers.clock() >= until:
                return await self._fetch(exchange, integration, key, generation)
            await pause(LOOK_SECONDS, timers)

    async def _look_or_fetch(
        self, exchange: Exchange, integration: Integration, key: bytes, generation: int
    ) -> MethodResponse:
        """For who has the claim: whoever had it before may have kept the response just now."""
        kept, _ = await self._look(exchange, key)
        return kept or await self._fetch(exchange, integration, key, generation)

    async def _look(self, exchange: Exchange, key: bytes) -> tuple[MethodResponse | None, int]:
        """What another worker may have fetched meanwhile, and the generation."""
        access = exchange.outside.access
        assert access is not None
        try:
            value, generation = await access.state.responses.get(self.space, key)
        except StateUnavailable:
            value, generation = _NOTHING
        kept = None if value is None else self._opened(access, key, value)
        if kept is not None and exchange.tracing is not None:
            exchange.tracing.add("cache", result="fetched by another")
        return kept, generation

    async def _fetch(
        self, exchange: Exchange, integration: Integration, key: bytes, generation: int
    ) -> MethodResponse:
        response = await integration.run(exchange)
        why = await self._keep(exchange, key, generation, response)
        if exchange.tracing is not None:
            kept: dict[str, Any] = {"result": "kept", "seconds": self.ttl}
            exchange.tracing.add("cache", **({"result": "not kept", "why": why} if why else kept))
        return response

    async def _keep(self, exchange: Exchange, key: bytes, generation: int, response: MethodResponse) -> str:
        """Why it is not kept; empty if it is."""
        if len(response.body) > MOST_BODY_BYTES:
            return f"its body of {len(response.body)} bytes is over {MOST_BODY_BYTES}"
        access = exchange.outside.access
        assert access is not None
        head = response.rendered + render_fields(response.fields)
        value = b"".join((_HEAD.pack(response.status, len(head)), head, response.body))
        if self.encrypted:
            sealed = access.cache_keys.seal(value, self.place + key)
            if sealed is None:
                return "there is no key to encrypt it with yet"
            value = sealed
        try:
            kept = await access.state.responses.put(
                self.space, key, value, self.ttl, generation, self.most_bytes
            )
        except StateUnavailable as error:
            log.warning("a response cannot be cached: %s", error)
            return str(error)
        return "" if kept else "the cache was flushed meanwhile, or has no room"

    def _tell(self, exchange: Exchange, verdict: Verdict | None, *, hit: bool) -> None:
        assert exchange.tracing is not None
        result = "bypassed" if verdict is Verdict.ALLOWED else "hit" if hit else "miss"
        facts = {part.name: _shown(part.name, part.value(exchange)) for part in self.parts}
        exchange.tracing.add(
            "cache",
            result=result,
            namespace=self.namespace,
            method=exchange.verb,
            key=facts,
            cacheControl=None if verdict is None else verdict.value,
        )


def _bytes(value: Value) -> bytes:
    """A value in a key; one that the request does not have is as an empty one."""
    if isinstance(value, list):
        return joined([item.encode("utf-8", "surrogatepass") for item in value])
    return b"" if value is None else value.encode("utf-8", "surrogatepass")


def _shown(name: str, value: Value) -> str:
    """A value for the owner's eyes, masked where it is a credential."""
    text = "" if value is None else value if isinstance(value, str) else ",".join(value)
    location, _, short = name.split(".", 2)[2].partition(".")
    mask = mask_headers if location.endswith("header") else mask_parameters
    return mask({short: text})[short]


def _answered(response: MethodResponse, verdict: Verdict | None) -> MethodResponse:
    """With the warning that is due to a caller who may not ask anew."""
    if verdict is not Verdict.IGNORED_ALOUD:
        return response
    return MethodResponse(response.status, response.fields, response.body, IGNORED + response.rendered)
