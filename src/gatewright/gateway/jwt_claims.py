"""The claims of a token that a JWT authorizer accepted: in events with their types, elsewhere as JSON texts.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-claims.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|.)")


class JwtClaims(Mapping[str, str]):
    """JSON texts by the claims' names: `"42"`, `42`, `["user","editor"]`; what is not ASCII is `\\u00E9`."""

    __slots__ = ("typed",)

    def __init__(self, typed: Mapping[str, Any]) -> None:
        self.typed = typed

    def __getitem__(self, name: str) -> str:
        return _ESCAPE.sub(_upper, json.dumps(self.typed[name], separators=(",", ":")))

    def __iter__(self) -> Iterator[str]:
        return iter(self.typed)

    def __len__(self) -> int:
        return len(self.typed)


def in_event(authorizer: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an event says of `$context.authorizer`."""
    claims = authorizer.get("claims")
    return {"claims": claims.typed} if isinstance(claims, JwtClaims) else authorizer


def _upper(escape: re.Match[str]) -> str:
    return escape[0] if escape[1] is None else f"\\u{escape[1].upper()}"
