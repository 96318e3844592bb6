"""What a Lambda authorizer answers: a policy, whose it is, and what the integration is to know of the caller.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from gatewright.aws import strict_json
from gatewright.aws.policy.deny_texts import Denial
from gatewright.aws.policy.document import AUTHORIZER_POLICY, compile_policy
from gatewright.aws.policy.engine import Policy
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.gateway.masking import masked
from gatewright.gateway.method_request.authorizers.lambda_failures import misconfigured
from gatewright.vtl import to_text

REMEMBERED = 1024  # answers read, of at most so many bytes each: what they say is compiled once a worker
REMEMBERED_BYTES = 16 * 1024
ANSWER_BYTES = 6 * 1024 * 1024  # Lambda's own limit on an answer

_KEY_VALUE = re.compile(r'("usageIdentifierKey"\s*:\s*")((?:[^"\\]|\\.)*)')


@dataclass(frozen=True, slots=True)
class Answer:
    """`principal_id` None: there is none, and nobody is let through on such an answer."""

    principal_id: str | None
    policy: Policy
    context: Mapping[str, str]  # with the principal, which it cannot name by itself
    usage_identifier_key: str | None = field(repr=False)
    recalled: Mapping[str, Any] = field(init=False, repr=False)  # what is exposed when nobody was waited for
    # What was decided on it, by the API's policy, the stage's ARN, verb and path. It goes with the answer,
    # which may be one of many, and large.
    denials: dict[tuple[Policy | None, str, str, str], Denial | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "recalled", self.exposed(0))

    def exposed(self, milliseconds: int) -> Mapping[str, Any]:
        """`$context.authorizer`: the context cannot say how long the call took."""
        return {**self.context, "integrationLatency": milliseconds}


def read_answer(payload: bytes) -> Answer:
    """Raises GatewayError 500 for an answer that is none."""
    return _remembered(payload) if len(payload) <= REMEMBERED_BYTES else _read(payload)


def shown_answer(payload: bytes) -> str:
    """The answer for the owner to read: an API key in it masked."""
    return _KEY_VALUE.sub(lambda match: match[1] + masked(match[2]), payload.decode("utf-8", "replace"))


def _read(payload: bytes) -> Answer:
    document = _object(payload)
    key = document.get("usageIdentifierKey")
    if key is not None and not isinstance(key, str):
        raise misconfigured("Authorizer error", "usageIdentifierKey is no text")
    principal, policy, context = _principal(document), _policy(document), _context(document)
    own = {} if principal is None else {"principalId": principal}
    return Answer(principal, policy, {**own, **context, **own}, key)


_remembered = lru_cache(maxsize=REMEMBERED)(_read)


def _object(payload: bytes) -> dict[str, Any]:
    if len(payload) > ANSWER_BYTES:
        raise misconfigured("Authorizer error", f"the answer has more than {ANSWER_BYTES} bytes")
    try:
        document = strict_json.loads(payload)
    except strict_json.Ambiguous as error:
        raise misconfigured("Invalid JSON in response", str(error)) from None
    if not isinstance(document, dict):
        raise misconfigured("Authorizer error", "the answer is no JSON object")
    return document


def _principal(document: Mapping[str, Any]) -> str | None:
    principal = document.get("principalId")
    if principal is not None and not isinstance(principal, str):
        raise misconfigured("Authorizer error", "principalId is no text")
    return principal or None


def _policy(document: Mapping[str, Any]) -> Policy:
    policy = document.get("policyDocument")
    if not isinstance(policy, dict):
        raise misconfigured("Authorizer error", "policyDocument is missing or no object")
    try:
        return compile_policy(policy, AUTHORIZER_POLICY)
    except PolicyRefused as refused:
        raise misconfigured("Authorizer error", f"policyDocument: {refused}") from None


def _context(document: Mapping[str, Any]) -> dict[str, str]:
    """Its values as texts; null is no value."""
    context = document.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise misconfigured("Authorizer error", "context is no object")
    nested = [name for name, value in context.items() if isinstance(value, (dict, list))]
    if nested:
        why = f"context: {', '.join(nested)}: a value must be a string, a number or a boolean"
        raise misconfigured("Authorizer error", why)
    return {name: to_text(value) for name, value in context.items() if value is not None}
