"""Why a token is not accepted: for the owner's trace. A client is told no more than the spec has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Problem(Enum):
    MALFORMED = "malformed"
    ALGORITHM = "algorithm not allowed"
    UNKNOWN_KEY = "unknown key"  # the issuer may have a newer set
    SIGNATURE = "bad signature"
    ISSUER = "wrong issuer"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    AUDIENCE = "wrong audience"
    TOKEN_USE = "wrong token_use"
    CLAIM = "missing or wrong claim"
    SCOPE = "missing scope"


@dataclass(frozen=True, slots=True)
class TokenProblem:
    problem: Problem
    detail: str  # names the value and what was wanted; never the token


def shown(value: object, most: int = 80) -> str:
    """A value out of a token as it is quoted in a detail."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"
