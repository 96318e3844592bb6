"""Security schemes, and which of them an operation asks for.

The schemes of API keys and of signatures are named `api_key` and `sigv4`, unless an authorizer has that name.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from gatewright.openapi.exporting.extensions import Extensions
from gatewright.openapi.exporting.source import Document, Operation, Source, operations, without_empty

AUTHORIZER = "x-amazon-apigateway-authorizer"
AUTH_TYPE = "x-amazon-apigateway-authtype"
_HEADER = "method.request.header."
_UNNAMED = "Unused"  # the header of an authorizer whose sources are several, or none


@dataclass(frozen=True, slots=True)
class Security:
    """`schemes` by name; `names` of the API's authorizers by id."""

    schemes: Document
    names: dict[str, str]
    api_key: str
    signature: str

    def of(self, operation: Operation) -> list[Document]:
        """The operation's `security`; empty when anybody may call it."""
        method = operation.method
        entries: list[Document] = []
        if method["authorizationType"] == "AWS_IAM":
            entries.append({self.signature: []})
        elif "authorizerId" in method:
            scopes = method.get("authorizationScopes", [])
            entries.append({self.names[method["authorizerId"]]: scopes})
        if method["apiKeyRequired"]:
            entries.append({self.api_key: []})
        return entries


def security(source: Source, extensions: Extensions) -> Security:
    authorizers = sorted(source.snapshot["authorizers"], key=itemgetter("name"))
    taken = {authorizer["name"] for authorizer in authorizers}
    api_key, signature = _free("api_key", taken), _free("sigv4", taken)
    methods = [operation.method for operation in operations(source)]
    schemes: Document = {}
    for authorizer in authorizers:
        scheme = _authorizer_scheme(authorizer, extensions)
        schemes[authorizer["name"]] = scheme | source.documentation.of("AUTHORIZER", authorizer["name"])
    if any(method["authorizationType"] == "AWS_IAM" for method in methods):
        schemes[signature] = {"type": "apiKey", "name": "Authorization", "in": "header"}
        if extensions.authorizers:
            schemes[signature][AUTH_TYPE] = "awsSigv4"
    if any(method["apiKeyRequired"] for method in methods):
        schemes[api_key] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    return Security(schemes, {one["id"]: one["name"] for one in authorizers}, api_key, signature)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _authorizer_scheme(authorizer: Document, extensions: Extensions) -> Document:
    scheme: Document = {"type": "apiKey", "name": _header(authorizer), "in": "header"}
    if extensions.authorizers:
        if "authType" in authorizer:
            scheme[AUTH_TYPE] = authorizer["authType"]
        scheme[AUTHORIZER] = _extension(authorizer)
    return scheme


def _header(authorizer: Document) -> str:
    """The one header that identifies the caller."""
    source = authorizer.get("identitySource", "")
    is_header = source.startswith(_HEADER) and "," not in source
    return source.removeprefix(_HEADER) if is_header else _UNNAMED


def _extension(authorizer: Document) -> Document:
    """Token and user pool authorizers tell their header as the scheme's name."""
    named = authorizer["type"] in ("TOKEN", "COGNITO_USER_POOLS") and _header(authorizer) != _UNNAMED
    return without_empty(
        {
            "authorizerUri": authorizer.get("authorizerUri"),
            "authorizerCredentials": authorizer.get("authorizerCredentials"),
            "identitySource": None if named else authorizer.get("identitySource"),
            "providerARNs": authorizer.get("providerARNs"),
            "jwtConfiguration": authorizer.get("jwtConfiguration"),
            "identityValidationExpression": authorizer.get("identityValidationExpression"),
            "authorizerResultTtlInSeconds": authorizer.get("authorizerResultTtlInSeconds"),
            "type": authorizer["type"].lower(),
        }
    )
