"""What users, role sessions and roots may do, by their own policies and the resource's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.policies import ARN, Json, document, identity_policy, resource_policy, statement

from gatewright.aws.policy.deny_texts import Denial, Layer, not_authorized
from gatewright.aws.policy.document import RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.engine import Decision, Policy, Verdict
from gatewright.aws.policy.execute_api import INVALIDATE_CACHE, INVOKE
from gatewright.aws.principals import (
    Attributes,
    Authorization,
    BadPrincipal,
    Credential,
    Principal,
    authorize,
    role_session,
    root,
    user,
)

HOME, ABROAD = "123456789012", "111122223333"  # ARN belongs to the first
ALLOW, DENY, OTHER = statement(), statement("Deny"), statement(Action="s3:GetObject")
VERDICTS = {"Allow": ALLOW, "Deny": DENY, "neither": OTHER}


def ann(*statements: Json, account: str = HOME, **more: Any) -> Principal:
    policies = [identity_policy(one) for one in statements]
    return user(f"arn:aws:iam::{account}:user/team/ann", "AIDAEXAMPLE", policies, **more)


def session(*statements: Json, account: str = HOME, **more: Any) -> Principal:
    policies = [identity_policy(one) for one in statements]
    return role_session(f"arn:aws:iam::{account}:role/App", "AROAEXAMPLE", "s1", policies, issued=0.0, **more)


def asked(
    principal: Principal,
    policy: Policy | None = None,
    *,
    action: str = INVOKE,
    context: dict[str, str] | None = None,
) -> Authorization:
    return authorize(principal, action, ARN, context or {}, owner=HOME, resource_policy=policy)


# identity policy, resource policy, what keeps out a caller of the same account, and of another
TABLE = """
Allow   Allow   -                 -
Allow   neither -                 RESOURCE,silent
Allow   Deny    RESOURCE,explicit RESOURCE,explicit
neither Allow   -                 IDENTITY,silent
neither neither IDENTITY,silent   IDENTITY,silent
neither Deny    RESOURCE,explicit RESOURCE,explicit
Deny    Allow   IDENTITY,explicit IDENTITY,explicit
Deny    neither IDENTITY,explicit IDENTITY,explicit
Deny    Deny    IDENTITY,explicit IDENTITY,explicit
"""


def denial(text: str) -> Denial | None:
    layer, _, how = text.partition(",")
    return Denial(Layer[layer], how == "explicit") if how else None


@pytest.mark.parametrize("make", [ann, session])
@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_both_policies_together(row: str, make: Any) -> None:
    identity, resource, same, cross = row.split()
    policy = resource_policy(VERDICTS[resource])
    assert asked(make(VERDICTS[identity]), policy).denial == denial(same)
    assert asked(make(VERDICTS[identity], account=ABROAD), policy).denial == denial(cross)


def test_no_resource_policy_is_a_silent_one() -> None:
    assert asked(ann(ALLOW)).allowed
    assert asked(ann(ALLOW, account=ABROAD)).denial == Denial(Layer.RESOURCE, explicit=False)
    assert asked(ann()).denial == Denial(Layer.IDENTITY, explicit=False)


def test_a_root_may_do_everything_in_its_account_and_asks_abroad() -> None:
    assert asked(root(HOME)).allowed
    assert asked(root(HOME), resource_policy(DENY)).denial == Denial(Layer.RESOURCE, explicit=True)
    assert asked(root(ABROAD)).denial == Denial(Layer.RESOURCE, explicit=False)
    assert asked(root(ABROAD), resource_policy(statement(Principal={"AWS": ABROAD}))).allowed


@pytest.mark.parametrize(("name", "layer"), [("boundary", Layer.BOUNDARY), ("session_policy", Layer.SESSION)])
def test_a_boundary_and_a_session_policy_only_take_away(name: str, layer: Layer) -> None:
    def limited(*statements: Json, by: Json) -> Principal:
        more: dict[str, Any] = {name: identity_policy(by)}
        return session(*statements, **more)

    open_to_all = resource_policy(ALLOW)
    assert asked(limited(ALLOW, by=ALLOW)).allowed
    assert not asked(limited(by=ALLOW)).allowed
    for policy in (None, open_to_all):
        assert asked(limited(ALLOW, by=OTHER), policy).denial == Denial(layer, False)
        assert asked(limited(ALLOW, by=DENY), policy).denial == Denial(layer, True)
    assert asked(ann(ALLOW, boundary=identity_policy(OTHER))).denial == Denial(Layer.BOUNDARY, False)


def test_an_explicit_deny_in_one_of_several_policies() -> None:
    assert asked(ann(OTHER, ALLOW)).allowed
    assert asked(ann(ALLOW, DENY)).denial == Denial(Layer.IDENTITY, explicit=True)


def test_what_each_policy_said_can_be_told() -> None:
    named = compile_policy(document(statement(Principal="*", Sid="Open")), RESOURCE_POLICY, name="pets")
    assert asked(ann(OTHER), named).decisions == {
        Layer.IDENTITY: Decision(Verdict.SILENT),
        Layer.RESOURCE: Decision(Verdict.ALLOW, "pets/Open"),
    }


def test_the_action_counts() -> None:
    assert asked(ann(ALLOW), action=INVOKE).allowed
    assert not asked(ann(ALLOW), action=INVALIDATE_CACHE).allowed


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ({"StringEquals": {"aws:username": "ann"}}, "user"),
        ({"StringEquals": {"aws:userid": "AIDAEXAMPLE"}}, "user"),
        ({"StringEquals": {"aws:userid": "AROAEXAMPLE:s1"}}, "session"),
        ({"StringEquals": {"aws:userid": HOME}}, "root"),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, "user"),
        ({"StringEquals": {"aws:PrincipalType": ["AssumedRole", "Account"]}}, "root session"),
        ({"StringEquals": {"aws:PrincipalAccount": HOME}}, "root session user"),
        ({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/App"}}, "session"),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:user/*/ann"}}, "user"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:assumed-role/*"}}, ""),
        ({"StringEquals": {"aws:PrincipalTag/Team": "blue"}}, "user"),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "user"),
        ({"Null": {"aws:TokenIssueTime": "true"}}, "root user"),
        ({"DateEquals": {"aws:TokenIssueTime": "1970-01-01T00:00:00Z"}}, "session"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "session"),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "root session user"),
    ],
)
def test_what_a_principal_brings_to_conditions(condition: Json, who: str) -> None:
    attributes = Attributes({"Team": "blue"}, organization="o-1")
    everybody = {"user": ann(ALLOW, attributes=attributes), "session": session(ALLOW), "root": root(HOME)}
    policy = resource_policy(statement("Deny", Condition=condition))
    context = {"aws:sourceip": "203.0.113.9"}
    denied = {name for name, one in everybody.items() if not asked(one, policy, context=context).allowed}
    assert denied == set(who.split())


def test_a_request_cannot_speak_for_its_principal() -> None:
    policy = resource_policy(statement("Deny", Condition={"StringEquals": {"aws:username": "ann"}}))
    assert not asked(ann(ALLOW), policy, context={"aws:username": "mallory"}).allowed


def test_a_session_is_named_by_its_role_and_by_itself() -> None:
    one = session()
    assert one.arn == f"arn:aws:sts::{HOME}:assumed-role/App/s1"
    assert one.user_id == "AROAEXAMPLE:s1"
    for name in (one.arn, f"arn:aws:iam::{HOME}:role/App", HOME):
        assert asked(one, resource_policy(statement(Principal={"AWS": name}))).allowed
    assert not asked(one, resource_policy(statement(Principal={"AWS": one.arn + "2"}))).allowed


def test_the_text_for_a_role_session() -> None:
    kept_out = asked(session()).denial
    assert kept_out is not None
    assert not_authorized(session().arn, ARN, kept_out) == (
        "User: arn:aws:sts::123456789012:assumed-role/App/s1 is not authorized to perform: "
        "execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********9012:a1b2c3d4e5/prod/GET/pets "
        "because no identity-based policy allows the execute-api:Invoke action"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: root("1234"), "'1234' is no account: write its twelve digits"),
        (lambda: user("ann", "AIDAEXAMPLE"), "'ann' is not the ARN of a user: write it like arn:aws:iam::"),
        (lambda: user("arn:aws:iam::123456789012:role/x", "AIDAEXAMPLE"), "is not the ARN of a user"),
        (
            lambda: user("arn:aws:iam::123456789012:user/x", "x"),
            "'x' is no unique id: write AIDA and capital",
        ),
        (lambda: user("arn:aws:iam::123456789012:user/x", "AROAEXAMPLE"), "is no unique id"),
        (
            lambda: role_session("arn:aws:sts::123456789012:assumed-role/x/y", "AROAEXAMPLE", "s1", issued=0),
            "is not the ARN of a role: write it like",
        ),
        (
            lambda: role_session("arn:aws:iam::123456789012:role/x", "AROAEXAMPLE", "a/b", issued=0),
            "'a/b' is no session name: write 2 to 64 letters",
        ),
    ],
)
def test_a_principal_that_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(BadPrincipal) as refused:
        make()
    assert message in str(refused.value)


def test_a_credential_keeps_its_secrets_to_itself() -> None:
    text = repr(Credential("AKIAEXAMPLE", "hush", "hush-hush", principal=root(HOME)))
    assert "AKIAEXAMPLE" in text
    assert "hush" not in text
