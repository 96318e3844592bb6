"""Tokens of Cognito user pools, as a COGNITO_USER_POOLS authorizer takes them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from gatewright.aws.jwt import token as tokens
from gatewright.aws.jwt.keys import KeySet
from gatewright.aws.jwt.problem import Problem, TokenProblem, shown
from gatewright.aws.jwt.token import Claims, Token

ALGORITHMS = frozenset({"RS256"})

UNAUTHORIZED = "Unauthorized"
EXPIRED = "The incoming token has expired"


def issuer_of(pool_arn: str) -> str:
    """The issuer of `arn:aws:cognito-idp:R:A:userpool/R_xxx`. Raises ValueError for another ARN."""
    fields = pool_arn.split(":")
    pool = fields[-1].removeprefix("userpool/")
    if len(fields) != 6 or fields[2] != "cognito-idp" or fields[5] != f"userpool/{pool}" or not pool:
        raise ValueError(
            f"{pool_arn!r} is no user pool: write arn:aws:cognito-idp:region:account:userpool/region_id"
        )
    return f"https://cognito-idp.{fields[3]}.amazonaws.com/{pool}"


def verify(
    token: Token,
    pools: Mapping[str, KeySet],
    *,
    scopes: Collection[str] = (),
    audience: Callable[[str], bool] | None = None,
    now: float,
) -> Claims | TokenProblem:
    """The claims of a token that one of `pools` (by issuer) signed and that a method accepts.

    A method without `scopes` takes ID tokens, one with them takes access tokens that have one of them.
    `audience` is the authorizer's identityValidationExpression; access tokens have no audience and fail it.
    """
    claims = tokens.verify(token, pools, algorithms=ALGORITHMS, now=now)
    if isinstance(claims, TokenProblem):
        return claims
    use = "access" if scopes else "id"
    if claims.get("token_use") != use:
        detail = f"token_use is {shown(claims.get('token_use'))}, and the method takes {use} tokens"
        return TokenProblem(Problem.TOKEN_USE, detail)
    if audience is not None and not any(audience(one) for one in tokens.texts(claims.get("aud"))):
        return TokenProblem(
            Problem.AUDIENCE,
            f"aud is {shown(claims.get('aud'))}, which the identityValidationExpression does not match",
        )
    return (tokens.scope_problem(claims, scopes, "scope") if scopes else None) or claims


def message(problem: TokenProblem) -> str:
    """What a client is told, with status 401."""
    return EXPIRED if problem.problem is Problem.EXPIRED else UNAUTHORIZED
