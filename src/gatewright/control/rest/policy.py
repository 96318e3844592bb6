"""An API's resource policy, as it is stored and as it is returned.

It is kept as compact JSON with its short ARNs completed (`execute-api:/*` is this API's) and lists of one
collapsed. Get returns the text escaped once more, slashes too, as the real service does and clients expect.
"""

from __future__ import annotations

from typing import Any

import orjson

from gatewright.aws import strict_json
from gatewright.aws.errors import BadRequest
from gatewright.aws.policy.document import RESOURCE_POLICY, compile_policy
from gatewright.aws.policy.execute_api import INVALID_POLICY, completed
from gatewright.aws.policy.refusal import PolicyRefused
from gatewright.catalog.api import Document, Partition

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")


def normalise(text: str, partition: Partition, api: str) -> str:
    """The policy as it is kept. Raises BadRequest when it is no policy that could be enforced."""
    policy = _read(text)
    full = completed(policy, partition.region, partition.account, api)
    statements = full["Statement"] if isinstance(full["Statement"], list) else [full["Statement"]]
    full["Statement"] = [_collapsed_statement(statement) for statement in statements]
    kept = orjson.dumps(full).decode()
    if len(kept) > RESOURCE_POLICY.most_characters:
        raise BadRequest(
            f"Invalid policy document. It must have at most {RESOURCE_POLICY.most_characters} characters."
        )
    try:
        compile_policy(kept, RESOURCE_POLICY)
    except PolicyRefused:
        raise BadRequest(INVALID_POLICY) from None
    return kept


def escaped(policy: str) -> str:
    """The policy as Get returns it: the inside of a JSON string."""
    return orjson.dumps(policy).decode()[1:-1].replace("/", "\\/")


def _read(text: str) -> Document:
    """The policy in `text`, which may be escaped as Get returned it."""
    for candidate in (text, f'"{text}"'):
        try:
            policy = strict_json.loads(candidate)
            policy = strict_json.loads(policy) if isinstance(policy, str) else policy
        except strict_json.Ambiguous:
            continue
        if isinstance(policy, dict) and "Statement" in policy:
            return policy
    raise BadRequest(INVALID_POLICY)


def _collapsed_statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    return {name: _collapsed_member(name, value) for name, value in statement.items()}


def _collapsed_member(name: str, value: Any) -> Any:
    if name in _PRINCIPALS and isinstance(value, dict):
        return {kind: _collapsed(principals) for kind, principals in value.items()}
    return _collapsed(value) if name in _LISTS else value


def _collapsed(items: Any) -> Any:
    return items[0] if isinstance(items, list) and len(items) == 1 else items
