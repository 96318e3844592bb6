"""Documents of users, roles and access keys (see `catalog.keys`) become principals with compiled policies."""

from __future__ import annotations

import time
from collections.abc import Iterator

from gatewright.aws import principals
from gatewright.aws.policy import execute_api
from gatewright.aws.policy.document import IDENTITY_POLICY, compile_policy
from gatewright.aws.policy.engine import Policy, Statement, policy_of
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.aws.policy.request import Request
from gatewright.aws.principals import Attributes, Credential, Principal
from gatewright.catalog.api import Document

SESSION = "BackplaneAssumeRoleSession"  # what Amazon's API Gateway calls its sessions of roles


def credential_of(key: Document, principal: Document) -> Credential:
    """An access key and whose it is. Raises ValueError, naming the policy and what of it is wrong."""
    return Credential(
        access_key=key["id"],
        secret_key=key["secret"],
        session_token=key.get("sessionToken"),
        expires=key.get("expiration"),
        principal=_principal(key, principal),
    )


def taken_on(role: Document) -> Principal:
    """The session in which the gateway invokes functions with a role. Raises ValueError."""
    return _principal({"sessionName": SESSION, "createdDate": time.time()}, role)


def _principal(key: Document, document: Document) -> Principal:
    arn: str = document["arn"]
    attributes = Attributes(document.get("tags") or {}, document.get("organization"))
    if arn.endswith(":root"):
        return principals.root(arn.split(":")[4], attributes)
    policies = list(_policies(document))
    boundary = _optional("the permissions boundary", document.get("boundary"))
    if "sessionName" not in key:
        return principals.user(arn, document["id"], policies, boundary=boundary, attributes=attributes)
    return principals.role_session(
        arn,
        document["id"],
        key["sessionName"],
        policies,
        issued=key["createdDate"],
        boundary=boundary,
        session_policy=_optional("the session policy", key.get("policy")),
        attributes=attributes,
    )


def _policies(document: Document) -> Iterator[Policy]:
    for name, policy in document["policies"].items():
        yield compile_identity_policy(policy, f"policy {name}", name)


def _optional(what: str, policy: Document | None) -> Policy | None:
    return None if policy is None else compile_identity_policy(policy, what)


def compile_identity_policy(policy: Document | str, what: str, name: str = "") -> Policy:
    """Raises ValueError that begins with `what`. `name` goes before the names of its statements."""
    try:
        compiled = compile_policy(policy, IDENTITY_POLICY, name=name)
    except PolicyRefused as refused:
        raise ValueError(f"{what}: {refused}") from None
    concerned = policy_of(one for one in compiled.statements if _is_about_invoking(one))
    if unknown := execute_api.unsupplied_keys(concerned):
        raise ValueError(
            f"{what}: it looks at {', '.join(sorted(unknown))}, which requests to APIs do not have here; "
            "take these conditions out"
        )
    return compiled


def _is_about_invoking(statement: Statement) -> bool:
    """A policy may also speak of other services, whose condition keys are none of ours."""
    request = Request(execute_api.INVOKE, "")
    return all(check.test(request) for check in statement.checks if check.element in ("Action", "NotAction"))
