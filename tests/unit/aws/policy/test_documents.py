"""What is accepted as a policy, and what a refusal says: statement, element, value, remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.policies import ARN, Json, document, statement

from gatewright.aws.policy.document import (
    AUTHORIZER_POLICY,
    ENDPOINT_POLICY,
    IDENTITY_POLICY,
    RESOURCE_POLICY,
    Kind,
    compile_policy,
)
from gatewright.aws.policy.engine import Verdict, evaluate
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.aws.policy.request import Request


def refused(policy: Any, kind: Kind = RESOURCE_POLICY) -> str:
    with pytest.raises(PolicyRefused) as refusal:
        compile_policy(policy, kind)
    return str(refusal.value)


def public(**elements: Any) -> Json:
    return statement(**{"Principal": "*", **elements})


@pytest.mark.parametrize(
    "policy",
    [
        document(public()),
        document(public(), version="2008-10-17"),
        document(public(), version=None),
        {"Statement": public(), "Id": "one statement without a list"},
        json.dumps(document(public(Sid="Alle é"))),
        json.dumps(document(public())).encode(),
        document(public(Action=["execute-api:Invoke", "execute-api:*"], Resource=["*", ARN], Condition={})),
        document(public(Action="*")),
        document(public(NotAction="EXECUTE-API:invalidate?ache", Action=None)),
        document(public(NotResource=ARN, Resource=None)),
        document(public(Principal={"AWS": ["123456789012", "arn:aws:iam::123456789012:role/a/b/c"]})),
        document(public(NotPrincipal={"Service": "events.amazonaws.com"}, Principal=None)),
        document(public(Sid="one"), public(Sid="one")),
    ],
)
def test_accepted(policy: Any) -> None:
    assert compile_policy(policy, RESOURCE_POLICY).statements
    assert compile_policy(policy, ENDPOINT_POLICY).statements


REFUSED: list[tuple[Json, str]] = [
    (public(Effect="allow"), "Statement[0]: Effect: 'allow' is neither Allow nor Deny"),
    (public(Effect=None), "Effect: None is neither"),
    (
        {**public(), "effect": "Allow"},
        "effect: a statement has no such element: it has Sid, Ef",
    ),
    (public(Sid=7), "Sid: 7 is no text"),
    (public(Action=None), "Action: a statement must have either Action or NotAction, and not both"),
    (public(NotAction="*"), "Action: a statement must have either Action or NotAction, and not both"),
    (public(Action=[]), "Action: [] is not a text or a list of texts: name at least one"),
    (public(Action=[7]), "Action: [7] is not a text"),
    (
        public(Action="Invoke"),
        "Action: 'Invoke' is no action: write service:Action, such as execute-api:Invoke",
    ),
    (public(Resource=None), "Resource: a statement must have either Resource or NotResource"),
    (public(Resource=""), "Resource: '' is not a text"),
    (public(Resource="execute-api:/*"), "Resource: 'execute-api:/*': it must be * or an ARN"),
    (public(Resource="arn:aws:execute-api:us-east-1"), "it must be * or an ARN of six fields"),
    (public(Resource="arn:aws:execute-api:::${aws:x"), "the variable that begins with ${ has no end"),
    (public(Resource="arn:" + "a" * 2_100), "has 2104 characters; at most 2048 are allowed"),
    (public(Principal=None), "Principal: a statement must have either Principal or NotPrincipal"),
    (public(NotPrincipal="*"), "Principal: a statement must have either Principal or NotPrincipal"),
    (public(Principal="ann"), 'Principal: \'ann\' is no principal: write "*" or {"AWS": "…"}'),
    (public(Principal={}), "Principal: {} is no principal"),
    (public(Principal={"AWS": []}), "Principal.AWS: [] is not a text or a list of texts"),
    (
        public(Principal={"aws": "*"}),
        "Principal: 'aws' is no kind of principal: it is AWS, Service, Federated",
    ),
    (
        public(Principal={"AWS": "arn:aws:iam::123456789012:user/*"}),
        "Principal.AWS: 'arn:aws:iam::123456789012:u",
    ),
    (
        public(Principal={"AWS": "arn:aws:iam::123456789012:group/g"}),
        "is not the name of a principal: write an",
    ),
    (public(Principal={"AWS": "arn:aws:iam::12345:user/ann"}), "Principal.AWS"),
    (public(Principal={"AWS": "arn:aws:sts::123456789012:assumed-role/r"}), "Principal.AWS"),
    (public(Principal={"AWS": "AIDAEXAMPLE"}), "Principal.AWS"),
    (
        public(Principal={"Service": "*"}),
        "Principal.Service: '*' is not the name of a principal: write the ser",
    ),
    (public(Principal={"Federated": "a b"}), "Principal.Federated"),
    (public(Principal={"CanonicalUser": "79a5"}), "64 hexadecimal digits"),
    (public(Condition=[]), "Condition: [] is no object"),
    (public(Condition={"StringEquals": "x"}), "Condition.StringEquals: 'x' is no object"),
    (public(Condition={"StringEquals": {}}), "Condition.StringEquals: it names no key"),
    (public(Condition={"StringEquals": {"aws:x": []}}), "Condition.StringEquals.aws:x: it has 0 values"),
    (
        public(Condition={"StringEquals": {"aws:x": ["a"] * 1_001}}),
        "it has 1001 values: give it between 1 and",
    ),
    (public(Condition={"StringEquals": {"aws:x": None}}), "None is no value: write a text, a number"),
    (public(Condition={"StringEquals": {"aws:x": {}}}), "{} is no value"),
    (
        public(Condition={"StringEquals": {"SourceIp": "x"}}),
        "'SourceIp' is no condition key: write it as aws:So",
    ),
    (
        public(Condition={"StringEqual": {"aws:x": "x"}}),
        "'StringEqual' is no condition operator: did you mean Stri",
    ),
    (public(Condition={"Zzz": {"aws:x": "x"}}), "'Zzz' is no condition operator, such as StringEquals"),
    (public(Condition={"NullIfExists": {"aws:x": "true"}}), "'NullIfExists' is no condition operator"),
    (public(Condition={"ForAnyValue:Null": {"aws:x": "true"}}), "is no condition operator"),
    (public(Condition={"ForSomeValue:StringLike": {"aws:x": "x"}}), "is no condition operator"),
    (public(Condition={"Null": {"aws:x": "yes"}}), "Condition.Null.aws:x: ['yes'] is neither true"),
    (public(Condition={"Null": {"aws:x": ["true", "false"]}}), "is neither true"),
    (
        public(Condition={"Bool": {"aws:x": "yes"}}),
        "Condition.Bool.aws:x: ['yes']: 'yes' is neither true nor",
    ),
    (
        public(Condition={"IpAddress": {"aws:x": "10.0.0.0/33"}}),
        "'10.0.0.0/33' is not an IP address or a range",
    ),
    (public(Condition={"NumericLessThan": {"aws:x": "ten"}}), "'ten' is not a number"),
    (public(Condition={"NumericLessThan": {"aws:x": "1e999999"}}), "'1e999999' is not a number"),
    (public(Condition={"NumericLessThan": {"aws:x": "${aws:y}"}}), "'${aws:y}' is not a number"),
    (public(Condition={"DateLessThan": {"aws:x": "2020-13-01"}}), "'2020-13-01' is not a date such as"),
    (public(Condition={"BinaryEquals": {"aws:x": "?"}}), "'?' is not base64"),
    (public(Condition={"ArnLike": {"aws:x": "role/x"}}), "it must be * or an ARN of six fields"),
    (public(Condition={"ArnLike": {"aws:x": "${aws:PrincipalArn}"}}), "it must be * or an ARN"),
    (public(Condition={"StringLike": {"aws:x": "${aws:y"}}), "has no end"),
]


@pytest.mark.parametrize(("one", "message"), REFUSED)
def test_a_statement_that_cannot_be_enforced(one: Json, message: str) -> None:
    assert message in refused(document(one))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("", "the resource policy cannot be read: it is not JSON"),
        ("{", "cannot be read: it is not JSON"),
        ("[]", "cannot be read: it is no object"),
        (b"\xff", "cannot be read: 'utf-8' codec can't decode"),
        (
            '{"Version":"2012-10-17","Version":"2008-10-17"}',
            "the member 'Version' stands twice in one object",
        ),
        ('{"Statement":[{"Condition":{"Null":{"aws:a":true,"aws:a":false}}}]}', "'aws:a' stands twice"),
        ('{"Statement":NaN}', "NaN is not JSON"),
        ("[" * 4_000 + "]" * 4_000, "nested deeper than 32 levels"),
        ({"Statement": {1: 2}}, "cannot be read: "),
        (" " * 8_193, "it has 8193 characters; at most 8192 are allowed"),
        ({"Version": "2012-10-17"}, "Statement: there is none: write at least one"),
        (document(), "Statement: there is none"),
        ({"Statement": "all"}, "Statement[0]: 'all' is no statement: write an object"),
        (
            document(public(), version="2020-01-01"),
            "Version: '2020-01-01' is no version of the policy language",
        ),
        ({**document(public()), "Id": 5}, "Id: 5 is no text"),
        ({**document(public()), "Statment": []}, "Statment: a policy has no such element"),
    ],
)
def test_a_document_that_cannot_be_read(policy: Any, message: str) -> None:
    assert message in refused(policy)


def test_all_problems_are_named_at_once_by_sid_or_place() -> None:
    text = refused(
        {
            "Version": "1",
            "Statement": [
                public(),
                public(Sid="Mine", Effect="No"),
                public(Sid="a", Action="x"),
                public(Action=1),
            ],
        }
    )
    assert [problem.split(":")[0] for problem in text.split("; ")] == ["Version", "Mine", "a", "Statement[3]"]


def test_statements_with_the_same_sid_are_named_by_place() -> None:
    policy = compile_policy(document(public(Sid="a"), public(Sid="a"), public(Sid="")), RESOURCE_POLICY)
    names = [one.decision.statement for one in policy.statements]
    assert names == ["Statement[0]", "Statement[1]", "Statement[2]"]


@pytest.mark.parametrize("kind", [IDENTITY_POLICY, AUTHORIZER_POLICY])
def test_policies_of_an_owner_name_no_principal(kind: Kind) -> None:
    assert compile_policy(document(statement()), kind).statements
    for element in ("Principal", "NotPrincipal"):
        message = refused(document(statement(**{element: "*"})), kind)
        assert f"Statement[0]: {element}: an {kind.name} is about its owner: leave {element} out" in message


def test_an_authorizers_resource_is_bounded() -> None:
    assert "at most 512" in refused(document(statement(Resource=f"{ARN}/{'x' * 512}")), AUTHORIZER_POLICY)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("execute-api:Invoke", True),
        ("EXECUTE-API:invoke", True),
        ("execute-api:Inv*", True),
        ("execute-api:??????", True),
        ("execute-api:*", True),
        ("*:*", True),
        ("*", True),
        ("execute-api:InvalidateCache", False),
        ("lambda:*", False),
        (["lambda:*", "execute-api:invoke"], True),
    ],
)
def test_actions(action: Any, expected: bool) -> None:
    asked = Request("execute-api:Invoke", ARN)
    for element, verdict in (("Action", expected), ("NotAction", not expected)):
        policy = compile_policy(document(statement(**{"Action": None, element: action})), IDENTITY_POLICY)
        assert (evaluate(policy, asked).verdict is Verdict.ALLOW) is verdict


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", True),
        (ARN, True),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*", True),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/GET/pets", True),
        ("arn:aws:execute-api:*:*:*", True),
        ("arn:aws:execute-api:*", True),
        ("arn:aws:execute-api:us-east-?:123456789012:*/prod/*/p*s", True),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/", False),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/get/pets", False),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/POST/*", False),
        ("arn:aws:execute-api:us-east-1:123456789012:other/*", False),
        ("arn:aws:execute-api:eu-west-1:*:*", False),
        ("arn:aws:lambda:*:*:*", False),
        (["arn:aws:lambda:*:*:*", ARN], True),
    ],
)
def test_resources(resource: Any, expected: bool) -> None:
    asked = Request("execute-api:Invoke", ARN)
    for element, verdict in (("Resource", expected), ("NotResource", not expected)):
        policy = compile_policy(document(statement(**{"Resource": None, element: resource})), IDENTITY_POLICY)
        assert (evaluate(policy, asked).verdict is Verdict.ALLOW) is verdict


def test_variables_in_resources() -> None:
    one = "arn:aws:execute-api:*:*:a1b2c3d4e5/prod/GET/users/${aws:username}/*"
    arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/users/ann/x"

    def verdict(version: str, context: dict[str, str], **elements: Any) -> Verdict:
        policy = compile_policy(document(statement(**elements), version=version), IDENTITY_POLICY)
        return evaluate(policy, Request("execute-api:Invoke", arn, context=context)).verdict

    ann, bob = {"aws:username": "ann"}, {"aws:username": "bob"}
    assert verdict("2012-10-17", ann, Resource=one) is Verdict.ALLOW
    assert verdict("2012-10-17", bob, Resource=one) is Verdict.SILENT
    assert verdict("2012-10-17", {}, Resource=one) is Verdict.SILENT
    assert verdict("2008-10-17", ann, Resource=one) is Verdict.SILENT
    assert verdict("2012-10-17", bob, Resource=None, NotResource=one) is Verdict.ALLOW
    assert verdict("2012-10-17", ann, Resource=None, NotResource=one) is Verdict.SILENT
    assert verdict("2012-10-17", {}, Resource=None, NotResource=one) is Verdict.SILENT
    assert verdict("2012-10-17", {}, Resource=[one, arn]) is Verdict.ALLOW
