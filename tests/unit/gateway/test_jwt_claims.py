"""Claims of JWT authorizers as JSON texts, and in events with their types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.gateway.jwt_claims import JwtClaims, in_event


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("42", '"42"'),
        (42, "42"),
        (1.5, "1.5"),
        (None, "null"),
        (["user", {"a": True}], '["user",{"a":true}]'),
        ('a "quoted" line\n', '"a \\"quoted\\" line\\n"'),
        ("café", '"caf\\u00E9"'),
        ("\U0001f600", '"\\uD83D\\uDE00"'),
        ("\\u00e9 as written", '"\\\\u00e9 as written"'),
    ],
)
def test_each_claim_is_json_text(value: Any, text: str) -> None:
    claims = JwtClaims({"claim": value})
    assert (list(claims), claims["claim"], claims.get("other")) == (["claim"], text, None)
    assert json.loads(claims["claim"]) == value


def test_events_have_what_others_say_as_it_is() -> None:
    typed = {"sub": "ann", "level": 3}
    assert in_event({"claims": JwtClaims(typed)}) == {"claims": typed}
    of_user_pool = {"claims": {"sub": "ann"}}
    assert in_event(of_user_pool) is of_user_pool
    of_function = {"principalId": "ann", "claims": "its own"}
    assert in_event(of_function) is of_function
