"""Condition operators: one row a comparison, as IAM's reference gives it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.policies import ARN, identity_policy, statement

from gatewright.aws.policy.engine import Verdict, evaluate
from gatewright.aws.policy.operators import OPERATORS
from gatewright.aws.policy.request import Request
from gatewright.aws.policy.wildcard import Context

# (operator, the policy's value, the request's value; None: it has none, whether the condition holds)
ROWS: list[tuple[str, Any, Any, bool]] = [
    ("StringEquals", "Ab", "Ab", True),
    ("StringEquals", "Ab", "ab", False),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", ["x", "y"], "y", True),
    ("StringEquals", "a", None, False),
    ("StringEquals", "", "", True),
    ("StringEquals", 5, "5", True),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", ["a", "b"], "c", True),
    ("StringNotEquals", "a", None, True),
    ("StringEqualsIgnoreCase", "Straße", "STRASSE", True),
    ("StringEqualsIgnoreCase", "a", "b", False),
    ("StringEqualsIgnoreCase", "a", None, False),
    ("StringNotEqualsIgnoreCase", "A", "a", False),
    ("StringNotEqualsIgnoreCase", "A", "b", True),
    ("StringNotEqualsIgnoreCase", "A", None, True),
    ("StringLike", "https://*.example.com/?", "https://a/b.example.com/x", True),
    ("StringLike", "https://*.example.com/?", "https://a.example.com/", False),
    ("StringLike", "A*", "abc", False),
    ("StringLike", "*", None, False),
    ("StringNotLike", "a*", "abc", False),
    ("StringNotLike", "a*", "b", True),
    ("StringNotLike", "a*", None, True),
    ("NumericEquals", "5", "5.0", True),
    ("NumericEquals", 0.1, "0.1", True),
    ("NumericEquals", "5", "five", False),
    ("NumericEquals", "5", None, False),
    ("NumericNotEquals", "5", "6", True),
    ("NumericNotEquals", ["5", "6"], "6", False),
    ("NumericNotEquals", "5", "five", False),  # what is no number passes nothing
    ("NumericNotEquals", "5", None, True),
    ("NumericLessThan", 10, "9.99", True),
    ("NumericLessThan", 10, "10", False),
    ("NumericLessThan", 10, None, False),
    ("NumericLessThanEquals", 10, "10", True),
    ("NumericLessThanEquals", 10, "10.1", False),
    ("NumericGreaterThan", "-1e3", "-999", True),
    ("NumericGreaterThan", 10, "10", False),
    ("NumericGreaterThanEquals", [100, 10], "10", True),
    ("NumericGreaterThanEquals", 10, "٣٣", False),
    ("DateEquals", "2020-01-01T00:00:00Z", "1577836800", True),
    ("DateEquals", "2020-01-01", "2020-01-01T02:00:00+02:00", True),
    ("DateEquals", "2020-01-01", "soon", False),
    ("DateNotEquals", "2020-01-01", "2020-01-02", True),
    ("DateNotEquals", "2020-01-01", "soon", False),
    ("DateNotEquals", "2020-01-01", None, True),
    ("DateLessThan", "2020-01-01T00:00:00Z", "2019-12-31T23:59:59.999Z", True),
    ("DateLessThan", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", False),
    ("DateLessThan", "2020-01-01T00:00:00Z", None, False),
    ("DateLessThanEquals", 1577836800, "2020-01-01T00:00:00Z", True),
    ("DateGreaterThan", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.5Z", True),
    ("DateGreaterThanEquals", "2020-01-01T00:00:00Z", "2020-01-01", True),
    ("DateGreaterThanEquals", "2020-01-01T00:00:00Z", "2019", False),
    ("Bool", "true", "TRUE", True),
    ("Bool", True, "true", True),
    ("Bool", False, "true", False),
    ("Bool", "false", None, False),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
    ("BinaryEquals", "QmluYXJ5", "Qm", False),
    ("BinaryEquals", "QmluYXJ5", None, False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
    ("IpAddress", "203.0.113.9/24", "203.0.113.7", True),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
    ("IpAddress", ["198.51.100.0/24", "2001:db8::/32"], "2001:db8::1", True),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", "::/0", "203.0.113.7", False),
    ("IpAddress", "203.0.113.0/24", "::ffff:203.0.113.7", True),  # IPv4 over an IPv6 socket
    ("IpAddress", "::/0", "::ffff:203.0.113.7", False),
    ("IpAddress", "0.0.0.0/0", "unknown", False),
    ("IpAddress", "0.0.0.0/0", None, False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
    ("NotIpAddress", ["203.0.113.0/24", "198.51.100.7"], "198.51.100.8", True),
    ("NotIpAddress", "203.0.113.0/24", "unknown", True),
    ("NotIpAddress", "203.0.113.0/24", None, True),
    ("ArnEquals", "arn:aws:iam::*:role/ops-*", "arn:aws:iam::123456789012:role/ops-a/b", True),
    ("ArnEquals", "arn:aws:iam::*:role/ops-*", "arn:aws:iam::123456789012:role/dev", False),
    ("ArnLike", "arn:aws:iam::*:*", "arn:aws:iam::1:role/x:y", True),
    ("ArnLike", "*", "arn:aws:iam::1:role/x", True),
    ("ArnLike", "*", "no ARN", False),
    ("ArnLike", "*", None, False),
    ("ArnNotEquals", "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x", False),
    ("ArnNotLike", "arn:aws:iam::1:role/*", "arn:aws:iam::2:role/x", True),
    ("ArnNotLike", "arn:aws:iam::1:role/*", None, True),
    ("Null", "true", None, True),
    ("Null", "true", "x", False),
    ("Null", "true", "", False),
    ("Null", False, "x", True),
    ("Null", "false", None, False),
    # Several values of the request, without a set operator: one that fits will do, a negation is about all.
    ("StringEquals", "a", ("b", "a"), True),
    ("StringNotEquals", "a", ("b", "a"), False),
    ("StringNotEquals", "a", ("b", "c"), True),
    ("StringEquals", "a", (), False),
    ("StringNotEquals", "a", (), True),
    # IfExists
    ("StringEqualsIfExists", "a", None, True),
    ("StringEqualsIfExists", "a", "b", False),
    ("StringNotEqualsIfExists", "a", None, True),
    ("StringNotEqualsIfExists", "a", "a", False),
    ("NumericLessThanIfExists", "5", None, True),
    ("IpAddressIfExists", "203.0.113.0/24", None, True),
    ("IpAddressIfExists", "203.0.113.0/24", "198.51.100.1", False),
    ("BoolIfExists", "true", None, True),
    ("ArnLikeIfExists", "arn:aws:iam::1:*", None, True),
    # Set operators
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "b", "a"), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("ForAllValues:StringEquals", ["a", "b"], "a", True),
    ("ForAllValues:StringEquals", ["a", "b"], None, True),
    ("ForAllValues:StringEquals", ["a", "b"], (), True),
    ("ForAllValues:StringLikeIfExists", "a*", None, True),
    ("ForAllValues:StringNotEquals", "a", ("b", "c"), True),
    ("ForAllValues:StringNotEquals", "a", ("a", "b"), False),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "b"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "d"), False),
    ("ForAnyValue:StringEquals", ["a", "b"], None, False),
    ("ForAnyValue:StringEquals", ["a", "b"], (), False),
    ("ForAnyValue:StringNotEquals", "a", ("a", "b"), True),
    ("ForAnyValue:StringNotEquals", "a", ("a", "a"), False),
    ("ForAnyValue:StringNotEquals", "a", None, False),
    ("ForAnyValue:StringEqualsIfExists", "a", None, False),  # no value is not any value
    ("ForAnyValue:IpAddress", "203.0.113.0/24", ("x", "203.0.113.1"), True),
]


def holds(condition: dict[str, Any], context: Context, version: str | None = "2012-10-17") -> bool:
    policy = identity_policy(statement(Condition=condition), version=version)
    request = Request("execute-api:Invoke", ARN, context=context)
    return evaluate(policy, request).verdict is Verdict.ALLOW


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), ROWS)
def test_operators(operator: str, wanted: Any, value: Any, expected: bool) -> None:
    context = {} if value is None else {"aws:thing": value}
    assert holds({operator: {"aws:Thing": wanted}}, context) is expected


def test_every_operator_has_rows() -> None:
    rows = {operator.rpartition(":")[2].removesuffix("IfExists") for operator, *_ in ROWS}
    assert rows == {*OPERATORS, "Null"}


def test_all_operators_and_all_keys_must_hold() -> None:
    condition = {
        "StringEquals": {"aws:A": "1", "aws:B": ["2", "3"]},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
    }
    good: dict[str, str] = {"aws:a": "1", "aws:b": "3", "aws:sourceip": "203.0.113.1"}
    assert holds(condition, good)
    for key in good:
        assert not holds(condition, {**good, key: "0.0.0.0"})
        assert not holds(condition, {name: value for name, value in good.items() if name != key})
    assert holds({}, {})


def test_hundreds_of_conditions() -> None:
    keys = {f"aws:{number}": "x" for number in range(400)}
    assert holds({"StringEquals": keys}, keys)
    assert not holds({"StringEquals": keys}, {**keys, "aws:399": "y"})


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "expected"),
    [
        ("StringEquals", "${aws:username}", "ann", True),
        ("StringNotEquals", "${aws:username}", "ann", False),
        ("StringNotEquals", "${aws:username}", "bob", True),
        ("StringLike", "x/${aws:username}/*", "x/ann/y", True),
        ("StringEqualsIgnoreCase", "${aws:username}", "ANN", True),
        ("ArnLike", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::1:user/ann", True),
        ("Bool", "${aws:flag}", "true", True),
        ("StringEquals", ["${aws:nothing}", "x"], "x", True),
        # A variable without a value makes nothing hold, least of all a negation.
        ("StringEquals", "${aws:nothing}", "", False),
        ("StringEqualsIgnoreCase", "${aws:nothing}", "", False),
        ("StringNotEquals", "${aws:nothing}", "x", False),
        ("StringNotLike", ["${aws:nothing}", "y"], "x", False),
        ("StringNotEqualsIgnoreCase", "${aws:nothing}", "x", False),
        ("ArnNotLike", "arn:aws:iam::1:user/${aws:nothing}", "arn:aws:iam::1:user/x", False),
        ("StringNotEquals", "${aws:nothing, 'y'}", "x", True),
        ("StringEquals", "${aws:nothing, 'x'}", "x", True),
    ],
)
def test_variables(operator: str, wanted: Any, value: str, expected: bool) -> None:
    context = {"aws:username": "ann", "aws:flag": "true", "aws:thing": value}
    assert holds({operator: {"aws:Thing": wanted}}, context) is expected


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_before_2012_a_variable_is_plain_text(version: str | None) -> None:
    condition = {"StringEquals": {"aws:Thing": "${aws:username}"}}
    assert holds(condition, {"aws:thing": "${aws:username}"}, version)
    assert not holds(condition, {"aws:thing": "ann", "aws:username": "ann"}, version)


def test_a_policy_tells_which_keys_it_looks_at() -> None:
    policy = identity_policy(
        statement(Condition={"StringEquals": {"AWS:Referer": "${aws:UserAgent}"}, "Null": {"aws:X": True}}),
        statement(Resource="arn:aws:execute-api:*:*:${aws:PrincipalTag/Team, 'none'}/*"),
        statement(Condition={"NumericLessThan": {"aws:EpochTime": 5}}),
    )
    assert policy.keys == {"aws:referer", "aws:useragent", "aws:x", "aws:principaltag/team", "aws:epochtime"}
