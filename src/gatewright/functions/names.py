"""Lambda's naming rules: a function goes by name, partial ARN or full ARN, each perhaps qualified."""

from __future__ import annotations

import re

from gatewright.aws.errors import AwsError
from gatewright.functions.api import FunctionName

LATEST = "$LATEST"
NAME_LENGTH = 64  # Lambda's quota for the name alone

_FUNCTION = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?"
    r"(?:(?P<account>\d{12}):)?"
    r"(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)"
    r"(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


class InvalidParameterValue(AwsError):
    """Lambda's error for an argument that is well formed but not acceptable."""

    code, status = "InvalidParameterValueException", 400

    def __init__(self, message: str) -> None:
        super().__init__(message, Type="User")


def parse_function_name(
    text: str, *, account: str, region: str, qualifier: str | None = None
) -> FunctionName:
    """Read `name`, `name:qualifier`, `account:function:name[:qualifier]` or a full ARN.

    `account` and `region` stand in for what the text leaves out; `qualifier` is the call's own Qualifier
    parameter, which must agree with one inside the text.
    """
    match = _FUNCTION.fullmatch(text)
    if match is None or len(match["name"]) > NAME_LENGTH:
        raise InvalidParameterValue(
            f"'{text[:200]}' does not name a function: expected a name of at most {NAME_LENGTH} letters, "
            "digits, '-' or '_', a partial ARN (account:function:name) or a full ARN"
        )
    embedded = match["qualifier"]
    if embedded and qualifier and embedded != qualifier:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return FunctionName(
        match["account"] or account, match["region"] or region, match["name"], qualifier or embedded or None
    )


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is the number of a published version; else it is `$LATEST` or an alias."""
    return qualifier.isascii() and qualifier.isdigit()
