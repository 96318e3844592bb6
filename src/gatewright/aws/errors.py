"""AWS's error shape: a code, an HTTP status, a message, sometimes more members."""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An error a management client sees: `x-amzn-ErrorType: {code}` and `{"message": …}`."""

    code = "InternalFailure"
    status = 500

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None, **members: Any):
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.members = members  # further members of the error shape, such as Lambda's `Type`


class BadRequest(AwsError):
    code, status = "BadRequestException", 400


class ValidationFailed(AwsError):
    code, status = "ValidationException", 400


class SerializationFailed(AwsError):
    code, status = "SerializationException", 400


class NotFound(AwsError):
    code, status = "NotFoundException", 404


class Conflict(AwsError):
    code, status = "ConflictException", 409


class AccessDenied(AwsError):
    code, status = "AccessDeniedException", 403


class TooManyRequests(AwsError):
    code, status = "TooManyRequestsException", 429


class ServiceUnavailable(AwsError):
    code, status = "ServiceUnavailableException", 503
