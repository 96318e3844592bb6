"""Short ways to write policies."""

from __future__ import annotations

from typing import Any

from gatewright.aws.policy.document import IDENTITY_POLICY, RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.engine import Policy

ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/pets"

Json = dict[str, Any]


def statement(effect: str = "Allow", **elements: Any) -> Json:
    """A statement about every call, changed by `elements`; None takes one out."""
    whole = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*", **elements}
    return {name: value for name, value in whole.items() if value is not None}


def document(*statements: Json, version: str | None = "2012-10-17") -> Json:
    written: Json = {} if version is None else {"Version": version}
    return {**written, "Statement": list(statements)}


def identity_policy(*statements: Json, version: str | None = "2012-10-17") -> Policy:
    return compile_policy(document(*statements, version=version), IDENTITY_POLICY)


def resource_policy(*statements: Json, version: str | None = "2012-10-17") -> Policy:
    about_all = [
        one if "Principal" in one or "NotPrincipal" in one else {**one, "Principal": "*"}
        for one in statements
    ]
    return compile_policy(document(*about_all, version=version), RESOURCE_POLICY)
