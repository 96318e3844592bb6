"""What authorizers' functions answered, kept for all workers: the whole answer, never what came of it.

Each request is decided anew on the policy, for its own method ARN. A store that fails is a cache without
anything in it: the function is asked.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import orjson

from gatewright.gateway.method_request.authorizers.identity_sources import Values
from gatewright.state.api import Cached, State, StateUnavailable

log = logging.getLogger(__name__)

_NOTHING = Cached(None, 0)


def policies_of(api_id: str, stage: str) -> bytes:
    """What the shared state calls the policies of a stage and its canary: they are flushed together."""
    return f"{api_id}/{stage}".encode()


@dataclass(frozen=True, slots=True)
class PolicyCache:
    """One authorizer's part in a stage's policies. `place` tells it from the others: the stage or its canary,
    the deployment, how often the stage was flushed, the authorizer."""

    space: bytes
    place: tuple[str, ...]
    ttl: int  # seconds

    def key(self, identity: list[Values]) -> bytes:
        """Every value of every source: a request with one more value is another caller."""
        return orjson.dumps([*self.place, *identity])

    def at_hand(self, state: State, key: bytes) -> Cached | None:
        """What is kept, where that can be told without waiting."""
        try:
            return state.policies.at_hand(self.space, key)
        except StateUnavailable:
            return None

    async def keep(self, state: State, key: bytes, payload: bytes, generation: int) -> None:
        try:
            await state.policies.put(self.space, key, payload, self.ttl, generation)
        except StateUnavailable as error:
            log.warning("a policy cannot be cached: %s", error)


def unreadable(error: StateUnavailable) -> Cached:
    """What a store that fails has."""
    log.warning("cached policies cannot be read: %s", error)
    return _NOTHING
