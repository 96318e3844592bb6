"""The claims that `gatewright token` asks to be signed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gatewright.cli.options import BadOptions
from gatewright.cli.token import Claims, Wanted, claims_of

ARN = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc"


def claims(**changes: Any) -> Claims:
    wanted: dict[str, Any] = {
        "sub": "alice",
        "scopes": [],
        "expires": "1h",
        "audiences": [],
        "claims": [],
        "access": None,
        "pool": None,
        "issuer": None,
    }
    return claims_of(Wanted(**{**wanted, **changes}))


def test_an_id_token_has_an_audience_and_an_access_token_a_client() -> None:
    for_id, for_access = claims(), claims(scopes=["a/b", "c"])
    assert (for_id["token_use"], for_id["aud"]) == ("id", "test-client")
    assert (for_access["token_use"], for_access["client_id"]) == ("access", "test-client")
    assert "aud" not in for_access
    assert for_access["scope"] == "a/b c"
    assert claims(scopes=["a"], access=False)["token_use"] == "id"
    assert claims(access=True)["token_use"] == "access"


def test_audiences_as_asked_for() -> None:
    assert claims(audiences=["app"])["aud"] == "app"
    assert claims(audiences=["app", "web"], access=True)["aud"] == ["app", "web"]


@pytest.mark.parametrize(
    ("expires", "seconds"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("7d", 604_800), ("-1h", -3600)]
)
def test_when_it_ends(expires: str, seconds: int) -> None:
    before = int(time.time())
    made = claims(expires=expires)
    assert made["exp"] - made["iat"] == seconds
    assert made["iat"] >= before


def test_further_claims_are_json_or_text_and_win() -> None:
    made = claims(claims=["custom:role=admin", 'cognito:groups=["a","b"]', "n=7", "sub=bob", "eq=a=b"])
    assert made["custom:role"] == "admin"
    assert made["cognito:groups"] == ["a", "b"]
    assert made["n"] == 7
    assert made["sub"] == "bob"
    assert made["eq"] == "a=b"


def test_whose_token_it_is() -> None:
    assert "iss" not in claims()
    assert claims(pool=ARN)["iss"] == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
    assert claims(issuer="https://issuer.example.com/")["iss"] == "https://issuer.example.com/"


WRONG = {
    "no unit": ({"expires": "10"}, "--expires 10: must be a time such as 90s"),
    "no time": ({"expires": "0s"}, "--expires 0s: must be"),
    "too long": ({"expires": "3651d"}, "--expires 3651d: must be"),
    "no value": ({"claims": ["role"]}, "--claim role: must be NAME=VALUE"),
    "no name": ({"claims": ["=x"]}, "--claim =x: must be NAME=VALUE"),
    "no pool": ({"pool": "eu-west-1_abc"}, "--pool: 'eu-west-1_abc' is no user pool"),
    "two issuers": ({"pool": ARN, "issuer": "https://x"}, "--pool and --issuer both name the issuer"),
}


@pytest.mark.parametrize(("changes", "problem"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadOptions) as caught:
        claims(**changes)
    assert str(caught.value).startswith(problem)
