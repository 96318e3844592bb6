"""What a request without a route is told: it reads as an unsigned or badly signed call, as on AWS."""

from __future__ import annotations

import base64
import hashlib

from gatewright.gateway.errors import INVALID_SIGNATURE, MISSING_AUTHENTICATION_TOKEN, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.wire.types import Headers

_SIGNATURE_PARTS = (b"Credential", b"Signature", b"SignedHeaders")


def unmatched(exchange: Exchange) -> GatewayError:
    """The refusal of a request that no method of the stage serves."""
    headers = exchange.request.headers
    authorization = headers.get(b"authorization")
    reason = f"No method serves {exchange.verb} {exchange.path}"
    message = None if authorization is None else _incomplete(authorization, headers)
    if message is None:
        return GatewayError(MISSING_AUTHENTICATION_TOKEN, "Missing Authentication Token", reason=reason)
    return GatewayError(INVALID_SIGNATURE, message, reason=reason)


def _incomplete(authorization: bytes, headers: Headers) -> str | None:
    """What an Authorization header lacks to be a Signature Version 4; None when nothing."""
    pairs = authorization.partition(b" ")[2].split(b",")
    if not all(b"=" in pair for pair in pairs):
        return (
            "Invalid key=value pair (missing equal-sign) in Authorization header "
            f"(hashed with SHA-256 and encoded with Base64): '{_hashed(authorization)}'."
        )
    present = {pair.partition(b"=")[0].strip() for pair in pairs}
    lacking = [
        f"Authorization header requires '{part.decode()}' parameter."
        for part in _SIGNATURE_PARTS
        if part not in present
    ]
    if b"x-amz-date" not in headers and b"date" not in headers:
        lacking.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if not lacking:
        return None
    hashed = f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}"
    return " ".join((*lacking, hashed))


def _hashed(authorization: bytes) -> str:
    return base64.b64encode(hashlib.sha256(authorization).digest()).decode()
