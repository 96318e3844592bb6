"""What is remembered of tokens, and when it is forgotten."""

from __future__ import annotations

from typing import Any, cast

from tests.support.issuer import Issuer

from gatewright.aws.jwt.claims import rendered
from gatewright.aws.jwt.keys import KeySet
from gatewright.gateway.issuers import Source
from gatewright.gateway.verified_tokens import REMEMBERED, Verified, VerifiedTokens

SOURCE = Source(("https://issuer.example.com",), "https://issuer.example.com", True, False)
KEYS = Issuer("https://issuer.example.com").keys


class Held:
    """Stands in for key sets: one source, its keys changed at will. None: they are to be asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.keys: KeySet | None = KEYS

    def fresh(self, source: Source) -> KeySet | None:
        assert source is SOURCE
        return self.keys


def verified(expires: float = 2000.0) -> Verified:
    return Verified({"sub": "ann", "exp": expires}, rendered, SOURCE, KEYS)


def remembering(held: Held) -> VerifiedTokens:
    return VerifiedTokens(cast(Any, held), clock=lambda: held.now)


def test_until_it_expires() -> None:
    held = Held()
    tokens = remembering(held)
    known = verified()
    tokens.remember(b"a", known)
    held.now = 1999.9
    assert tokens.recall(b"a") is known
    assert tokens.recall(b"b") is None
    held.now = 2000.0
    assert tokens.recall(b"a") is None
    assert len(tokens) == 0


def test_until_the_keys_change() -> None:
    held = Held()
    tokens = remembering(held)
    for keys in (Issuer("https://issuer.example.com").keys, None):
        tokens.remember(b"a", verified())
        held.keys = keys
        assert tokens.recall(b"a") is None
        held.keys = KEYS
        assert tokens.recall(b"a") is None, "it is not taken up again"


def test_the_oldest_make_room() -> None:
    held = Held()
    tokens = remembering(held)
    for number in range(REMEMBERED + 10):
        tokens.remember(b"%d" % number, verified())
    assert len(tokens) == REMEMBERED
    assert tokens.recall(b"9") is None
    assert tokens.recall(b"10") is not None
