"""How AWS refuses a request whose signature it cannot accept. All are 403."""

from __future__ import annotations

import base64
import hashlib

from gatewright.aws.errors import AwsError


class MissingAuthenticationToken(AwsError):
    code, status = "MissingAuthenticationTokenException", 403

    def __init__(self) -> None:
        super().__init__("Missing Authentication Token")


class IncompleteSignature(AwsError):
    """The parts of the signature cannot be read, or some are missing."""

    code, status = "IncompleteSignatureException", 403


class InvalidSignature(AwsError):
    """The signature can be read and is not good for this request, here and now."""

    code, status = "InvalidSignatureException", 403


class SignatureMismatch(InvalidSignature):
    """The signature is not the one this request has under the caller's key.

    `canonical_request` and `string_to_sign` are what should have been signed: REST APIs show them.
    """

    def __init__(self, canonical_request: str, string_to_sign: str) -> None:
        super().__init__(
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details."
        )
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign

    @property
    def message_of_rest_apis(self) -> str:
        return (
            f"{self.message}\n\nThe Canonical String for this request should have been\n"
            f"'{self.canonical_request}'\n\nThe String-to-Sign should have been\n'{self.string_to_sign}'\n"
        )


class UnrecognizedClient(AwsError):
    """The access key is not known, or its session token is not the one it was issued with."""

    code, status = "UnrecognizedClientException", 403

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class ExpiredToken(AwsError):
    code, status = "ExpiredTokenException", 403

    def __init__(self) -> None:
        super().__init__("The security token included in the request is expired")


def hashed(value: str) -> str:
    """How AWS quotes an Authorization header without repeating what may be a secret."""
    return base64.b64encode(hashlib.sha256(value.encode("latin-1")).digest()).decode()
