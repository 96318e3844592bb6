"""A JWT authorizer's configuration: the issuers it trusts, their audiences and claims, the algorithms."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.rest.mapping_expressions import NULL

# Checked by the gateway itself, so that no rule of an owner may stand beside.
RESERVED_CLAIMS = ("iss", "aud", "exp", "nbf", "iat", "scope", "scp")

_VISIBLE = re.compile(r"[!-~]+")


def jwt_configuration(given: Document) -> Document:
    """The configuration as it is stored: `required` is false where it was not given."""
    issuers = [dict(issuer) for issuer in given.get("issuers") or []]
    for issuer in issuers:
        if issuer.get("additionalClaims"):
            issuer["additionalClaims"] = [
                {"required": False, **claim} for claim in issuer["additionalClaims"]
            ]
    return {"issuers": issuers, "defaultAlgorithms": given.get("defaultAlgorithms") or []}


def check_jwt_configuration(configuration: Document | None) -> None:
    """Raises BadRequest. Formats and algorithms are enums, which the protocol has checked."""
    if not configuration:
        raise BadRequest("JwtConfiguration cannot be empty")
    for member in ("issuers", "defaultAlgorithms"):
        if not configuration[member]:
            raise BadRequest(f"JwtConfiguration {member} cannot be empty")
    issuers = configuration["issuers"]
    for issuer in issuers:
        _check_issuer(issuer)
    _check_unique("issuer", [issuer["issuer"] for issuer in issuers])


def _check_issuer(issuer: Document) -> None:
    url = issuer.get("issuer")
    if not url or not _is_issuer_url(url):
        raise BadRequest(
            f"Invalid issuer specified: {url or NULL}. It must be an absolute https URL with a host and "
            "without user information, query or fragment"
        )
    audiences = issuer.get("audiences")
    if not audiences or not all(audiences):
        raise BadRequest(f"Audiences cannot be empty for issuer {url}")
    claims = issuer.get("additionalClaims") or []
    for claim in claims:
        _check_claim(claim)
    _check_unique("claim name", [claim["claimName"] for claim in claims])


def _is_issuer_url(url: str) -> bool:
    if not _VISIBLE.fullmatch(url) or "?" in url or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _check_claim(claim: Document) -> None:
    name = claim.get("claimName")
    if not name or name in RESERVED_CLAIMS:
        raise BadRequest(
            f"Invalid claim name specified: {name or NULL}. It cannot be empty or one of: "
            f"[{', '.join(RESERVED_CLAIMS)}]"
        )
    if not all(claim.get("expectedValues") or ()):
        raise BadRequest(f"Expected values cannot be empty for claim {name}")


def _check_unique(what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise BadRequest(f"Each {what} must be unique: {value} is specified more than once")
