"""The rules of Cognito user pools and of REST APIs' JWT authorizers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.support.issuer import NOW, Issuer, Json

from gatewright.aws.jwt import cognito, rest_authorizer
from gatewright.aws.jwt.claims import rendered
from gatewright.aws.jwt.problem import Problem, TokenProblem
from gatewright.aws.jwt.rest_authorizer import AdditionalClaim
from gatewright.aws.jwt.token import Token, parse


def parsed(text: str) -> Token:
    token = parse(text)
    assert isinstance(token, Token)
    return token


def of_pool(issuer: Issuer, text: str, **how: Any) -> Problem | None:
    found = cognito.verify(parsed(text), {issuer.name: issuer.keys}, **{"now": NOW, **how})
    return found.problem if isinstance(found, TokenProblem) else None


ID, ACCESS = {"token_use": "id"}, {"token_use": "access", "aud": None}

COGNITO: list[tuple[Json, Json, Problem | None]] = [
    (ID, {}, None),
    (ID, {"scopes": ["pets/read"]}, Problem.TOKEN_USE),
    (ACCESS, {}, Problem.TOKEN_USE),
    (ACCESS, {"scopes": ["other", "pets/read"]}, None),
    (ACCESS, {"scopes": ["pets/rea"]}, Problem.SCOPE),
    (ACCESS, {"scopes": ["pets/READ"]}, Problem.SCOPE),
    ({**ACCESS, "scope": None}, {"scopes": ["pets/read"]}, Problem.SCOPE),
    ({**ACCESS, "scope": None, "scp": ["pets/read"]}, {"scopes": ["pets/read"]}, Problem.SCOPE),
    ({**ACCESS, "scope": 7}, {"scopes": ["7"]}, Problem.SCOPE),
    ({**ACCESS, "scope": ""}, {"scopes": ["x"]}, Problem.SCOPE),
    ({}, {}, Problem.TOKEN_USE),
    ({"token_use": ["id"]}, {}, Problem.TOKEN_USE),
    ({**ID, "aud": "any client of the pool"}, {}, None),
    ({**ID, "aud": "app1"}, {"audience": re.compile("app[0-9]").fullmatch}, None),
    ({**ID, "aud": "application"}, {"audience": re.compile("app[0-9]").fullmatch}, Problem.AUDIENCE),
    (ACCESS, {"scopes": ["pets/read"], "audience": re.compile(".*").fullmatch}, Problem.AUDIENCE),
    ({**ID, "exp": NOW}, {}, Problem.EXPIRED),
    ({**ID, "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"}, {}, Problem.ISSUER),
]


@pytest.mark.parametrize(("claims", "how", "expected"), COGNITO)
def test_cognito(issuer: Issuer, claims: Json, how: Json, expected: Problem | None) -> None:
    assert of_pool(issuer, issuer.sign(issuer.claims(**claims)), **how) is expected


def test_cognito_signs_with_rs256_only(issuer: Issuer) -> None:
    for alg in ("RS512", "ES256"):
        assert of_pool(issuer, issuer.sign(issuer.claims(**ID), alg=alg)) is Problem.ALGORITHM


@pytest.mark.parametrize("problem", Problem)
def test_what_cognitos_clients_are_told(problem: Problem) -> None:
    expected = "The incoming token has expired" if problem is Problem.EXPIRED else "Unauthorized"
    assert cognito.message(TokenProblem(problem, "for the owner")) == expected


def test_a_pools_issuer() -> None:
    arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC"
    assert cognito.issuer_of(arn) == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC"


@pytest.mark.parametrize(
    "arn", ["", "eu-west-1_AbC", "arn:aws:cognito-idp:x:1:userpool/", "arn:aws:s3:x:1:userpool/a"]
)
def test_what_is_no_pool(arn: str) -> None:
    with pytest.raises(ValueError, match="is no user pool: write arn:aws:cognito-idp"):
        cognito.issuer_of(arn)


TENANT = AdditionalClaim("tenant", required=True, expected=frozenset({"a", "b"}))
PLAN = AdditionalClaim("plan")

REST: list[tuple[Json, list[str], Problem | None, int]] = [
    ({"tenant": "a"}, [], None, 0),
    ({"tenant": "a", "plan": "gold"}, ["pets/read"], None, 0),
    ({"tenant": "c"}, [], Problem.CLAIM, 401),
    ({"tenant": "A"}, [], Problem.CLAIM, 401),
    ({}, [], Problem.CLAIM, 401),
    ({"tenant": ["a"]}, [], Problem.CLAIM, 401),
    ({"tenant": "a", "plan": 7}, [], Problem.CLAIM, 401),
    ({"tenant": "a", "aud": "other"}, [], Problem.AUDIENCE, 401),
    ({"tenant": "a", "exp": 1}, [], Problem.EXPIRED, 401),
    ({"tenant": "a", "iss": "https://other.test/"}, [], Problem.ISSUER, 401),
    ({"tenant": "a"}, ["pets/admin"], Problem.SCOPE, 403),
    ({"tenant": "a", "scope": None}, ["pets/read"], Problem.SCOPE, 403),
    ({"tenant": "a", "scope": None, "scp": "pets/read x"}, ["pets/read"], None, 0),
    ({"tenant": "a", "scope": "x", "scp": ["pets/read"]}, ["y", "pets/read"], None, 0),
    ({"tenant": "c"}, ["pets/admin"], Problem.CLAIM, 401),
]


@pytest.mark.parametrize(("claims", "scopes", "expected", "status"), REST)
def test_rest_authorizers(
    issuer: Issuer, claims: Json, scopes: list[str], expected: Problem | None, status: int
) -> None:
    trusted = {issuer.name: rest_authorizer.Issuer(issuer.keys, frozenset({"app", "web"}), (TENANT, PLAN))}
    token = parsed(issuer.sign(issuer.claims(**claims), alg="ES384"))
    found = rest_authorizer.verify(token, trusted, algorithms={"ES384"}, scopes=scopes, now=NOW)
    if expected is None:
        assert found == issuer.claims(**claims)
    else:
        assert isinstance(found, TokenProblem)
        assert (found.problem, rest_authorizer.status(found)) == (expected, status)


def test_the_allowed_algorithms_are_the_authorizers(issuer: Issuer) -> None:
    trusted = {issuer.name: rest_authorizer.Issuer(issuer.keys, frozenset({"app"}))}
    found = rest_authorizer.verify(parsed(issuer.sign()), trusted, algorithms={"ES384"}, now=NOW)
    assert isinstance(found, TokenProblem)
    assert found.detail == "the algorithm 'RS256' is none of 'ES384'"


def test_claims_are_texts() -> None:
    claims = {
        "sub": "ann",
        "exp": 1_494_139_638,
        "iat": 1_494_136_038.7,
        "auth_time": 1_494_136_038,
        "email_verified": True,
        "phone_number_verified": False,
        "cognito:groups": ["admin", "ops"],
        "one": ["admin"],
        "identities": [{"userId": "7", "primary": "true"}],
        "nothing": None,
        "ratio": 0.5,
    }
    assert rendered(claims) == {
        "sub": "ann",
        "exp": "Sun May 07 06:47:18 UTC 2017",
        "iat": "Sun May 07 05:47:18 UTC 2017",
        "auth_time": "1494136038",
        "email_verified": "true",
        "phone_number_verified": "false",
        "cognito:groups": "admin,ops",
        "one": "admin",
        "identities": '{"userId":"7","primary":"true"}',
        "nothing": "null",
        "ratio": "0.5",
    }
    assert rendered({"iat": None, "exp": 0}) == {"iat": "null", "exp": "Thu Jan 01 00:00:00 UTC 1970"}
