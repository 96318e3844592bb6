"""The Principal element: whom a statement is about.

Principals and callers are compared by names, so that a decision is one set operation: `AWS:111122223333` for
an account, `AWS:arn:…` for a user, a role or a session, `Service:events.amazonaws.com`. A caller has all the
names that fit it (see `aws.principals`); an anonymous caller has none, and only `*` is about it.
"""

from __future__ import annotations

import re
from typing import Any

from gatewright.aws.policy.refusal import Wrong, shown

EVERYONE: frozenset[str] | None = None

_PARTITION = "aws|aws-cn|aws-us-gov"
_NAME = r"[A-Za-z0-9+=,.@_-]{1,64}"
_PATH = r"/(?:[\x21-\x2e\x30-\x7e]{1,128}/){0,16}"
_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(rf"arn:(?:{_PARTITION}):iam::(\d{{12}}):root")
_AWS = re.compile(
    rf"arn:(?:{_PARTITION}):(?:iam::\d{{12}}:(?:user|role){_PATH}{_NAME}"
    rf"|sts::\d{{12}}:(?:assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME}))"
)
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]{0,127}")
_FEDERATED = re.compile(
    rf"arn:(?:{_PARTITION}):iam::\d{{12}}:(?:saml|oidc)-provider/\S{{1,255}}|[a-z0-9][a-z0-9.-]{{0,254}}"
)
_CANONICAL = re.compile(r"[0-9a-f]{64}")

_AWS_FORMS = (
    "write an account id, the ARN of its root, of a user, a role, a role session or a federated user, "
    'or "*" alone'
)
_FORMS = {
    "Service": (_SERVICE, "write the service's name, such as lambda.amazonaws.com"),
    "Federated": (_FEDERATED, "write an identity provider's ARN or domain name"),
    "CanonicalUser": (_CANONICAL, "write the 64 hexadecimal digits of a canonical user id"),
}


def read(element: str, value: Any) -> frozenset[str] | None:
    """The names of Principal or NotPrincipal; None for everyone. Raises `Wrong`."""
    if value == "*":
        return EVERYONE
    if not isinstance(value, dict) or not value:
        raise Wrong(element, f'{shown(value)} is no principal: write "*" or {{"AWS": "…"}}')
    names: set[str] = set()
    for kind, named in value.items():
        for item in _texts(f"{element}.{kind}", named):
            if kind == "AWS" and item == "*":
                return EVERYONE
            names.add(_name(element, kind, item))
    return frozenset(names)


def aws_name(item: str) -> str | None:
    """The name of an account, user, role or session; None for what is none of them."""
    if _ACCOUNT.fullmatch(item):
        return f"AWS:{item}"
    if root := _ROOT.fullmatch(item):
        return f"AWS:{root[1]}"
    return f"AWS:{item}" if _AWS.fullmatch(item) else None


def _name(element: str, kind: str, item: str) -> str:
    if kind == "AWS":
        name = aws_name(item)
        if name is None:
            raise Wrong(f"{element}.AWS", f"{shown(item)} is not the name of a principal: {_AWS_FORMS}")
        return name
    if kind not in _FORMS:
        raise Wrong(element, f"{shown(kind)} is no kind of principal: it is AWS, {', '.join(_FORMS)}")
    form, remedy = _FORMS[kind]
    if not form.fullmatch(item):
        raise Wrong(f"{element}.{kind}", f"{shown(item)} is not the name of a principal: {remedy}")
    return f"{kind}:{item}"


def _texts(element: str, value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, str) for item in items):
        raise Wrong(element, f"{shown(value)} is not a text or a list of texts: name at least one principal")
    return items
