"""JWT: tokens of the named OpenID Connect issuers, with their audiences, further claims and scopes.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from gatewright.aws.jwt import rest_authorizer
from gatewright.aws.jwt.keys import ALGORITHMS, KeySet
from gatewright.aws.jwt.problem import TokenProblem
from gatewright.aws.jwt.rest_authorizer import AdditionalClaim
from gatewright.aws.jwt.token import Claims, Token
from gatewright.catalog.api import Document
from gatewright.gateway.errors import ACCESS_DENIED, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.issuers import IssuerSettings, Source, source_of
from gatewright.gateway.jwt_claims import JwtClaims
from gatewright.gateway.method_request.authorizers.compile import Surroundings
from gatewright.gateway.method_request.authorizers.tokens import (
    TokenAuthorizer,
    digest_of,
    header_of,
    reason_of,
    unauthorized,
)


class _Issuer(NamedTuple):
    """What is asked of one issuer's tokens."""

    source: Source
    audiences: frozenset[str]
    claims: tuple[AdditionalClaim, ...]


def compile_jwt(surroundings: Surroundings, method: Document, authorizer: Document) -> TokenAuthorizer:
    """Raises ValueError with the reason why the authorizer cannot be enforced."""
    configuration = authorizer.get("jwtConfiguration") or {}
    scopes = frozenset(method.get("authorizationScopes") or ())
    try:
        issuers = _issuers(surroundings.settings.issuers, configuration)
        algorithms = _algorithms(configuration)
    except ValueError as error:
        raise ValueError(f"authorizer {authorizer['name']}: {error}") from None

    def check(token: Token, keys: KeySet, now: float) -> Claims | TokenProblem:
        asked = issuers[token.issuer]
        issuer = rest_authorizer.Issuer(keys, asked.audiences, asked.claims)
        return rest_authorizer.verify(
            token, {token.issuer: issuer}, algorithms=algorithms, scopes=scopes, now=now
        )

    return TokenAuthorizer(
        kind="JWT",
        name=authorizer["name"],
        header=header_of(authorizer),
        sources={name: issuer.source for name, issuer in issuers.items()},
        rules=digest_of(
            "jwt", configuration, sorted((name, one.source) for name, one in issuers.items()), sorted(scopes)
        ),
        check=check,
        expose=JwtClaims,
        refuse=_refuse,
    )


def _issuers(settings: IssuerSettings, configuration: Mapping[str, Any]) -> dict[str, _Issuer]:
    """By the names that tokens may say. Raises ValueError."""
    issuers = [_issuer(settings, document) for document in configuration.get("issuers") or []]
    if not issuers:
        raise ValueError("jwtConfiguration has no issuers")
    # Two that are served at one place share a name there. Whose rules would count is open, so it does not.
    times = Counter(name for issuer in issuers for name in issuer.source.names[1:])
    others = {name: one for one in issuers for name in one.source.names[1:] if times[name] == 1}
    return others | {issuer.source.names[0]: issuer for issuer in issuers}


def _issuer(settings: IssuerSettings, document: Document) -> _Issuer:
    name = document["issuer"]
    audiences = frozenset(document.get("audiences") or ())
    if not audiences:
        raise ValueError(f"issuer {name} has no audiences")
    claims = tuple(_claim(claim) for claim in document.get("additionalClaims") or [])
    return _Issuer(source_of(settings, name, name, discovered=True), audiences, claims)


def _claim(document: Document) -> AdditionalClaim:
    return AdditionalClaim(
        document["claimName"],
        document.get("required", False),
        frozenset(document.get("expectedValues") or ()),
    )


def _algorithms(configuration: Mapping[str, Any]) -> frozenset[str]:
    algorithms = frozenset(configuration.get("defaultAlgorithms") or ())
    if not algorithms or not algorithms <= ALGORITHMS:
        raise ValueError(
            f"defaultAlgorithms {sorted(algorithms)} must be some of {', '.join(sorted(ALGORITHMS))}"
        )
    return algorithms


def _refuse(exchange: Exchange, problem: TokenProblem, detail: str) -> GatewayError:
    if rest_authorizer.status(problem) == 403:
        return GatewayError(
            ACCESS_DENIED,
            "Forbidden",
            reason=reason_of(exchange),
            detail=detail,
            error_type="ForbiddenException",
        )
    return unauthorized(exchange, problem, detail)
