"""A statement of a resource policy, from AddPermission's parameters."""

from __future__ import annotations

import re

from gatewright.catalog.api import Document
from gatewright.control.operation import Params
from gatewright.functions.api import FunctionName
from gatewright.functions.names import InvalidParameterValue

_ACCOUNT = re.compile(r"\d{12}")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts):.*")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?")

# The condition that each parameter stands for: operator and key.
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}


def statement_of(function: FunctionName, params: Params) -> Document:
    statement: Document = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(params["Principal"]),
        "Action": params["Action"],
        "Resource": function.arn,
    }
    condition = _condition(params)
    return {**statement, "Condition": condition} if condition else statement


def _principal(principal: str) -> str | Document:
    if principal == "*":
        return principal
    if _SERVICE.fullmatch(principal):
        return {"Service": principal}
    if _ACCOUNT.fullmatch(principal):
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    if _IDENTITY.fullmatch(principal):
        return {"AWS": principal}
    raise InvalidParameterValue(
        "The provided principal was invalid. Please check the principal and try again."
    )


def _condition(params: Params) -> Document:
    condition: Document = {}
    for member, (operator, key) in _CONDITIONS.items():
        if params.get(member):
            condition.setdefault(operator, {})[key] = params[member]
    if params.get("InvokedViaFunctionUrl") is not None:
        invoked = "true" if params["InvokedViaFunctionUrl"] else "false"
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": invoked}
    return condition
