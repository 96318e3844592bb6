"""Who calls: users, role sessions and account roots, and what their own policies let them do.

A principal is made once, with its policies compiled; deciding is a pure function of it, the request and the
resource's policy. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from gatewright.aws.policy.combination import CROSS_ACCOUNT, SAME_ACCOUNT, combine
from gatewright.aws.policy.deny_texts import Denial, Layer
from gatewright.aws.policy.engine import SILENT, Decision, Policy, Verdict, evaluate, merged
from gatewright.aws.policy.request import Request
from gatewright.aws.policy.wildcard import Context
from gatewright.aws.sigv4 import Secret


class Kind(Enum):
    """As `aws:PrincipalType` has it."""

    ROOT = "Account"
    USER = "User"
    ROLE_SESSION = "AssumedRole"


class BadPrincipal(ValueError):
    """A principal that cannot be: the message names the value and what to write instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """One who may call. Made by `root`, `user` and `role_session`."""

    kind: Kind
    arn: str  # of the session, for a role
    account: str
    user_id: str  # AIDA…, AROA…:session, or the account's number
    names: frozenset[str]  # all that a policy's Principal may call it
    context: Mapping[str, str]  # the condition keys it brings along, in lower case
    policy: Policy | None = None  # its identity policies in one; None for a root, which may do everything
    boundary: Policy | None = None
    session_policy: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(Secret):
    """An access key and whose it is: what a signature is checked with."""

    principal: Principal


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an administrator may say of a principal besides its policies."""

    tags: Mapping[str, str] = field(default_factory=dict)
    organization: str | None = None


NO_ATTRIBUTES = Attributes()

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_USER = re.compile(
    r"arn:(aws[a-z-]*):iam::(\d{12}):user/(?:[\x21-\x7e]{1,510}/)?([A-Za-z0-9+=,.@_-]{1,64})", re.ASCII
)
_ROLE = re.compile(
    r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:[\x21-\x7e]{1,510}/)?([A-Za-z0-9+=,.@_-]{1,64})", re.ASCII
)
_SESSION = re.compile(r"[A-Za-z0-9+=,.@_-]{2,64}", re.ASCII)
_ID = re.compile(r"[A-Z0-9]{4,128}", re.ASCII)


def root(account: str, attributes: Attributes = NO_ATTRIBUTES) -> Principal:
    """The account itself: no policy of its own holds it back."""
    if not _ACCOUNT.fullmatch(account):
        raise BadPrincipal(f"{account!r} is no account: write its twelve digits")
    arn = f"arn:aws:iam::{account}:root"
    context = _context(Kind.ROOT, arn, account, account, attributes)
    return Principal(Kind.ROOT, arn, account, account, frozenset({f"AWS:{account}"}), context)


def user(
    arn: str,
    user_id: str,
    policies: Iterable[Policy] = (),
    *,
    boundary: Policy | None = None,
    attributes: Attributes = NO_ATTRIBUTES,
) -> Principal:
    """An IAM user. `arn` has its path, `user_id` is its `AIDA…`."""
    _, account, name = _parts(_USER, arn, "user", "arn:aws:iam::111122223333:user/ann")
    _check_id(user_id, "AIDA")
    context = {**_context(Kind.USER, arn, account, user_id, attributes), "aws:username": name}
    names = frozenset({f"AWS:{arn}", f"AWS:{account}"})
    return Principal(Kind.USER, arn, account, user_id, names, context, merged(policies), boundary)


def role_session(
    role_arn: str,
    role_id: str,
    session: str,
    policies: Iterable[Policy] = (),
    *,
    issued: float,
    boundary: Policy | None = None,
    session_policy: Policy | None = None,
    attributes: Attributes = NO_ATTRIBUTES,
) -> Principal:
    """Somebody who assumed a role. `role_id` is its `AROA…`; `issued` is when, in Unix seconds."""
    partition, account, name = _parts(_ROLE, role_arn, "role", "arn:aws:iam::111122223333:role/App")
    _check_id(role_id, "AROA")
    if not _SESSION.fullmatch(session):
        raise BadPrincipal(f"{session!r} is no session name: write 2 to 64 letters, digits and +=,.@_-")
    arn = f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}"
    user_id = f"{role_id}:{session}"
    context = {
        **_context(Kind.ROLE_SESSION, role_arn, account, user_id, attributes),
        "aws:tokenissuetime": datetime.fromtimestamp(issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:multifactorauthpresent": "false",  # no second factor is asked for here, and policies must know
    }
    names = frozenset({f"AWS:{arn}", f"AWS:{role_arn}", f"AWS:{account}"})
    return Principal(
        Kind.ROLE_SESSION, arn, account, user_id, names, context, merged(policies), boundary, session_policy
    )


def _context(kind: Kind, arn: str, account: str, user_id: str, attributes: Attributes) -> dict[str, str]:
    context = {
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "aws:principaltype": kind.value,
        "aws:userid": user_id,
    }
    if attributes.organization is not None:
        context["aws:principalorgid"] = attributes.organization
    return context | {f"aws:principaltag/{key.lower()}": value for key, value in attributes.tags.items()}


def _parts(form: re.Pattern[str], arn: str, what: str, example: str) -> tuple[str, str, str]:
    found = form.fullmatch(arn)
    if found is None:
        raise BadPrincipal(f"{arn!r} is not the ARN of a {what}: write it like {example}")
    return found[1], found[2], found[3]


def _check_id(value: str, prefix: str) -> None:
    if not _ID.fullmatch(value) or not value.startswith(prefix):
        raise BadPrincipal(f"{value!r} is no unique id: write {prefix} and capital letters and digits")


@dataclass(frozen=True, slots=True)
class Authorization:
    """Whether a principal may, which policy kept it out, and what each policy said."""

    denial: Denial | None  # None: it may
    decisions: Mapping[Layer, Decision]

    @property
    def allowed(self) -> bool:
        return self.denial is None


def request_of(principal: Principal, action: str, resource: str, context: Context) -> Request:
    """What the policies are asked; the principal's own condition keys cannot be overruled by `context`."""
    return Request(action, resource, principal.names, {**context, **principal.context})


