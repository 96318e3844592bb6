"""The JWT authorizer of REST APIs: issuers with their audiences and further claims, and scopes of methods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gatewright.aws.jwt import token as tokens
from gatewright.aws.jwt.keys import KeySet
from gatewright.aws.jwt.problem import Problem, TokenProblem, shown
from gatewright.aws.jwt.token import Claims, Token


@dataclass(frozen=True, slots=True)
class AdditionalClaim:
    """A claim that is one text. Without expected values, any text will do."""

    name: str
    required: bool = False
    expected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Issuer:
    """What is asked of the tokens of one issuer, whose keys are `keys`."""

    keys: KeySet
    audiences: frozenset[str]
    claims: tuple[AdditionalClaim, ...] = ()


def verify(
    token: Token,
    issuers: Mapping[str, Issuer],
    *,
    algorithms: Collection[str],
    scopes: Collection[str] = (),
    now: float,
) -> Claims | TokenProblem:
    """The claims of a token that one of `issuers` (by its exact name) signed and that a method accepts.

    `scopes`: of which the token must have one, in `scope` or `scp`.
    """
    issuer = issuers.get(token.issuer)
    if issuer is None:
        return tokens.wrong_issuer(token, issuers)
    keys = {token.issuer: issuer.keys}
    claims = tokens.verify(token, keys, algorithms=algorithms, audiences=issuer.audiences, now=now)
    if isinstance(claims, TokenProblem):
        return claims
    for wanted in issuer.claims:
        if problem := _claim_problem(claims, wanted):
            return problem
    return (tokens.scope_problem(claims, scopes, "scope", "scp") if scopes else None) or claims


def status(problem: TokenProblem) -> int:
    """403 for a good token that lacks a scope, else 401."""
    return 403 if problem.problem is Problem.SCOPE else 401


def _claim_problem(claims: Claims, wanted: AdditionalClaim) -> TokenProblem | None:
    if wanted.name not in claims:
        return TokenProblem(Problem.CLAIM, f"it has no {wanted.name}") if wanted.required else None
    value = claims[wanted.name]
    if isinstance(value, str) and (not wanted.expected or value in wanted.expected):
        return None
    allowed = ", ".join(sorted(wanted.expected)) or "any text"
    return TokenProblem(
        Problem.CLAIM, f"{wanted.name} is {shown(value)}, and {shown(allowed, 200)} is expected"
    )
