"""What admission reaches: the shared state, API keys, signing keys of issuers, callers' credentials."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatewright.gateway.callers import Callers
from gatewright.gateway.usage_plans import ApiKeys
from gatewright.gateway.verified_tokens import VerifiedTokens
from gatewright.state.api import State
from gatewright.wire.joined import Joined

if TYPE_CHECKING:
    from gatewright.gateway.method_request.authorizers.lambda_ import Told


@dataclass(frozen=True, slots=True)
class Access:
    """One for a process."""

    state: State
    api_keys: ApiKeys
    callers: Callers
    tokens: VerifiedTokens
    authorizer_calls: Joined[Told] = field(default_factory=Joined)
