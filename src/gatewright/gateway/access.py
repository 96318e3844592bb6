"""What admission and the cache reach: the shared state, API keys, signing keys of issuers, callers'
credentials, and what cached responses are encrypted with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatewright.catalog.api import Change, Partition
from gatewright.gateway.cache_keys import CacheKeys
from gatewright.gateway.callers import Callers
from gatewright.gateway.usage_plans import ApiKeys
from gatewright.gateway.verified_tokens import VerifiedTokens
from gatewright.state.api import State
from gatewright.wire.joined import Joined

if TYPE_CHECKING:
    from gatewright.gateway.method_request.authorizers.lambda_ import Told
    from gatewright.gateway.plan import MethodResponse


@dataclass(frozen=True, slots=True)
class Access:
    """One for a process."""

    state: State
    api_keys: ApiKeys
    callers: Callers
    tokens: VerifiedTokens
    cache_keys: CacheKeys
    authorizer_calls: Joined[Told] = field(default_factory=Joined)
    cache_misses: Joined[MethodResponse] = field(default_factory=Joined)

    def forget(self) -> None:
        """All that is known of API keys, callers and roles; for a process that does not follow changes."""
        unknown = [Change(0, Partition("", ""), "", deleted=False)]
        self.api_keys.changed(unknown)
        self.callers.changed(unknown)
