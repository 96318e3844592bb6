"""Whether a function's resource policy lets a service invoke it.

An explicit Deny wins, an Allow must match in every part, and no match is a refusal. A condition this module
does not know makes an Allow not apply and a Deny apply: access control fails closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from gatewright.catalog.api import Document
from gatewright.functions.api import FunctionName, PermissionDenied, Source
from gatewright.functions.names import LATEST

ACTION = "lambda:InvokeFunction"


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _glob(pattern).fullmatch(value) is not None


def _arn_like(pattern: str, value: str) -> bool:
    """IAM compares the six parts of an ARN one by one: no wildcard reaches over a colon before the sixth."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) == 6 and all(map(_like, patterns, values))


def _equals(pattern: str, value: str) -> bool:
    return pattern == value


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "ArnLike": _arn_like,
    "ArnEquals": _arn_like,
    "StringEquals": _equals,
    "StringLike": _like,
}


def _values(member: Any) -> list[str]:
    return [member] if isinstance(member, str) else list(member or ())


def _principal_matches(principal: Any, source: Source) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    services = _values(principal.get("Service"))
    return source.principal in services or "*" in services or "*" in _values(principal.get("AWS"))


def _conditions(statement: Document, source: Source, unknown: bool) -> bool:
    facts = {"aws:sourcearn": source.arn, "aws:sourceaccount": source.account}
    for operator, keys in (statement.get("Condition") or {}).items():
        matches = _OPERATORS.get(operator)
        for key, wanted in keys.items():
            fact = facts.get(key.lower())
            if matches is None or fact is None:
                if not unknown:
                    return False
            elif not any(matches(pattern, fact) for pattern in _values(wanted)):
                return False
    return True


def _applies(statement: Document, resource: str, source: Source, *, unknown: bool) -> bool:
    return (
        _principal_matches(statement.get("Principal") or {}, source)
        and any(_like(action.lower(), ACTION.lower()) for action in _values(statement.get("Action")))
        and any(_like(pattern, resource) for pattern in _values(statement.get("Resource")))
        and _conditions(statement, source, unknown)
    )


def allows(statements: Iterable[Document], function: FunctionName, source: Source) -> bool:
    resource = function.arn.removesuffix(f":{LATEST}")
    allowed = False
    for statement in statements:
        deny = statement.get("Effect") != "Allow"
        if _applies(statement, resource, source, unknown=deny):
            if deny:
                return False
            allowed = True
    return allowed


def denied(function: FunctionName, source: Source) -> PermissionDenied:
    return PermissionDenied(
        f"{source.principal} is not authorized to perform: {ACTION} on resource: {function.arn} because no "
        f"resource-based policy allows it for the source {source.arn}: add a permission to the function",
        Type="User",
    )
