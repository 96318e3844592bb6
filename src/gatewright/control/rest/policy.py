"""An API's resource policy, as it is stored and as it is returned.

It is kept as compact JSON with its short ARNs completed (`execute-api:/*` is this API's) and lists of one
collapsed. Get returns the text escaped once more, as the real service does and its clients expect.
"""

from __future__ import annotations

from typing import Any

import orjson

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document, Partition

MOST_CHARACTERS = 8_192

_SHORT = "execute-api:/"
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_NEEDED = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))


def normalise(text: str, partition: Partition, api: str) -> str:
    """The policy as it is kept. Raises BadRequest when it is no policy."""
    policy = _read(text)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    arn = f"arn:aws:execute-api:{partition.region}:{partition.account}:{api}/"
    policy["Statement"] = [_complete(statement, arn) for statement in statements]
    kept = orjson.dumps(policy).decode()
    if len(kept) > MOST_CHARACTERS:
        raise BadRequest(f"Invalid policy document. It must have at most {MOST_CHARACTERS} characters.")
    return kept


def escaped(policy: str) -> str:
    """The policy as Get returns it: the inside of a JSON string."""
    return orjson.dumps(policy).decode()[1:-1]


def _read(text: str) -> Document:
    """The policy in `text`, which may be escaped as Get returned it."""
    for candidate in (text, f'"{text}"'):
        try:
            policy = orjson.loads(candidate)
            policy = orjson.loads(policy) if isinstance(policy, str) else policy
        except orjson.JSONDecodeError:
            continue
        if _is_policy(policy):
            return dict(policy)
    raise BadRequest(
        "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
    )


def _is_policy(policy: Any) -> bool:
    if not isinstance(policy, dict) or not policy.get("Statement"):
        return False
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    return all(_is_statement(statement) for statement in statements)


def _is_statement(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in ("Allow", "Deny")
        and all(any(statement.get(name) for name in names) for names in _NEEDED)
        and all(_is_texts(statement[name]) for name in _LISTS if name in statement)
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _complete(statement: Document, arn: str) -> Document:
    return {name: _completed(value, arn) if name in _LISTS else value for name, value in statement.items()}


def _completed(value: str | list[str], arn: str) -> str | list[str]:
    items = [value] if isinstance(value, str) else value
    full = [arn + item.removeprefix(_SHORT) if item.startswith(_SHORT) else item for item in items]
    return full[0] if len(full) == 1 else full
