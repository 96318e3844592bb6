"""Every way to write a function's name."""

from __future__ import annotations

import pytest

from gatewright.functions.api import FunctionName
from gatewright.functions.names import InvalidParameterValue, is_version, parse_function_name

ARN = "arn:aws:lambda:us-west-2:210987654321:function:pets"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pets", FunctionName("123456789012", "eu-west-1", "pets")),
        ("pets:live", FunctionName("123456789012", "eu-west-1", "pets", "live")),
        ("pets:$LATEST", FunctionName("123456789012", "eu-west-1", "pets", "$LATEST")),
        ("function:pets", FunctionName("123456789012", "eu-west-1", "pets")),
        ("210987654321:function:pets:7", FunctionName("210987654321", "eu-west-1", "pets", "7")),
        (ARN, FunctionName("210987654321", "us-west-2", "pets")),
        (f"{ARN}:live", FunctionName("210987654321", "us-west-2", "pets", "live")),
    ],
)
def test_names_partial_arns_and_full_arns(text: str, expected: FunctionName) -> None:
    assert parse_function_name(text, account="123456789012", region="eu-west-1") == expected


def test_the_qualifier_may_come_apart_from_the_name() -> None:
    found = parse_function_name(ARN, account="1", region="r", qualifier="live")
    assert found.qualifier == "live"
    assert found.arn == f"{ARN}:live"
    assert parse_function_name(f"{ARN}:live", account="1", region="r", qualifier="live") == found


def test_two_qualifiers_must_agree() -> None:
    with pytest.raises(InvalidParameterValue) as caught:
        parse_function_name("pets:live", account="1", region="r", qualifier="7")
    expected = "The derived qualifier from the function name does not match the specified qualifier."
    assert (caught.value.message, caught.value.status) == (expected, 400)


@pytest.mark.parametrize(
    "text", ["", "a b", "pets:", "arn:aws:s3:::bucket", f"{ARN}:a:b", "x" * 65, "../pets", "ä"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameterValue, match="does not name a function"):
        parse_function_name(text, account="123456789012", region="eu-west-1")


def test_versions_are_numbers() -> None:
    assert is_version("17")
    assert not any(map(is_version, ["$LATEST", "live", "", "1a", "²"]))
