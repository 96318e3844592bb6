"""What the real services were recorded to do and their models do not say."""

from __future__ import annotations

# The order in which a validation error prints an enum's values, by the shape's name.
ENUM_ORDERS: dict[str, tuple[str, ...]] = {
    "Op": ("add", "remove", "move", "test", "replace", "copy"),
    "EndpointType": ("PRIVATE", "EDGE", "REGIONAL"),
    "IpAddressType": ("ipv4", "dualstack"),
    "IntegrationType": ("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"),
    "DocumentationPartType": (
        "RESPONSE_BODY",
        "RESPONSE",
        "METHOD",
        "MODEL",
        "AUTHORIZER",
        "RESPONSE_HEADER",
        "RESOURCE",
        "PATH_PARAMETER",
        "REQUEST_BODY",
        "QUERY_PARAMETER",
        "API",
        "REQUEST_HEADER",
    ),
    "GatewayResponseType": (
        "REQUEST_TOO_LARGE",
        "RESOURCE_NOT_FOUND",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "MISSING_AUTHENTICATION_TOKEN",
        "BAD_REQUEST_BODY",
        "INVALID_SIGNATURE",
        "INVALID_API_KEY",
        "BAD_REQUEST_PARAMETERS",
        "AUTHORIZER_FAILURE",
        "UNAUTHORIZED",
        "INTEGRATION_TIMEOUT",
        "ACCESS_DENIED",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "WAF_FILTERED",
        "QUOTA_EXCEEDED",
        "THROTTLED",
        "API_CONFIGURATION_ERROR",
        "UNSUPPORTED_MEDIA_TYPE",
        "INTEGRATION_FAILURE",
        "EXPIRED_TOKEN",
    ),
}

# Enums the operation itself judges: Lambda answers InvalidParameterValueException for an unknown runtime.
JUDGED_BY_OPERATION = frozenset({("lambda", "Runtime")})