ROOT_DECISION = Decision(Verdict.ALLOW, "account root")


def authorize(
    principal: Principal,
    action: str,
    resource: str,
    context: Context,
    *,
    owner: str,
    resource_policy: Policy | None,
) -> Authorization:
    """May `principal` do `action` on `resource`, which belongs to account `owner`?

    An explicit Deny in any policy wins. A boundary and a session policy must allow, where there is one. Then,
    in the resource's own account, the principal's policy or the resource's must allow; across accounts, both.
    """
    request = request_of(principal, action, resource, context)
    decisions = {
        Layer.IDENTITY: ROOT_DECISION if principal.policy is None else evaluate(principal.policy, request),
        Layer.RESOURCE: SILENT if resource_policy is None else evaluate(resource_policy, request),
    }
    for layer, policy in ((Layer.BOUNDARY, principal.boundary), (Layer.SESSION, principal.session_policy)):
        if policy is not None:
            decisions[layer] = evaluate(policy, request)
    return Authorization(_denial(decisions, cross_account=principal.account != owner), decisions)


def _denial(decisions: Mapping[Layer, Decision], *, cross_account: bool) -> Denial | None:
    for layer, decision in decisions.items():
        if decision.verdict is Verdict.DENY:
            return Denial(layer, explicit=True)
    for layer in (Layer.BOUNDARY, Layer.SESSION):
        if layer in decisions and decisions[layer].verdict is Verdict.SILENT:
            return Denial(layer, explicit=False)
    identity, resource = decisions[Layer.IDENTITY].verdict, decisions[Layer.RESOURCE].verdict
    table = CROSS_ACCOUNT if cross_account else SAME_ACCOUNT
    if combine(table, identity, resource) is Verdict.ALLOW:
        return None
    return Denial(Layer.IDENTITY if identity is Verdict.SILENT else Layer.RESOURCE, explicit=False)
