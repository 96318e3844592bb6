"""Resource policies: what lets API Gateway in, and what keeps it out."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.functions.api import FunctionName, Source
from gatewright.functions.permissions import allows, compiled

FUNCTION = FunctionName("123456789012", "eu-west-1", "pets")
SOURCE_ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/pets/{id}"
SOURCE = Source("apigateway.amazonaws.com", SOURCE_ARN, "123456789012")


def statement(**members: Any) -> dict[str, Any]:
    return {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION.arn,
        **members,
    }


def arn_like(pattern: str | list[str], operator: str = "ArnLike") -> dict[str, Any]:
    return statement(Condition={operator: {"AWS:SourceArn": pattern}})


def account(value: str, operator: str = "StringEquals") -> dict[str, Any]:
    return statement(Condition={operator: {"AWS:SourceAccount": value}})


@pytest.mark.parametrize(
    "allowing",
    [
        statement(),
        statement(Principal="*"),
        statement(Principal={"AWS": "*"}),
        statement(Principal={"Service": ["events.amazonaws.com", "apigateway.amazonaws.com"]}),
        statement(Action="lambda:*"),
        statement(Action=["lambda:GetFunction", "lambda:invokefunction"]),
        statement(Resource="*"),
        statement(Resource="arn:aws:lambda:*:*:function:p?ts"),
        statement(Condition={}),
        arn_like(SOURCE_ARN),
        arn_like("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/*/*"),
        arn_like("arn:aws:execute-api:*:*:a1b2c3d4e5/*/GET/pets/?id?"),
        arn_like(["arn:aws:execute-api:eu-west-1:123456789012:other/*", SOURCE_ARN]),
        arn_like("arn:aws:execute-api:*:*:*", "ArnEquals"),
        arn_like("arn:aws:execute-api:*"),
        arn_like("*"),
        arn_like("arn:aws:execute-api:*", "StringLike"),
        account("123456789012"),
        account("1234*", "StringLike"),
    ],
)
def test_what_lets_in(allowing: dict[str, Any]) -> None:
    assert allows(compiled([allowing]), FUNCTION, SOURCE)


@pytest.mark.parametrize(
    "other",
    [
        statement(Principal={"Service": "events.amazonaws.com"}),
        statement(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        statement(Principal=None),
        statement(Action="lambda:GetFunction"),
        statement(Action=None),
        statement(Resource="arn:aws:lambda:eu-west-1:123456789012:function:dogs"),
        statement(Resource=f"{FUNCTION.arn}:live"),
        statement(Resource=None),
        arn_like("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/POST/*"),
        arn_like([]),
        account("999999999999"),
        account("1234*"),
        statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        statement(Condition={"IpAddress": {"AWS:SourceArn": SOURCE_ARN}}),
    ],
)
def test_what_keeps_out(other: dict[str, Any]) -> None:
    assert not allows(compiled([other]), FUNCTION, SOURCE)
    assert allows(compiled([other, statement()]), FUNCTION, SOURCE)


def test_no_statement_is_a_refusal() -> None:
    assert not allows(compiled([]), FUNCTION, SOURCE)


@pytest.mark.parametrize(
    "deny",
    [
        statement(Effect="Deny"),
        arn_like(SOURCE_ARN) | {"Effect": "Deny"},
        statement(Effect="Deny", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    ],
)
def test_a_deny_wins_in_any_order(deny: dict[str, Any]) -> None:
    assert not allows(compiled([statement(), deny]), FUNCTION, SOURCE)
    assert not allows(compiled([deny, statement()]), FUNCTION, SOURCE)


def test_a_deny_for_others_does_not_matter() -> None:
    deny = arn_like("arn:aws:execute-api:*:*:other/*") | {"Effect": "Deny"}
    assert allows(compiled([deny, statement()]), FUNCTION, SOURCE)


@pytest.mark.parametrize("condition", [{"SoundsLike": {"AWS:SourceAccount": "1"}}, ["StringEquals"], "*"])
def test_a_deny_that_cannot_be_read_refuses_everything(condition: object) -> None:
    deny = statement(Effect="Deny", Condition=condition)
    assert not allows(compiled([statement(), deny]), FUNCTION, SOURCE)


def test_every_condition_must_hold() -> None:
    condition = {
        "ArnLike": {"aws:sourcearn": SOURCE_ARN},
        "StringEquals": {"AWS:SourceAccount": "999999999999"},
    }
    assert not allows(compiled([statement(Condition=condition)]), FUNCTION, SOURCE)


def test_latest_is_the_function_itself() -> None:
    latest = FunctionName("123456789012", "eu-west-1", "pets", "$LATEST")
    assert allows(compiled([statement()]), latest, SOURCE)
