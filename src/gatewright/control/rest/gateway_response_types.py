"""The gateway responses every API has without putting any."""

from __future__ import annotations

from gatewright.catalog.api import Document

DEFAULT_STATUS: dict[str, str | None] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


def built_in(response_type: str) -> Document:
    """A type's own defaults."""
    status = DEFAULT_STATUS[response_type]
    return {
        "responseType": response_type,
        **({"statusCode": status} if status else {}),
        "responseParameters": {},
        "responseTemplates": {"application/json": '{"message":$context.error.messageString}'},
        "defaultResponse": True,
    }


def family(response_type: str) -> str:
    """The type whose customisation answers for one that has none: DEFAULT_4XX or DEFAULT_5XX."""
    status = DEFAULT_STATUS[response_type]
    if status is None:
        return response_type
    return "DEFAULT_4XX" if status.startswith("4") else "DEFAULT_5XX"
