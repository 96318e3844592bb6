"""Whatever an issuer signs or publishes, an answer comes back."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.issuer import NOW, encoded

from gatewright.aws.jwt import cognito, rest_authorizer
from gatewright.aws.jwt.claims import rendered
from gatewright.aws.jwt.keys import KeySet, KeysUnusable, read_keys
from gatewright.aws.jwt.problem import TokenProblem
from gatewright.aws.jwt.rest_authorizer import AdditionalClaim, Issuer
from gatewright.aws.jwt.token import Token, parse

KEYS = KeySet({("k", "RS256"): lambda signed, signature: True}, frozenset({"k"}), ())

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=int(NOW) - 9, max_value=int(NOW) + 9)
    | st.sampled_from([10**400, -(10**400), 1e308])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
later = st.just(int(NOW) + 60)
claims = st.fixed_dictionaries(
    {"iss": st.just("i") | anything},
    optional={
        "exp": later | anything,
        "nbf": anything,
        "iat": anything,
        "aud": st.just("app") | anything,
        "token_use": st.sampled_from(["id", "access"]) | anything,
        "scope": st.just("a b") | anything,
        "scp": anything,
        "tenant": anything,
    },
)
headers = st.fixed_dictionaries(
    {"alg": st.just("RS256") | anything, "kid": st.just("k") | anything},
    optional={"crit": anything, "cty": anything, "typ": anything},
)


@given(headers, claims)
@example({"alg": "RS256", "kid": "k"}, {"iss": "i", "exp": 10**400})
def test_any_claims_are_answered(header: Any, payload: Any) -> None:
    token = parse(f"{encoded(header)}.{encoded(payload)}.AAAA")
    if isinstance(token, TokenProblem):
        return
    assert isinstance(token, Token)
    issuer = Issuer(KEYS, frozenset({"app"}), (AdditionalClaim("tenant", expected=frozenset({"x"})),))
    answers = [
        cognito.verify(token, {"i": KEYS}, now=NOW),
        cognito.verify(token, {"i": KEYS}, scopes=["a"], audience=str.isalpha, now=NOW),
        rest_authorizer.verify(token, {"i": issuer}, algorithms={"RS256"}, scopes=["a"], now=NOW),
    ]
    for answer in answers:
        if isinstance(answer, TokenProblem):
            assert answer.detail
        else:
            assert all(isinstance(value, str) for value in rendered(answer).values())


entries = st.fixed_dictionaries(
    {"kty": st.sampled_from(["RSA", "EC"]) | anything},
    optional={
        name: st.sampled_from(["AQAB", "sig", "P-256", "RS256", "k"]) | anything
        for name in ("kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y", "d")
    },
)


@given(st.lists(entries | anything, max_size=3))
def test_any_key_set_is_read_or_refused(keys: list[Any]) -> None:
    with suppress(KeysUnusable):
        assert read_keys(json.dumps({"keys": keys})).ids
