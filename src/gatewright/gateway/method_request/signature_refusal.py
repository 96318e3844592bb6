"""How a request is refused whose signature cannot be accepted."""

from __future__ import annotations

from gatewright.aws.errors import AwsError
from gatewright.aws.signature_errors import ExpiredToken, MissingAuthenticationToken, SignatureMismatch
from gatewright.gateway.errors import (
    EXPIRED_TOKEN,
    INVALID_SIGNATURE,
    MISSING_AUTHENTICATION_TOKEN,
    GatewayError,
)

_TYPES = {
    ExpiredToken: EXPIRED_TOKEN,
    MissingAuthenticationToken: MISSING_AUTHENTICATION_TOKEN,
}


def refused_signature(error: AwsError, reason: str | None = None) -> GatewayError:
    """403 with the words of `error`, one of `aws.signature_errors`.

    What should have been signed is shown to the caller only: it repeats headers that may be secrets.
    """
    message = error.message_of_rest_apis if isinstance(error, SignatureMismatch) else error.message
    return GatewayError(
        _TYPES.get(type(error), INVALID_SIGNATURE),
        message,
        reason=reason or error.message,
        error_type=error.code,
    )
