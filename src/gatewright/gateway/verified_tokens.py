"""Tokens that were verified, so that one seen before costs no signature check. Refusals are never kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING

from gatewright.gateway.issuers import Source
from gatewright.gateway.jwks import KeySets

if TYPE_CHECKING:
    from gatewright.aws.jwt.keys import KeySet
    from gatewright.aws.jwt.token import Claims

REMEMBERED = 4_096  # a token's claims take some kilobytes


@dataclass(slots=True, eq=False)
class Verified:
    """What a method accepted of a token."""

    claims: Claims = field(repr=False)
    expose: Callable[[Claims], Mapping[str, str]]  # what integrations see of them
    source: Source
    keys: KeySet  # by which it was verified
    _authorizer: Mapping[str, Mapping[str, str]] | None = field(default=None, init=False, repr=False)

    @property
    def authorizer(self) -> Mapping[str, Mapping[str, str]]:
        """`$context.authorizer`, made when it is first asked for."""
        if self._authorizer is None:
            self._authorizer = {"claims": self.expose(self.claims)}
        return self._authorizer


class VerifiedTokens:
    """By digest of the token and of the rules it was verified by. One for a process."""

    def __init__(self, key_sets: KeySets, clock: Callable[[], float] = time) -> None:
        self.key_sets = key_sets
        self.clock = clock
        self._known: OrderedDict[bytes, Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def recall(self, digest: bytes) -> Verified | None:
        """None for a token that is to be verified: it is new or expired, or its issuer's keys changed."""
        known = self._known.get(digest)
        if known is None:
            return None
        if known.claims["exp"] > self.clock() and self.key_sets.fresh(known.source) is known.keys:
            return known
        del self._known[digest]
        return None

    def remember(self, digest: bytes, verified: Verified) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.popitem(last=False)
        self._known[digest] = verified
