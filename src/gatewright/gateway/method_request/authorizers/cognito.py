"""COGNITO_USER_POOLS: ID tokens of the named user pools; access tokens on methods that have scopes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
"""

from __future__ import annotations

from collections.abc import Callable

import regex

from gatewright.aws.jwt import cognito
from gatewright.aws.jwt.claims import rendered
from gatewright.aws.jwt.keys import KeySet
from gatewright.aws.jwt.problem import TokenProblem
from gatewright.aws.jwt.token import Claims, Token
from gatewright.catalog.api import Document
from gatewright.gateway.integration_response import PATTERN_SECONDS
from gatewright.gateway.issuers import Source, source_of
from gatewright.gateway.method_request.authorizers.compile import Surroundings
from gatewright.gateway.method_request.authorizers.tokens import (
    TokenAuthorizer,
    digest_of,
    header_of,
    unauthorized,
)
from gatewright.gateway.stage_variables import has_placeholder, substitute


def compile_cognito(surroundings: Surroundings, method: Document, authorizer: Document) -> TokenAuthorizer:
    """Raises ValueError with the reason why the authorizer cannot be enforced."""
    name = authorizer["name"]
    sources = _sources(surroundings, authorizer)
    scopes = frozenset(method.get("authorizationScopes") or ())
    expression = authorizer.get("identityValidationExpression")
    audience = _audience(name, expression) if expression else None

    def check(token: Token, keys: KeySet, now: float) -> Claims | TokenProblem:
        return cognito.verify(token, {token.issuer: keys}, scopes=scopes, audience=audience, now=now)

    return TokenAuthorizer(
        kind="COGNITO_USER_POOLS",
        name=name,
        header=header_of(authorizer),
        sources=sources,
        rules=digest_of("cognito", sorted(sources.items()), sorted(scopes), expression),
        check=check,
        expose=rendered,
        refuse=unauthorized,
    )


def _sources(surroundings: Surroundings, authorizer: Document) -> dict[str, Source]:
    given = authorizer.get("providerARNs") or []
    if not given:
        raise ValueError(f"authorizer {authorizer['name']}: providerARNs is empty")
    found = (_source(surroundings, arn) for arn in given)
    sources = [source for source in found if source is not None]
    others = {name: source for source in reversed(sources) for name in source.names}
    return others | {source.names[0]: source for source in sources}


def _source(surroundings: Surroundings, given: str) -> Source | None:
    """None where an unset stage variable leaves no user pool: no token is of it."""
    arn = substitute(given, surroundings.variables)
    try:
        return source_of(surroundings.settings.issuers, arn, cognito.issuer_of(arn), discovered=False)
    except ValueError:
        if has_placeholder(given):
            return None
        raise


def _audience(name: str, expression: str) -> Callable[[str], bool]:
    """Whether an expression matches the whole of an audience; one that takes too long does not."""
    try:
        pattern = regex.compile(expression)
    except regex.error as error:
        raise ValueError(
            f"authorizer {name}: the identityValidationExpression {expression!r} is no regular expression: "
            f"{error}"
        ) from None

    def matches(audience: str) -> bool:
        try:
            return pattern.fullmatch(audience, timeout=PATTERN_SECONDS) is not None
        except TimeoutError:
            return False

    return matches
