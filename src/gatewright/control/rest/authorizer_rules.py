"""What an authorizer of each type must say, and may."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.rest.integration_uri import check_credentials
from gatewright.control.rest.jwt_configuration import check_jwt_configuration
from gatewright.control.rest.mapping_expressions import NULL
from gatewright.gateway.integration_response import compile_pattern

TYPES = ("TOKEN", "REQUEST", "COGNITO_USER_POOLS", "JWT")
LAMBDA_TYPES = ("TOKEN", "REQUEST")
DEFAULT_TTL_SECONDS = 300
LONGEST_TTL_SECONDS = 3600

_NAME = r"[a-zA-Z0-9._$-]+"
_HEADER = re.compile(rf"method\.request\.header\.{_NAME}")
_SOURCE = re.compile(rf"(?:method\.request\.(?:header|querystring)|stageVariables|context)\.{_NAME}")
_FUNCTION = r"(?:arn:[^:]+:lambda:[!-~]+|[!-~]*\$\{stageVariables\.[^{}]+\}[!-~]*)"
_URI = re.compile(
    rf"arn:[^:\s]+:apigateway:[^:\s]+:lambda:path//?2015-03-31/functions/{_FUNCTION}/invocations"
)
_POOL = r"(?:[\w-]|\$\{stageVariables\.\w+\})+"
_USER_POOL = re.compile(rf"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{{12}}:userpool/{_POOL}", re.ASCII)
_NOT_FOR_JWT = (
    "authorizerUri",
    "authorizerCredentials",
    "authorizerResultTtlInSeconds",
    "identityValidationExpression",
    "providerARNs",
)


def default_auth_type(kind: str) -> str | None:
    """`authType` where the caller gave none."""
    return {"TOKEN": "custom", "REQUEST": "custom", "COGNITO_USER_POOLS": "cognito_user_pools"}.get(kind)


def check_authorizer(authorizer: Document) -> None:
    """Refuse an authorizer that could not be enforced, as it stands after a create or a whole patch list."""
    kind = authorizer["type"]
    check_ttl(authorizer.get("authorizerResultTtlInSeconds", DEFAULT_TTL_SECONDS))
    if kind in LAMBDA_TYPES:
        _check_function(authorizer)
    if kind == "COGNITO_USER_POOLS":
        _check_user_pools(authorizer.get("providerARNs"))
    if kind == "JWT":
        _check_jwt(authorizer)
    elif "jwtConfiguration" in authorizer:
        raise BadRequest(f"JwtConfiguration is not supported for {kind} authorizers")
    _check_identity_source(authorizer)
    _check_expression(authorizer.get("identityValidationExpression"))


def check_ttl(seconds: int) -> None:
    if not 0 <= seconds <= LONGEST_TTL_SECONDS:
        raise BadRequest(
            "Authorizer result TTL outside allowable range. "
            f"TTL must be between 0 and {LONGEST_TTL_SECONDS} seconds."
        )


def _check_function(authorizer: Document) -> None:
    uri = authorizer.get("authorizerUri")
    if not uri or not _URI.fullmatch(uri):
        raise BadRequest(
            f"Invalid Authorizer URI: {uri or NULL}. Authorizer URI should be a valid API Gateway ARN that "
            "represents a Lambda function invocation."
        )
    check_credentials(authorizer.get("authorizerCredentials"))


def _check_user_pools(arns: list[str] | None) -> None:
    if not arns:
        raise BadRequest("ProviderARNs cannot be empty")
    for arn in arns:
        if not arn or not _USER_POOL.fullmatch(arn):
            raise BadRequest(
                f"Invalid ARN specified in the request: {arn or NULL}. A provider is a Cognito user pool: "
                "arn:aws:cognito-idp:{region}:{account}:userpool/{pool}"
            )


def _check_jwt(authorizer: Document) -> None:
    for member in _NOT_FOR_JWT:
        if member in authorizer:
            raise BadRequest(f"{member[0].upper()}{member[1:]} is not supported for JWT authorizers")
    check_jwt_configuration(authorizer.get("jwtConfiguration"))


def _check_identity_source(authorizer: Document) -> None:
    """One header for a token; any number of parts for a request, none only when nothing is cached."""
    source = authorizer.get("identitySource")
    if authorizer["type"] != "REQUEST":
        if not source:
            raise BadRequest("IdentitySource cannot be empty")
        _check_part(_HEADER, source)
    elif source:
        for part in source.split(","):
            _check_part(_SOURCE, part.strip())
    elif authorizer.get("authorizerResultTtlInSeconds", DEFAULT_TTL_SECONDS):
        raise BadRequest(
            "Identity source must be set if authorizer caching is enabled (TTL is greater than 0)"
        )


def _check_part(form: re.Pattern[str], part: str) -> None:
    if not form.fullmatch(part):
        raise BadRequest(f"Invalid request identity source expression: {part}")


def _check_expression(expression: str | None) -> None:
    try:
        compile_pattern(expression)
    except ValueError:
        raise BadRequest("Invalid regex pattern specified") from None
