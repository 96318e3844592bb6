"""Signature Version 4: sign requests, and check signed ones, as pure functions of the request and the time.

Paths and queries are given as sent (percent-encoded, bytes over 0x7f as latin-1), times as Unix seconds.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from math import floor
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from gatewright.aws import canonical
from gatewright.aws.canonical import ALGORITHM, UNSIGNED_PAYLOAD, Fields, Scope, Values
from gatewright.aws.signature_claim import Claim, header_claim, query_claim, text_of
from gatewright.aws.signature_errors import (
    ExpiredToken,
    IncompleteSignature,
    InvalidSignature,
    MissingAuthenticationToken,
    SignatureMismatch,
    UnrecognizedClient,
)

SKEW_SECONDS = 300
EMPTY_PAYLOAD = canonical.payload_hash(b"")

# Left out of what `sign` signs: proxies on the way change them.
_UNSIGNED = {
    b"authorization",
    b"connection",
    b"expect",
    b"te",
    b"transfer-encoding",
    b"user-agent",
    b"x-amzn-trace-id",
}
# Need no place among the signed headers: they are compared with the secret, the string to sign and the body.
_FREE = {"x-amz-security-token", "x-amz-date", "x-amz-content-sha256"}


@dataclass(frozen=True, slots=True)
class Secret:
    """What the gateway knows of an access key."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)  # of temporary keys
    expires: float | None = None


Known = TypeVar("Known", bound=Secret)


class Identity(NamedTuple):
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
    names = _worth_signing(tuple(name for name, _ in fields))
    scope = Scope(date[:8], region, service)
    values = canonical.by_name(fields)
    request = canonical.canonical_request(method, path, query, values, names, payload, service)
    signature = canonical.signature(secret.secret_key, scope, canonical.string_to_sign(date, scope, request))
    authorization = (
        f"{ALGORITHM} Credential={secret.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return [*added, (b"Authorization", authorization.encode("latin-1"))]


@lru_cache(maxsize=1024)
def _worth_signing(names: tuple[bytes, ...]) -> list[str]:
    """An integration sends the same names time after time."""
    return sorted({name.lower().decode("latin-1") for name in names if name.lower() not in _UNSIGNED})


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
        method, path, query, {b"host": host.encode()}, ["host"], payload, service
    )
    text = canonical.string_to_sign(date, scope, request)
    return f"{query}&X-Amz-Signature={canonical.signature(secret.secret_key, scope, text)}"


def claim_of(query: str | None, headers: Fields) -> Claim:
    """What a request says of its signature; nothing of it is proven. Raises as `verify` does."""
    return _claim(query or "", canonical.by_name(headers))


def _claim(query: str, values: Values) -> Claim:
    in_header = b"authorization" in values
    in_query = _may_be_signed(query) and any(
        name == b"X-Amz-Algorithm" for name, _ in canonical.query_pairs(query)
    )
    if in_header and in_query:
        raise IncompleteSignature("Only one of the Authorization header and the query may hold a signature.")
    if in_header:
        return header_claim(values)
    if in_query:
        return query_claim(query)
    raise MissingAuthenticationToken


def _may_be_signed(query: str) -> bool:
    return "X-Amz-Algorithm" in query or "%" in query


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
    """Who signed a request: `authenticate`, when no more is to be known of the signer."""
    identity, _ = authenticate(
        method, path, query, headers, body, lookup, service=service, now=now, region=region
    )
    return identity


def authenticate(
    method: str,
    path: str,
    query: str | None,
    headers: Fields,
    body: bytes | str,
    lookup: Callable[[str], Known | None],
    *,
    service: str,
    now: float,
    region: str | None = None,
) -> tuple[Identity, Known]:
    """Check a request signed in its Authorization header or its query.

    Answers who signed, and what `lookup` knows of the signer.

    `body` is the body or its SHA-256 in hexadecimal; `lookup` finds the secret of an access key; `region` is
    the one the signature must be scoped to, None for any. Raises the errors of `signature_errors`, in the
    order AWS checks.
    """
    values = canonical.by_name(headers)
    claim = _claim(query or "", values)
    _check_signed_headers(claim, values)
    date, seconds = claim.moment()
    _check_time(claim, date, seconds, now)
    if problems := claim.scope_problems(service, region, date):
        raise InvalidSignature(problems)
    scope = claim.scope
    secret = _checked_secret(lookup(claim.access_key), claim, now)
    if claim.expires is not None:
        query = canonical.without_signature(query or "")
    payload = _payload(claim, values, body, service)
    request = canonical.canonical_request(method, path, query, values, claim.signed, payload, service)
    text = canonical.string_to_sign(date, scope, request)
    if not _same(canonical.signature(secret.secret_key, scope, text), claim.signature):
        raise SignatureMismatch(request.decode("latin-1"), text)
    return Identity(secret.access_key, scope.region, scope.service), secret


def _check_signed_headers(claim: Claim, values: Values) -> None:
    if "host" not in claim.signed and ":authority" not in claim.signed:
        raise InvalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    amazons = [name.decode("latin-1") for name in values if name.startswith(b"x-amz-")]
    unsigned = [name for name in amazons if name not in _FREE and name not in claim.signed]
    if unsigned:
        raise InvalidSignature(f"'{min(unsigned)}' must be a 'SignedHeader' in the AWS Authorization.")


def _check_time(claim: Claim, date: str, seconds: float, now: float) -> None:
    allowed = SKEW_SECONDS if claim.expires is None else claim.expires
    if seconds < now - allowed:
        raise InvalidSignature(
            f"Signature expired: {date} is now earlier than {amz_date(now - allowed)} "
            f"({amz_date(now)} - {_span(allowed)})"
        )
    if seconds > now + SKEW_SECONDS:
        raise InvalidSignature(
            f"Signature not yet current: {date} is still later than {amz_date(now + SKEW_SECONDS)} "
            f"({amz_date(now)} + {_span(SKEW_SECONDS)})"
        )


def _span(seconds: int) -> str:
    return f"{seconds} sec." if seconds % 60 else f"{seconds // 60} min."


def _checked_secret(secret: Known | None, claim: Claim, now: float) -> Known:
    if secret is None or not _same_token(secret.session_token, claim.token):
        raise UnrecognizedClient
    if secret.expires is not None and secret.expires <= now:
        raise ExpiredToken
    return secret


def _payload(claim: Claim, values: Values, body: bytes | str, service: str) -> str:
    """What stands for the body in the canonical request: the hash of the body that came.

    S3 lets a caller leave its body unsigned. Elsewhere only an empty body may be, since there is nothing that
    could be changed, and only if the header that says so is signed.
    """
    stated = text_of(values, b"x-amz-content-sha256")
    if service == "s3" and stated in (None, UNSIGNED_PAYLOAD):
        return UNSIGNED_PAYLOAD
    payload = EMPTY_PAYLOAD if not body else body if isinstance(body, str) else canonical.payload_hash(body)
    if stated == UNSIGNED_PAYLOAD and payload == EMPTY_PAYLOAD and "x-amz-content-sha256" in claim.signed:
        return UNSIGNED_PAYLOAD
    return payload


def _same_token(one: str | None, other: str | None) -> bool:
    """An empty token is none."""
    return not (one or other) or _same(one or "", other or "")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def amz_date(seconds: float) -> str:
    return _amz_date(floor(seconds))


@lru_cache(maxsize=16)
def _amz_date(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
