"""What a caller is told when a policy keeps it out: AWS's wording since 2025, under the key `Message`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gatewright.aws.policy.execute_api import INVOKE, masked

ANONYMOUS = "anonymous"


class Layer(Enum):
    """Which policy did not allow, with its article."""

    RESOURCE = "a resource-based policy"
    IDENTITY = "an identity-based policy"
    ENDPOINT = "a VPC endpoint policy"
    BOUNDARY = "a permissions boundary"
    SESSION = "a session policy"
    SERVICE_CONTROL = "a service control policy"

    __hash__ = object.__hash__  # see `engine.Verdict`


@dataclass(frozen=True, slots=True)
class Denial:
    layer: Layer
    explicit: bool  # a Deny matched, rather than nothing


def suffix(denial: Denial, action: str = INVOKE) -> str:
    if denial.explicit:
        return f" with an explicit deny in {denial.layer.value}"
    return f" because no {denial.layer.value.partition(' ')[2]} allows the {action} action"


def not_authorized(who: str | None, method_arn: str, denial: Denial, action: str = INVOKE) -> str:
    """The text for a resource policy or IAM; `who` is the caller's ARN, None for one that did not sign."""
    return (
        f"User: {who or ANONYMOUS} is not authorized to perform: {action} on resource: {masked(method_arn)}"
        f"{suffix(denial, action)}"
    )


def authorizer_denied(*, explicit: bool) -> str:
    """The text for the policy a Lambda authorizer answered with."""
    return f"User is not authorized to access this resource{suffix(Denial(Layer.IDENTITY, explicit))}"
