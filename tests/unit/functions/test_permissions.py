"""Resource policies: what lets API Gateway in, and what keeps it out."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.aws.policy.document import IDENTITY_POLICY, compile_policy
from gatewright.aws.principals import Principal, role_session
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


# ---- roles and users: their own policies count too -------------------------------------------------------

ROLE = "arn:aws:iam::123456789012:role/gateway"
STRANGER = "arn:aws:iam::999999999999:role/gateway"
INVOKE: dict[str, Any] = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION.arn}


def session(
    *statements: dict[str, Any], arn: str = ROLE, boundary: dict[str, Any] | None = None
) -> Principal:
    policies = [_policy(one) for one in statements]
    bound = None if boundary is None else _policy(boundary)
    return role_session(arn, "AROAROLEROLEROLEROLE", "session", policies, issued=0, boundary=bound)


def _policy(one: dict[str, Any]) -> Any:
    return compile_policy({"Version": "2012-10-17", "Statement": [one]}, IDENTITY_POLICY)


@pytest.mark.parametrize(
    ("own", "functions", "arn", "allowed"),
    [
        ([INVOKE], [], ROLE, True),
        ([], [statement(Principal={"AWS": ROLE})], ROLE, True),
        ([], [statement()], ROLE, False),  # which is for the service
        ([], [], ROLE, False),
        ([{**INVOKE, "Resource": f"{FUNCTION.arn}s"}], [], ROLE, False),
        ([{**INVOKE, "Action": "lambda:GetFunction"}], [], ROLE, False),
        ([INVOKE, {**INVOKE, "Effect": "Deny"}], [], ROLE, False),
        ([INVOKE], [statement(Effect="Deny", Principal="*")], ROLE, False),
        ([INVOKE], [], STRANGER, False),
        ([], [statement(Principal={"AWS": STRANGER})], STRANGER, False),
        ([INVOKE], [statement(Principal={"AWS": STRANGER})], STRANGER, True),
    ],
)
def test_what_lets_a_role_in(
    own: list[dict[str, Any]], functions: list[dict[str, Any]], arn: str, allowed: bool
) -> None:
    assert allows(compiled(functions), FUNCTION, session(*own, arn=arn)) is allowed


def test_a_boundary_holds_it_back() -> None:
    other = {**INVOKE, "Action": "s3:GetObject"}
    assert not allows(compiled([]), FUNCTION, session(INVOKE, boundary=other))
    assert allows(compiled([]), FUNCTION, session(INVOKE, boundary=INVOKE))


@pytest.mark.parametrize(
    ("statement_of_its_own", "allowed"),
    [
        ({**INVOKE, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({**INVOKE, "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}, True),
    ],
)
def test_an_allow_counts_only_by_what_is_known(statement_of_its_own: dict[str, Any], allowed: bool) -> None:
    assert allows(compiled([]), FUNCTION, session(statement_of_its_own)) is allowed


@pytest.mark.parametrize(
    ("deny", "allowed"),
    [
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),  # nobody knows whether it applies
        ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, False),
        ({"ArnNotEquals": {"aws:PrincipalArn": ROLE}}, True),
    ],
)
def test_a_deny_counts_also_by_what_is_not_known(deny: dict[str, Any], allowed: bool) -> None:
    refusal = {**INVOKE, "Effect": "Deny", "Condition": deny}
    assert allows(compiled([]), FUNCTION, session(INVOKE, refusal)) is allowed
    elsewhere = {**refusal, "Resource": "arn:aws:lambda:*:*:function:other"}
    assert allows(compiled([]), FUNCTION, session(INVOKE, elsewhere))
