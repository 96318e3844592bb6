"""Signature Version 4: sign requests, and check signed ones, as pure functions of the request and the time.

Paths and queries are given as sent (percent-encoded, bytes over 0x7f as latin-1), times as Unix seconds.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from gatewright.aws import canonical
from gatewright.aws.canonical import ALGORITHM, UNSIGNED_PAYLOAD, Fields, Scope
from gatewright.aws.signature_claim import Claim, header_claim, query_claim
from gatewright.aws.signature_errors import (
    ExpiredToken,
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    SignatureMismatch,
    UnrecognizedClient,
)

SKEW_SECONDS = 300

# Left out of what `sign` signs: proxies on the way change them.
_UNSIGNED = {b"authorization", b"connection", b"expect", b"te", b"transfer-encoding", b"user-agent"}
# Need no place among the signed headers: they are compared with the secret, the string to sign and the body.
_FREE = {"x-amz-security-token", "x-amz-date", "x-amz-content-sha256"}


@dataclass(frozen=True, slots=True)
class Secret:
    """What the gateway knows of an access key."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)  # of temporary keys
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed, and for where."""

    access_key: str
    region: str
    service: str


def sign(
    method: str,
    path: str,
    query: str | None,
    headers: Fields,
    body: bytes,
    secret: Secret,
    *,
    service: str,
    region: str,
    now: float,
) -> list[tuple[bytes, bytes]]:
    """The header fields to add to a request. `headers` must hold Host, and whatever else is worth signing."""
    date = amz_date(now)
    added = [(b"X-Amz-Date", date.encode())]
    if secret.session_token:
        added.append((b"X-Amz-Security-Token", secret.session_token.encode()))
    payload = canonical.payload_hash(body)
    if service == "s3":
        added.append((b"X-Amz-Content-SHA256", payload.encode()))
    fields = [*headers, *added]
    names = sorted({name.lower().decode("latin-1") for name, _ in fields if name.lower() not in _UNSIGNED})
    scope = Scope(date[:8], region, service)
    request = canonical.canonical_request(method, path, query, fields, names, payload, service)
    signature = canonical.signature(secret.secret_key, scope, canonical.string_to_sign(date, scope, request))
    authorization = (
        f"{ALGORITHM} Credential={secret.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return [*added, (b"Authorization", authorization.encode("latin-1"))]


def presign(
    method: str,
    path: str,
    query: str | None,
    host: str,
    secret: Secret,
    *,
    service: str,
    region: str,
    now: float,
    expires: int,
) -> str:
    """The whole query of a URL that may be called, without a body, for `expires` seconds."""
    date = amz_date(now)
    scope = Scope(date[:8], region, service)
    parameters = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{secret.access_key}/{scope}",
        "X-Amz-Date": date,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": "host",
    }
    if secret.session_token:
        parameters["X-Amz-Security-Token"] = secret.session_token
    added = "&".join(f"{name}={quote(value, safe='~')}" for name, value in parameters.items())
    query = f"{query}&{added}" if query else added
    payload = UNSIGNED_PAYLOAD if service == "s3" else canonical.payload_hash(b"")
    request = canonical.canonical_request(
        method, path, query, [(b"host", host.encode())], ["host"], payload, service
    )
    text = canonical.string_to_sign(date, scope, request)
    return f"{query}&X-Amz-Signature={canonical.signature(secret.secret_key, scope, text)}"


def claim_of(query: str | None, headers: Fields) -> Claim:
    """What a request says of its signature; nothing of it is proven. Raises as `verify` does."""
    fields = list(headers)
    in_header = any(name.lower() == b"authorization" for name, _ in fields)
    in_query = any(name == b"X-Amz-Algorithm" for name, _ in canonical.query_pairs(query or ""))
    if in_header and in_query:
        raise IncompleteSignature("Only one of the Authorization header and the query may hold a signature.")
    if in_header:
        return header_claim(fields)
    if in_query:
        return query_claim(query or "")
    raise MissingAuthenticationToken


def verify(
    method: str,
    path: str,
    query: str | None,
    headers: Fields,
    body: bytes | str,
    lookup: Callable[[str], Secret | None],
    *,
    service: str,
    now: float,
    region: str | None = None,
) -> Identity:
    """Check a request signed in its Authorization header or its query.

    `body` is the body or its SHA-256 in hexadecimal; `lookup` finds the secret of an access key; `region` is
    the one the signature must be scoped to, None for any. Raises the errors of `signature_errors`, in the
    order AWS checks.
    """
    fields = list(headers)
    claim = claim_of(query, fields)
    _check_signed_headers(claim, fields)
    _check_time(claim, now)
    if problems := claim.scope_problems(service, region):
        raise InvalidSignature(problems)
    secret = _checked_secret(lookup(claim.access_key), claim, now)
    payload = _payload(fields, body, service)
    if claim.expires is not None:
        query = canonical.without_signature(query or "")
    request = canonical.canonical_request(method, path, query, fields, claim.signed, payload, service)
    text = canonical.string_to_sign(claim.date, claim.scope, request)
    if not _same(canonical.signature(secret.secret_key, claim.scope, text), claim.signature):
        raise SignatureMismatch(request.decode("latin-1"), text)
    return Identity(claim.access_key, claim.scope.region, claim.scope.service)


def _check_signed_headers(claim: Claim, fields: Fields) -> None:
    if not {"host", ":authority"} & set(claim.signed):
        raise InvalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    for name in sorted({key.lower().decode("latin-1") for key, _ in fields} - set(claim.signed) - _FREE):
        if name.startswith("x-amz-"):
            raise InvalidSignature(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")


def _check_time(claim: Claim, now: float) -> None:
    allowed = SKEW_SECONDS if claim.expires is None else claim.expires
    if claim.time < now - allowed:
        raise InvalidSignature(
            f"Signature expired: {claim.date} is now earlier than {amz_date(now - allowed)} "
            f"({amz_date(now)} - {_span(allowed)})"
        )
    if claim.time > now + SKEW_SECONDS:
        raise InvalidSignature(
            f"Signature not yet current: {claim.date} is still later than {amz_date(now + SKEW_SECONDS)} "
            f"({amz_date(now)} + {_span(SKEW_SECONDS)})"
        )


def _span(seconds: int) -> str:
    return f"{seconds} sec." if seconds % 60 else f"{seconds // 60} min."


def _checked_secret(secret: Secret | None, claim: Claim, now: float) -> Secret:
    if secret is None or not _same(secret.session_token or "", claim.token or ""):
        raise UnrecognizedClient
    if secret.expires is not None and secret.expires <= now:
        raise ExpiredToken
    return secret


def _payload(fields: Fields, body: bytes | str, service: str) -> str:
    """What stands for the body in the canonical request: always the hash of the body that came, except that
    S3 lets a caller leave its body unsigned."""
    if service == "s3":
        said = [value for name, value in fields if name.lower() == b"x-amz-content-sha256"]
        if not said or said[-1] == UNSIGNED_PAYLOAD.encode():
            return UNSIGNED_PAYLOAD
    return body if isinstance(body, str) else canonical.payload_hash(body)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def amz_date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
