"""API Gateway's ARNs and the exact words of its refusals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.policies import Json, document, resource_policy, statement

from gatewright.aws.policy.admission import admitted, admitted_by_authorizer, refused_beforehand
from gatewright.aws.policy.deny_texts import Denial, Layer, authorizer_denied, not_authorized
from gatewright.aws.policy.document import AUTHORIZER_POLICY, RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.engine import Verdict, evaluate
from gatewright.aws.policy.execute_api import (
    INVOKE,
    KEYS_OF_ALL,
    completed,
    masked,
    method_arn,
    request_context,
    stage_arn,
    unknown_keys,
)
from gatewright.aws.policy.request import Request

PLACE = ("us-east-1", "123456789012", "a1b2c3d4e5")
API = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5"


@pytest.mark.parametrize(
    ("method", "path", "resource"),
    [
        ("GET", "/pets", "prod/GET/pets"),
        ("get", "/", "prod/GET/"),
        ("GET", "", "prod/GET/"),
        ("GET", "/test//", "prod/GET/test//"),
        ("DELETE", "//a", "prod/DELETE//a"),
        ("GET", "/a%20b:c/%2F", "prod/GET/a%20b:c/%2F"),
    ],
)
def test_the_arn_of_a_call(method: str, path: str, resource: str) -> None:
    assert method_arn(stage_arn(*PLACE, "prod"), method, path) == f"{API}/{resource}"


def test_an_account_is_masked() -> None:
    assert masked(f"{API}/prod/GET/a:b") == (
        "arn:aws:execute-api:us-east-1:********9012:a1b2c3d4e5/prod/GET/a:b"
    )


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("execute-api:/*", f"{API}/*"),
        ("execute-api:/prod/GET/pets", f"{API}/prod/GET/pets"),
        ("execute-api:/*/GET/pets/*", f"{API}/*/GET/pets/*"),
        (f"{API}/*", f"{API}/*"),
        ("*", "*"),
        (["execute-api:/a", "*"], [f"{API}/a", "*"]),
        (7, 7),
    ],
)
def test_short_resources_are_completed(written: object, full: object) -> None:
    for element in ("Resource", "NotResource"):
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", element: written}]}
        expected = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", element: full}]}
        assert completed(policy, *PLACE) == expected
        assert (
            completed({"Statement": policy["Statement"][0]}, *PLACE)["Statement"] == expected["Statement"][0]
        )


def test_what_is_no_policy_stays_for_the_parser_to_refuse() -> None:
    assert completed({"Statement": ["x"]}, *PLACE) == {"Statement": ["x"]}
    assert completed({}, *PLACE) == {"Statement": None}


@pytest.mark.parametrize(
    ("resource", "method", "path", "expected"),
    [
        ("execute-api:/*", "GET", "/pets", True),
        ("execute-api:/prod/GET/pets/*", "GET", "/pets/7/toys", True),  # a star spans slashes
        ("execute-api:/prod/GET/pets/*", "GET", "/pets", False),
        ("execute-api:/prod/*/pets", "PATCH", "/pets", True),
        ("execute-api:/prod/GET/pets/?", "GET", "/pets/7", True),
        ("execute-api:/prod/GET/pets/?", "GET", "/pets/77", False),
        ("execute-api:/prod/GET/Pets", "GET", "/pets", False),
        ("execute-api:/prod/get/pets", "GET", "/pets", False),
        ("execute-api:/prod/GET/", "GET", "/", True),
        ("execute-api:/prod/GET/a b", "GET", "/a%20b", False),  # as sent, not decoded
        ("execute-api:/prod/GET/a%20b", "GET", "/a%20b", True),
        ("execute-api:/prod/GET/{id}", "GET", "/7", False),
        ("execute-api:/dev/*", "GET", "/pets", False),
    ],
)
def test_a_policy_matches_the_path_as_sent(resource: str, method: str, path: str, expected: bool) -> None:
    written = completed(document(statement(Principal="*", Resource=resource)), *PLACE)
    policy = compile_policy(written, RESOURCE_POLICY)
    decision = evaluate(policy, Request(INVOKE, method_arn(stage_arn(*PLACE, "prod"), method, path)))
    assert (decision.verdict is Verdict.ALLOW) is expected


EVERY_CALL: dict[str, Any] = {
    "source_ip": "203.0.113.9",
    "user_agent": "curl/8",
    "referer": None,
    "secure": True,
    "now": 1_700_000_000.9,
}


def test_what_every_call_brings_to_conditions() -> None:
    assert request_context(KEYS_OF_ALL, **EVERY_CALL) == {
        "aws:sourceip": "203.0.113.9",
        "aws:useragent": "curl/8",
        "aws:securetransport": "true",
        "aws:currenttime": "2023-11-14T22:13:20Z",
        "aws:epochtime": "1700000000",
    }
    assert request_context({"aws:sourceip", "aws:referer"}, **EVERY_CALL) == {"aws:sourceip": "203.0.113.9"}


@pytest.mark.parametrize(
    "condition",
    [
        {"DateLessThan": {"aws:CurrentTime": "2023-11-14T22:13:21Z"}},
        {"DateGreaterThanEquals": {"aws:CurrentTime": "1700000000"}},
        {"NumericEquals": {"aws:EpochTime": 1_700_000_000}},
        {"DateEquals": {"aws:EpochTime": "2023-11-14T22:13:20Z"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:Referer": "true"}},
        {"StringLike": {"aws:UserAgent": "curl/*"}},
    ],
)
def test_conditions_on_every_call(condition: Json) -> None:
    policy = resource_policy(statement(Condition=condition))
    request = Request(INVOKE, f"{API}/prod/GET/", context=request_context(policy.keys, **EVERY_CALL))
    assert evaluate(policy, request).verdict is Verdict.ALLOW


OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
POLICIES = {
    "allow": resource_policy(statement()),
    "deny": resource_policy(statement(), statement("Deny")),
    "silent": resource_policy(statement(Condition={"Bool": {"aws:SecureTransport": "false"}})),
    "signed": resource_policy(statement(Principal={"AWS": "123456789012"})),
    "none": None,
}
EXPLICIT, SILENT = Denial(Layer.RESOURCE, True), Denial(Layer.RESOURCE, False)


@pytest.mark.parametrize(
    ("name", "without", "beforehand"),
    [
        ("none", None, None),
        ("allow", None, None),
        ("deny", EXPLICIT, EXPLICIT),
        ("silent", SILENT, None),
        ("signed", SILENT, None),  # nobody here is an AWS principal
    ],
)
def test_a_resource_policy_and_callers_that_do_not_sign(
    name: str, without: Denial | None, beforehand: Denial | None
) -> None:
    request = Request(INVOKE, f"{API}/prod/GET/pets", context=request_context(KEYS_OF_ALL, **EVERY_CALL))
    assert admitted(POLICIES[name], request) == without
    assert refused_beforehand(POLICIES[name], request) == beforehand


@pytest.mark.parametrize(
    ("authorizer", "resource", "expected"),
    [
        (statement(), "none", "in"),
        (statement(), "silent", "in"),
        (statement(), "allow", "in"),
        (statement(), "deny", "explicit"),
        (statement(Resource=f"{API}/prod/GET/dogs"), "none", "silent"),
        (statement(Resource=f"{API}/prod/GET/dogs"), "silent", "silent"),
        (statement(Resource=f"{API}/prod/GET/dogs"), "allow", "in"),  # rescued by an open resource policy
        (statement("Deny"), "none", "explicit"),
        (statement("Deny"), "allow", "explicit"),
        (statement(Resource=f"{API}/prod/*/*"), "none", "in"),
        (statement(Condition=OFFICE), "none", "in"),
    ],
)
def test_an_authorizers_policy_and_a_resource_policy(authorizer: Json, resource: str, expected: str) -> None:
    policy = compile_policy(document(authorizer), AUTHORIZER_POLICY)
    request = Request(INVOKE, f"{API}/prod/GET/pets", context=request_context(KEYS_OF_ALL, **EVERY_CALL))
    denial = None if expected == "in" else Denial(Layer.IDENTITY, expected == "explicit")
    assert admitted_by_authorizer(policy, POLICIES[resource], request) == denial


def test_keys_that_no_request_has() -> None:
    condition = {
        "StringEquals": dict.fromkeys(["aws:RequestedRegion", "aws:Referer", "aws:PrincipalTag/x"], "x")
    }
    policy = compile_policy(document(statement(Principal="*", Condition=condition)), RESOURCE_POLICY)
    assert unknown_keys(policy) == {"aws:requestedregion"}


MASKED = "arn:aws:execute-api:us-east-1:********9012:a1b2c3d4e5/prod/GET/pets"


@pytest.mark.parametrize(
    ("layer", "explicit", "suffix"),
    [
        (Layer.RESOURCE, True, " with an explicit deny in a resource-based policy"),
        (Layer.RESOURCE, False, " because no resource-based policy allows the execute-api:Invoke action"),
        (Layer.IDENTITY, True, " with an explicit deny in an identity-based policy"),
        (Layer.IDENTITY, False, " because no identity-based policy allows the execute-api:Invoke action"),
        (Layer.ENDPOINT, True, " with an explicit deny in a VPC endpoint policy"),
        (Layer.ENDPOINT, False, " because no VPC endpoint policy allows the execute-api:Invoke action"),
        (Layer.BOUNDARY, True, " with an explicit deny in a permissions boundary"),
        (Layer.BOUNDARY, False, " because no permissions boundary allows the execute-api:Invoke action"),
        (Layer.SESSION, True, " with an explicit deny in a session policy"),
        (Layer.SESSION, False, " because no session policy allows the execute-api:Invoke action"),
        (Layer.SERVICE_CONTROL, True, " with an explicit deny in a service control policy"),
        (
            Layer.SERVICE_CONTROL,
            False,
            " because no service control policy allows the execute-api:Invoke action",
        ),
    ],
)
def test_why_a_caller_is_kept_out(layer: Layer, explicit: bool, suffix: str) -> None:
    head = f"is not authorized to perform: execute-api:Invoke on resource: {MASKED}{suffix}"
    arn = f"{API}/prod/GET/pets"
    session = "arn:aws:sts::111122223333:assumed-role/Role/session"
    assert not_authorized(None, arn, Denial(layer, explicit)) == f"User: anonymous {head}"
    assert not_authorized(session, arn, Denial(layer, explicit)) == f"User: {session} {head}"


def test_why_an_authorizer_keeps_a_caller_out() -> None:
    assert authorizer_denied(explicit=True) == (
        "User is not authorized to access this resource with an explicit deny in an identity-based policy"
    )
    assert authorizer_denied(explicit=False) == (
        "User is not authorized to access this resource because no identity-based policy allows the "
        "execute-api:Invoke action"
    )
