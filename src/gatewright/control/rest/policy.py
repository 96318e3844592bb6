"""An API's resource policy, as it is stored and as it is returned.

It is kept as compact JSON with its short ARNs completed (`execute-api:/*` is this API's) and lists of one
collapsed. Get returns the text escaped once more, slashes too, as the real service does and clients expect.
"""

from __future__ import annotations

import orjson

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document, Partition
from gatewright.control.rest.policy_grammar import LISTS, is_policy

MOST_CHARACTERS = 8_192

_SHORT = "execute-api:/"
_PRINCIPALS = ("Principal", "NotPrincipal")


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
    return orjson.dumps(policy).decode()[1:-1].replace("/", "\\/")


def _read(text: str) -> Document:
    """The policy in `text`, which may be escaped as Get returned it."""
    for candidate in (text, f'"{text}"'):
        try:
            policy = orjson.loads(candidate)
            policy = orjson.loads(policy) if isinstance(policy, str) else policy
        except orjson.JSONDecodeError:
            continue
        if is_policy(policy):
            return dict(policy)
    raise BadRequest(
        "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
    )


def _complete(statement: Document, arn: str) -> Document:
    return {name: _completed(name, value, arn) for name, value in statement.items()}


def _completed(name: str, value: str | list[str] | Document, arn: str) -> str | list[str] | Document:
    """One member of a statement."""
    if name in _PRINCIPALS and isinstance(value, dict):
        return {kind: _collapsed(principals) for kind, principals in value.items()}
    if name not in LISTS or isinstance(value, dict):
        return value
    items = [value] if isinstance(value, str) else value
    return _collapsed(
        [arn + item.removeprefix(_SHORT) if item.startswith(_SHORT) else item for item in items]
    )


def _collapsed(items: str | list[str]) -> str | list[str]:
    return items[0] if isinstance(items, list) and len(items) == 1 else items
