"""What token authorizers are compiled to, and which cannot be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any, cast

import pytest

from gatewright.catalog.api import Document, Partition
from gatewright.gateway.issuers import TEST_ISSUER, IssuerSettings, Place
from gatewright.gateway.method_request.authorizers.compile import Surroundings, compile_authorizer
from gatewright.gateway.method_request.authorizers.tokens import TokenAuthorizer
from gatewright.gateway.settings import GatewaySettings

ARN = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"
OTHER_ARN = ARN.replace("_abc", "_def")
POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"
TEST_NAME = "http://127.0.0.1:4566/_gatewright/issuer"
ISSUER = {"issuer": "https://one.example", "audiences": ["app"]}
OTHER = {"issuer": "https://other.example", "audiences": ["web"]}

USERS: Document = {
    "id": "a1",
    "name": "users",
    "type": "COGNITO_USER_POOLS",
    "identitySource": "method.request.header.X-Token",
    "providerARNs": [ARN],
}
TOKENS: Document = {
    "id": "a1",
    "name": "tokens",
    "type": "JWT",
    "identitySource": "method.request.header.Authorization",
    "jwtConfiguration": {"issuers": [ISSUER], "defaultAlgorithms": ["RS256"]},
}


def compiled(
    authorizer: Document,
    *scopes: str,
    places: Mapping[str, Place] | None = None,
    dev: bool = False,
    **variables: str,
) -> TokenAuthorizer:
    issuers = IssuerSettings(places or {}, TEST_NAME, unmapped_to_test_issuer=dev)
    surroundings = Surroundings(
        api_id="a1b2c3d4e5",
        stage="dev",
        lane="dev",
        deployment_id="d9q2wz",
        flush_generation=0,
        partition=Partition("123456789012", "us-east-1"),
        variables=variables,
        settings=GatewaySettings(issuers=issuers),
    )
    method = {
        "authorizationType": authorizer["type"],
        "authorizerId": "a1",
        "authorizationScopes": list(scopes),
    }
    return cast(TokenAuthorizer, compile_authorizer(surroundings, method, {"a1": authorizer}))


def jwt_of(*issuers: Any, algorithms: tuple[str, ...] = ("RS256",)) -> Document:
    return {**TOKENS, "jwtConfiguration": {"issuers": list(issuers), "defaultAlgorithms": list(algorithms)}}


def test_where_the_token_stands() -> None:
    assert compiled(USERS).header == b"x-token"


def test_names_that_tokens_may_say() -> None:
    assert set(compiled(USERS).sources) == {POOL}
    assert set(compiled(USERS, dev=True).sources) == {POOL, TEST_NAME}
    mapped = compiled(USERS, places={ARN: Place("http://a/", "http://b/")}, dev=True)
    assert set(mapped.sources) == {POOL, "http://b/"}


def test_a_stage_variable_names_the_pool() -> None:
    by_stage = {**USERS, "providerARNs": [ARN.replace("us-east-1_abc", "${stageVariables.pool}")]}
    assert set(compiled(by_stage, pool="us-east-1_abc").sources) == {POOL}
    mapped = compiled(by_stage, places={ARN: Place("http://good")}, pool="us-east-1_abc")
    assert mapped.sources[POOL].url == "http://good"
    assert compiled(by_stage).sources == {}, "unset, so that no token is let in"
    assert compiled(by_stage, pool="us-east-1_abc").rules != compiled(by_stage, pool="us-east-1_def").rules


def test_a_pool_cannot_take_the_name_of_another() -> None:
    """The place of one pool has the other's name: tokens of that name are the other's all the same."""
    both = {**USERS, "providerARNs": [OTHER_ARN, ARN]}
    places = {OTHER_ARN: Place("http://evil", POOL), ARN: Place("http://good")}
    assert compiled(both, places=places).sources[POOL].url == "http://good"


def test_issuers_at_one_place_have_only_the_names_of_the_api() -> None:
    assert set(compiled(jwt_of(ISSUER), dev=True).sources) == {"https://one.example", TEST_NAME}
    both = compiled(jwt_of(ISSUER, OTHER), dev=True)
    assert set(both.sources) == {"https://one.example", "https://other.example"}
    places = {"https://one.example": Place("https://other.example")}
    taken = compiled(jwt_of(ISSUER, OTHER), places=places)
    assert not taken.sources["https://other.example"].mapped


def test_rules_that_differ_never_share_what_is_remembered() -> None:
    rules = [
        compiled(USERS),
        compiled(USERS, "a"),
        compiled(USERS, "a", "b"),
        compiled(USERS, dev=True),
        compiled(USERS, places={ARN: Place(TEST_ISSUER)}),
        compiled(USERS, places={ARN: Place("http://a")}),
        compiled({**USERS, "identityValidationExpression": "x"}),
        compiled({**USERS, "providerARNs": [OTHER_ARN]}),
        compiled({**USERS, "providerARNs": [ARN, OTHER_ARN]}),
        compiled(TOKENS),
        compiled(TOKENS, "a"),
        compiled(jwt_of(ISSUER, algorithms=("ES256",))),
        compiled(jwt_of({**ISSUER, "audiences": ["web"]})),
        compiled(jwt_of({**ISSUER, "additionalClaims": [{"claimName": "a", "required": True}]})),
    ]
    digests = {one.rules for one in rules}
    assert digests.isdisjoint({compiled(jwt_of(ISSUER, OTHER)).rules})
    assert len(digests) == len(rules) - 1, "only a pool of dev and one mapped to the test issuer are the same"
    assert compiled(USERS, "b", "a").rules == compiled(USERS, "a", "b").rules


REFUSED = {
    "no header": ({**USERS, "identitySource": "method.request.querystring.t"}, "identitySource"),
    "no source": ({**USERS, "identitySource": None}, "identitySource ''"),
    "no pools": ({**USERS, "providerARNs": []}, "providerARNs is empty"),
    "no user pool": ({**USERS, "providerARNs": ["arn:aws:iam::1:user/x"]}, "is no user pool"),
    "no expression": ({**USERS, "identityValidationExpression": "("}, "is no regular expression"),
    "no configuration": ({**TOKENS, "jwtConfiguration": None}, "jwtConfiguration has no issuers"),
    "no audiences": (jwt_of({"issuer": "https://one.example"}), "has no audiences"),
    "no algorithms": (jwt_of(ISSUER, algorithms=()), "defaultAlgorithms"),
    "alg none": (jwt_of(ISSUER, algorithms=("RS256", "none")), "defaultAlgorithms"),
    "HS256": (jwt_of(ISSUER, algorithms=("HS256",)), "must be some of ES256"),
}


@pytest.mark.parametrize(("authorizer", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_enforced_is_refused(authorizer: Document, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        compiled(authorizer)
    assert reason in str(caught.value)


def test_a_worker_loads_the_library_of_tokens_only_when_it_needs_it() -> None:
    code = "import sys, gatewright.server.worker; print('jwt' in sys.modules, 'cryptography' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False False\n"
