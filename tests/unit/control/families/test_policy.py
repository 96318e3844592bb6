"""An API's resource policy: what is one, how it is kept, how it is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Partition
from gatewright.control.rest.policy import escaped, normalise

PARTITION = Partition("123456789012", "us-east-1")
ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5"
REFUSAL = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "execute-api:Invoke",
    "Resource": "execute-api:/*",
}


def stored(policy: Any) -> str:
    return normalise(json.dumps(policy), PARTITION, "a1b2c3d4e5")


def with_statement(**changes: Any) -> dict[str, Any]:
    """A policy of one statement, changed; None takes a member away."""
    members = {**STATEMENT, **changes}
    return {"Statement": [{name: value for name, value in members.items() if value is not None}]}


def test_the_documented_round_trip() -> None:
    statement = {**STATEMENT, "Action": ["execute-api:Invoke"], "Resource": ["execute-api:/*/GET/x"]}
    shown = escaped(stored({"Version": "2012-10-17", "Statement": [statement]}))
    assert shown == (
        r"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
        r"\"Action\":\"execute-api:Invoke\","
        r"\"Resource\":\"arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5\/*\/GET\/x\"}]}"
    )
    assert escaped(normalise(shown, PARTITION, "a1b2c3d4e5")) == shown


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"Resource": ["execute-api:/*"]}, {"Resource": f"{ARN}/*"}),
        (
            {"Resource": ["execute-api:/prod/GET/pets", "*"]},
            {"Resource": [f"{ARN}/prod/GET/pets", "*"]},
        ),
        ({"Resource": None, "NotResource": "execute-api:/a/*"}, {"NotResource": f"{ARN}/a/*"}),
        ({"Action": None, "NotAction": ["execute-api:*"]}, {"NotAction": "execute-api:*"}),
        ({"Principal": {"AWS": ["123456789012"]}}, {"Principal": {"AWS": "123456789012"}}),
        (
            {"Principal": {"AWS": ["*", "123456789012"], "Service": ["a.amazonaws.com"]}},
            {"Principal": {"AWS": ["*", "123456789012"], "Service": "a.amazonaws.com"}},
        ),
    ],
)
def test_short_arns_are_completed_and_lists_of_one_collapse(
    given: dict[str, Any], kept: dict[str, Any]
) -> None:
    policy = json.loads(stored(with_statement(**given)))
    assert {name: policy["Statement"][0][name] for name in kept} == kept


def test_a_single_statement_becomes_a_list() -> None:
    assert json.loads(stored({"Statement": STATEMENT}))["Statement"][0]["Effect"] == "Allow"


@pytest.mark.parametrize(
    "changes",
    [
        {"Sid": "one"},
        {"Effect": "Deny"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:user/division/Name"}},
        {"Principal": {"AWS": "arn:aws-cn:iam::123456789012:role/Name"}},
        {"Principal": {"AWS": "arn:aws:sts::123456789012:assumed-role/Role/session"}},
        {"Principal": {"AWS": "arn:aws:sts::123456789012:federated-user/Name"}},
        {"Principal": {"Federated": "accounts.example.com", "CanonicalUser": "79a5" * 16}},
        {"Principal": None, "NotPrincipal": {"AWS": "123456789012"}},
        {"Action": ["execute-api:Invoke", "execute-api:InvalidateCache"]},
        {"Condition": {}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}},
        {"Condition": {"StringNotEqualsIgnoreCaseIfExists": {"aws:UserAgent": "x"}}},
        {
            "Condition": {
                "ForAllValues:StringLike": {"aws:a": "b"},
                "ForAnyValue:ArnNotLike": {"aws:a": "arn:aws:sns:*"},
            }
        },
        {"Condition": {"NumericLessThanEquals": {"aws:a": 5}, "Bool": {"aws:SecureTransport": True}}},
        {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}, "Null": {"aws:a": "true"}}},
        {"Condition": {"BinaryEquals": {"aws:a": "QQ=="}, "NotIpAddress": {"aws:SourceIp": "192.0.2.7"}}},
    ],
)
def test_what_is_a_policy(changes: dict[str, Any]) -> None:
    policy = json.loads(stored(with_statement(**changes)))
    kept = {name: value for name, value in changes.items() if value is not None}
    assert {name: policy["Statement"][0][name] for name in kept} == kept


@pytest.mark.parametrize(
    "policy",
    [
        None,
        [],
        "policy",
        {},
        {"Statement": []},
        {"Statement": "Allow"},
        {**with_statement(), "Version": "2020-01-01"},
        {**with_statement(), "Id": 1},
        {**with_statement(), "Statements": []},
        {"Statement": [STATEMENT, {}]},
        with_statement(Effect="allow"),
        with_statement(Effect=None),
        with_statement(Sid=1),
        with_statement(Conditions={}),
        with_statement(Principal=None),
        with_statement(NotPrincipal="*"),
        with_statement(Principal="123456789012"),
        with_statement(Principal={}),
        with_statement(Principal={"AWS": []}),
        with_statement(Principal={"aws": "*"}),
        with_statement(Principal={"AWS": "me"}),
        with_statement(Principal={"AWS": "arn:aws:iam::123456789012:user/*"}),
        with_statement(Principal={"AWS": "arn:aws:iam::123456789012:group/admins"}),
        with_statement(Principal={"AWS": "arn:aws:sts::123456789012:assumed-role/Role"}),
        with_statement(Principal={"Service": 1}),
        with_statement(Action=None),
        with_statement(Action=""),
        with_statement(Action=[]),
        with_statement(Action=[1]),
        with_statement(NotAction="*"),
        with_statement(Resource=None),
        with_statement(Resource={"aws:a": "b"}),
        with_statement(Condition="x"),
        with_statement(Condition={"StringEqual": {"aws:a": "b"}}),
        with_statement(Condition={"NullIfExists": {"aws:a": "true"}}),
        with_statement(Condition={"StringEquals": "a"}),
        with_statement(Condition={"StringEquals": {"aws:a": {"b": "c"}}}),
        with_statement(Condition={"StringEquals": {"aws:a": [None]}}),
    ],
)
def test_what_is_no_policy(policy: Any) -> None:
    with pytest.raises(BadRequest) as raised:
        stored(policy)
    assert raised.value.message == REFUSAL


def test_a_policy_has_its_bound() -> None:
    room = 8192 - len(stored(with_statement(Sid="")))
    assert len(stored(with_statement(Sid="s" * room))) == 8192
    with pytest.raises(BadRequest) as raised:
        stored(with_statement(Sid="s" * (room + 1)))
    assert raised.value.message == "Invalid policy document. It must have at most 8192 characters."
