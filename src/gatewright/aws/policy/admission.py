"""What a resource policy says of callers that do not sign, by the kind of authorization a method has.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from gatewright.aws.policy.combination import SAME_ACCOUNT, combine
from gatewright.aws.policy.deny_texts import Denial, Layer
from gatewright.aws.policy.engine import SILENT, Policy, Verdict, evaluate
from gatewright.aws.policy.request import Request


def admitted(policy: Policy | None, request: Request) -> Denial | None:
    """For methods without authorization, and after a token was accepted: a policy, where there is one, must
    allow."""
    if policy is None:
        return None
    verdict = evaluate(policy, request).verdict
    return None if verdict is Verdict.ALLOW else Denial(Layer.RESOURCE, explicit=verdict is Verdict.DENY)


def refused_beforehand(policy: Policy | None, request: Request) -> Denial | None:
    """Before a Lambda authorizer is called: only an explicit Deny counts."""
    if policy is None or evaluate(policy, request).verdict is not Verdict.DENY:
        return None
    return Denial(Layer.RESOURCE, explicit=True)


def admitted_by_authorizer(
    authorizer_policy: Policy, policy: Policy | None, request: Request
) -> Denial | None:
    """After a Lambda authorizer answered with a policy: one of the two must allow, none deny."""
    own = evaluate(authorizer_policy, request).verdict
    resource = (SILENT if policy is None else evaluate(policy, request)).verdict
    verdict = combine(SAME_ACCOUNT, own, resource)
    return None if verdict is Verdict.ALLOW else Denial(Layer.IDENTITY, explicit=verdict is Verdict.DENY)
