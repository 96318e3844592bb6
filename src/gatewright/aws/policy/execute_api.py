"""What is particular to API Gateway's use of policies: its actions, its ARNs, its condition keys.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-policy-language-overview.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from gatewright.aws.policy.engine import Policy

INVOKE = "execute-api:Invoke"
INVALIDATE_CACHE = "execute-api:InvalidateCache"

# What the management API says of a policy that it refuses.
INVALID_POLICY = (
    "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
)

# The condition keys that can have a value, by the callers that have them. Any other key is absent.
KEYS_OF_ALL = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:referer",
        "aws:securetransport",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:useragent",
    }
)
KEYS_OF_PRIVATE_APIS = frozenset(
    {"aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "execute-api:viadomainarn"}
)
KEYS_OF_IAM_CALLERS = frozenset(
    {
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principaltype",
        "aws:tokenissuetime",
        "aws:userid",
        "aws:username",
    }
)
PRINCIPAL_TAG = "aws:principaltag/"

_SHORT = "execute-api:/"


def stage_arn(region: str, account: str, api: str, stage: str) -> str:
    """The ARN of a stage, with which those of its calls begin."""
    return f"arn:aws:execute-api:{region}:{account}:{api}/{stage}"


def method_arn(stage: str, method: str, path: str) -> str:
    """The ARN of one call. `stage` is the stage's ARN, `path` the request's path behind it as it was sent,
    percent-encoded; the method is the request's own, also for ANY."""
    return f"{stage}/{method.upper()}/{path.removeprefix('/')}"


def masked(arn: str) -> str:
    """The ARN as callers see it: of the account, only the last four digits."""
    *head, account, resource = arn.split(":", 5)
    return ":".join([*head, f"{'*' * 8}{account[-4:]}", resource])


def completed(policy: Mapping[str, Any], region: str, account: str, api: str) -> dict[str, Any]:
    """The policy with its short resources (`execute-api:/prod/GET/pets`) made ARNs of this API, in full."""
    statements = policy.get("Statement")
    if isinstance(statements, list):
        full: Any = [_completed(statement, region, account, api) for statement in statements]
    else:
        full = _completed(statements, region, account, api)
    return {**policy, "Statement": full}


def request_context(
    keys: Collection[str],
    *,
    source_ip: str,
    user_agent: str | None,
    referer: str | None,
    secure: bool,
    now: float,
) -> dict[str, str]:
    """The condition keys that every call has, as far as `keys` (see `Policy.keys`) names them."""
    known = {
        "aws:sourceip": source_ip,
        "aws:useragent": user_agent,
        "aws:referer": referer,
        "aws:securetransport": "true" if secure else "false",
    }
    if "aws:currenttime" in keys:
        known["aws:currenttime"] = datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if "aws:epochtime" in keys:
        known["aws:epochtime"] = str(int(now))
    return {key: value for key, value in known.items() if value is not None and key in keys}


def unknown_keys(policy: Policy) -> frozenset[str]:
    """The condition keys of a policy that no request has: a condition on one is about its absence only."""
    known = KEYS_OF_ALL | KEYS_OF_PRIVATE_APIS | KEYS_OF_IAM_CALLERS
    return frozenset(key for key in policy.keys - known if not key.startswith(PRINCIPAL_TAG))


def unsupplied_keys(policy: Policy) -> frozenset[str]:
    """Those, and the ones that Amazon has values for where there are none here: what private APIs know of
    their networks, and where an account stands in its organization."""
    nowhere = KEYS_OF_PRIVATE_APIS | {"aws:principalorgpaths"}
    return unknown_keys(policy) | (policy.keys & nowhere)


def _completed(statement: Any, region: str, account: str, api: str) -> Any:
    if not isinstance(statement, dict):
        return statement
    prefix = f"arn:aws:execute-api:{region}:{account}:{api}/"

    def complete(text: Any) -> Any:
        is_short = isinstance(text, str) and text.startswith(_SHORT)
        return prefix + text.removeprefix(_SHORT) if is_short else text

    resources = {
        element: [complete(item) for item in value] if isinstance(value, list) else complete(value)
        for element, value in statement.items()
        if element in ("Resource", "NotResource")
    }
    return {**statement, **resources}
