"""What requests without a route are told."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest

from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.missing_token import unmatched

MakeExchange = Callable[..., Exchange]

NEED = "Authorization header requires '{}' parameter."
NEED_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


def hashed(value: str) -> str:
    return base64.b64encode(hashlib.sha256(value.encode()).digest()).decode()


def test_without_authorization_a_token_is_missing(exchange: MakeExchange) -> None:
    error = unmatched(exchange("/dev/nope"))
    assert (error.status, error.message) == (403, "Missing Authentication Token")
    assert error.type.error_type == "MissingAuthenticationTokenException"
    assert error.reason == "No method serves GET /nope"
    assert not error.traced


@pytest.mark.parametrize("value", ["Bearer t", "Basic dXNlcjpwYXNz", "t", ""])
def test_what_is_no_pair_is_hashed(exchange: MakeExchange, value: str) -> None:
    error = unmatched(exchange(headers=[("Authorization", value)]))
    assert error.type.error_type == "IncompleteSignatureException"
    assert (error.status, error.message) == (
        403,
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        f"(hashed with SHA-256 and encoded with Base64): '{hashed(value)}'.",
    )


@pytest.mark.parametrize(
    ("value", "dated", "lacking"),
    [
        (
            "Basic dXNlcg==",
            False,
            [*map(NEED.format, ("Credential", "Signature", "SignedHeaders")), NEED_DATE],
        ),
        ("Basic dXNlcg==", True, [*map(NEED.format, ("Credential", "Signature", "SignedHeaders"))]),
        ("AWS4-HMAC-SHA256 Credential=a, Signature=b", True, [NEED.format("SignedHeaders")]),
        ("AWS4-HMAC-SHA256 Credential=a, Signature=b, SignedHeaders=c", False, [NEED_DATE]),
    ],
)
def test_what_a_signature_lacks_is_listed(
    exchange: MakeExchange, value: str, dated: bool, lacking: list[str]
) -> None:
    headers = [("Authorization", value), *([("X-Amz-Date", "20240801T100000Z")] if dated else [])]
    message = unmatched(exchange(headers=headers)).message
    assert message == " ".join(
        (*lacking, f"(Hashed with SHA-256 and encoded with Base64) Authorization={hashed(value)}")
    )


def test_a_whole_signature_meets_a_missing_token(exchange: MakeExchange) -> None:
    signature = "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b"
    error = unmatched(exchange(headers=[("Authorization", signature), ("Date", "x")]))
    assert error.message == "Missing Authentication Token"
