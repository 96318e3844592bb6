"""Whether policies let a service, a role or a user invoke a function.

A service needs the function's resource policy. A role or a user of the function's account needs that or a
policy of its own, one of another account both.

Access control fails closed: an Allow that cannot be read, or that asks for more than is known of the caller,
does not apply; such a Deny does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gatewright.aws.policy.document import VARIABLES_SINCE, Kind, compile_policy
from gatewright.aws.policy.engine import Policy, Verdict, evaluate, merged
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.aws.policy.request import Request
from gatewright.aws.principals import Principal, authorize, request_of
from gatewright.catalog.api import Document
from gatewright.functions.api import FunctionName, Invoker, PermissionDenied
from gatewright.functions.names import LATEST

ACTION = "lambda:InvokeFunction"
POLICY = Kind("function policy", principals=True, most_characters=20_480)  # Lambda's limit

_KNOWN = ("aws:sourcearn", "aws:sourceaccount")
_DENY_ALL = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}


def compiled(statements: Iterable[Document]) -> Policy:
    return merged(_policies(statements))


def _policies(statements: Iterable[Document]) -> Iterator[Policy]:
    for statement in statements:
        deny = statement.get("Effect") != "Allow"
        try:
            policy = _policy(statement)
        except PolicyRefused:
            if deny:
                yield _policy(_DENY_ALL)
            continue
        yield _policy(_without_unknown(statement)) if deny else policy


def _policy(statement: Document) -> Policy:
    return compile_policy({"Version": VARIABLES_SINCE, "Statement": [statement]}, POLICY)


def _without_unknown(deny: Document) -> dict[str, Any]:
    """A Deny without the conditions on what is not known of a caller, so that they do not lift it."""
    conditions: dict[str, dict[str, Any]] = deny.get("Condition") or {}
    known = {
        operator: {key: value for key, value in keys.items() if key.lower() in _KNOWN}
        for operator, keys in conditions.items()
    }
    return {**deny, "Condition": {operator: keys for operator, keys in known.items() if keys}}


def allows(policy: Policy, function: FunctionName, source: Invoker) -> bool:
    """`policy` is the function's."""
    resource = function.arn.removesuffix(f":{LATEST}")
    if isinstance(source, Principal):
        authorization = authorize(
            source, ACTION, resource, {}, owner=function.account, resource_policy=policy
        )
        return authorization.allowed and not _may_be_denied(source, resource)
    facts = dict(zip(_KNOWN, (source.arn, source.account), strict=True))
    request = Request(ACTION, resource, frozenset({f"Service:{source.principal}"}), facts)
    return evaluate(policy, request).verdict is Verdict.ALLOW


def _may_be_denied(principal: Principal, resource: str) -> bool:
    """Whether a Deny of its own policies looks at what is not known of an invocation."""
    request = request_of(principal, ACTION, resource, {})
    own = (principal.policy, principal.boundary, principal.session_policy)
    return any(
        bool(deny.keys - principal.context.keys())
        and all(check.test(request) for check in deny.checks if not check.element.startswith("Condition"))
        for policy in own
        if policy is not None
        for deny in policy.denies
    )


def denied(function: FunctionName, source: Invoker) -> PermissionDenied:
    if isinstance(source, Principal):
        return PermissionDenied(
            f"User: {source.arn} is not authorized to perform: {ACTION} on resource: {function.arn}: its own "
            "policies or the function's must allow it, and none may deny it, nor depend in that on more than "
            "is known of an invocation",
            Type="User",
        )
    return PermissionDenied(
        f"{source.principal} is not authorized to perform: {ACTION} on resource: {function.arn} because no "
        f"resource-based policy allows it for the source {source.arn}: add a permission to the function",
        Type="User",
    )
