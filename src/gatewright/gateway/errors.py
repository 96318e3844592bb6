"""The gateway's own refusals: which gateway response answers, with what message, and why for the owner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResponseType:
    """One of API Gateway's gateway response types, with what the wire shows when it is not customised.

    `spaced` tells errors raised inside the method's pipeline (`{"message": "…"}`) from those of the front end
    (`{"message":"…"}`), as recorded from the real service.
    """

    name: str
    status: int
    error_type: str
    spaced: bool = True


ACCESS_DENIED = ResponseType("ACCESS_DENIED", 403, "AccessDeniedException", spaced=False)
API_CONFIGURATION_ERROR = ResponseType("API_CONFIGURATION_ERROR", 500, "InternalServerErrorException")
AUTHORIZER_CONFIGURATION_ERROR = ResponseType(
    "AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException", spaced=False
)
BAD_REQUEST_BODY = ResponseType("BAD_REQUEST_BODY", 400, "BadRequestException")
BAD_REQUEST_PARAMETERS = ResponseType("BAD_REQUEST_PARAMETERS", 400, "BadRequestException")
DEFAULT_4XX = ResponseType("DEFAULT_4XX", 400, "BadRequestException")
DEFAULT_5XX = ResponseType("DEFAULT_5XX", 500, "InternalServerErrorException")
INTEGRATION_FAILURE = ResponseType("INTEGRATION_FAILURE", 504, "InternalServerErrorException")
INTEGRATION_TIMEOUT = ResponseType("INTEGRATION_TIMEOUT", 504, "InternalServerErrorException")
EXPIRED_TOKEN = ResponseType("EXPIRED_TOKEN", 403, "ExpiredTokenException", spaced=False)
INVALID_API_KEY = ResponseType("INVALID_API_KEY", 403, "ForbiddenException", spaced=False)
INVALID_SIGNATURE = ResponseType("INVALID_SIGNATURE", 403, "IncompleteSignatureException", spaced=False)
MISSING_AUTHENTICATION_TOKEN = ResponseType(
    "MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", spaced=False
)
QUOTA_EXCEEDED = ResponseType("QUOTA_EXCEEDED", 429, "LimitExceededException", spaced=False)
REQUEST_TOO_LARGE = ResponseType("REQUEST_TOO_LARGE", 413, "RequestTooLargeException", spaced=False)
THROTTLED = ResponseType("THROTTLED", 429, "TooManyRequestsException", spaced=False)
UNAUTHORIZED = ResponseType("UNAUTHORIZED", 401, "UnauthorizedException", spaced=False)
UNSUPPORTED_MEDIA_TYPE = ResponseType("UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException")

INTERNAL = "Internal server error"


class GatewayError(Exception):
    """Ends the exchange with a gateway response.

    `message` is what the client may read. `reason` is the line of the execution log, in the service's words;
    `detail` is what Gatewright knows beyond it. Both are for the owner and never leave the machine. `status`
    departs from the type's default where the real service does (a malformed Lambda answer is a DEFAULT_5XX
    sent as 502).
    """

    def __init__(
        self,
        response_type: ResponseType,
        message: str | None,
        *,
        reason: str,
        detail: str = "",
        status: int | None = None,
        validation: str | None = None,
        error_type: str | None = None,
        traced: bool = False,
    ) -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.type = response_type
        self.error_type = error_type or response_type.error_type  # the answer's x-amzn-ErrorType
        self.message = message  # None shows as null
        self.reason = reason
        self.detail = detail
        self.status = status or response_type.status
        self.validation = validation  # $context.error.validationErrorString
        self.traced = traced  # the answer carries X-Amzn-Trace-Id


def configuration_error(cause: str, *, detail: str = "", traced: bool = True) -> GatewayError:
    """500 `Internal server error` for what the API's owner must mend; why goes to the log only."""
    reason = f"Execution failed due to configuration error: {cause}"
    return GatewayError(API_CONFIGURATION_ERROR, INTERNAL, reason=reason, detail=detail, traced=traced)


def forget_frames(error: BaseException | None) -> None:
    """Let go of the frames that an error, and those it came from, were raised in. They hold the exchange,
    which holds the error: in such a ring the request's body would stay until the collector runs, seldom."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class CannotCompile(Exception):
    """A deployment that cannot become a plan that does what it says."""

    def __init__(self, resource_path: str, http_method: str, reason: str) -> None:
        where = " ".join(part for part in (http_method, resource_path) if part)
        super().__init__(f"{where}: {reason}" if where else reason)
        self.resource_path = resource_path
        self.http_method = http_method
        self.reason = reason
