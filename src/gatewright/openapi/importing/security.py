"""Who may call: security schemes as authorizers, and what a method's security says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from gatewright.openapi.importing.definition import Members, Method, Refused
from gatewright.openapi.importing.reading import Reading
from gatewright.openapi.importing.values import mapping, number, optional_text, sequence, text, texts

MOST_AUTHORIZERS = 500  # Amazon's quota is 10

AUTHTYPE = "x-amazon-apigateway-authtype"
AUTHORIZER = "x-amazon-apigateway-authorizer"
AUTH = "x-amazon-apigateway-auth"
OPEN = "NONE"  # the requirement of a method that is open to anybody

_AUTHORIZATION_TYPES = {"COGNITO_USER_POOLS": "COGNITO_USER_POOLS", "JWT": "JWT"}
_TEXTS = (
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
)
_KNOWN = (
    *_TEXTS,
    "type",
    "authorizerResultTtlInSeconds",
    "providerARNs",
    "jwtConfiguration",
    "authorizerPayloadFormatVersion",  # of HTTP APIs, as the next
    "enableSimpleResponses",
)


class Kind(Enum):
    AUTHORIZER = "an authorizer"
    API_KEY = "an API key"
    IAM = "a signature"
    INCOMPLETE = "an authorizer that is not described"
    IGNORED = "nothing that API Gateway checks"


@dataclass(frozen=True, slots=True)
class _Scheme:
    kind: Kind
    authorization_type: str = "CUSTOM"


@dataclass(slots=True)
class Security:
    """The document's schemes. `read` makes an authorizer of each that describes one, used or not."""

    reading: Reading
    schemes: dict[str, _Scheme] = field(default_factory=dict)

    def read(self) -> None:
        section = ("securityDefinitions",) if self.reading.swagger else ("components", "securitySchemes")
        for name, written in self.reading.section(*section).items():
            place = f"/{'/'.join(section)}/{name}"
            scheme = mapping(self.reading.resolved(written, "security scheme"), "security scheme", place)
            self.schemes[name] = self._scheme(name, scheme, place)

    def _scheme(self, name: str, scheme: dict[str, Any], place: str) -> _Scheme:
        self.reading.warn_of_unknown(scheme, (AUTHTYPE, AUTHORIZER), place)
        auth_type = optional_text(scheme.get(AUTHTYPE), AUTHTYPE, place)
        if AUTHORIZER in scheme:
            authorizer = self._authorizer(name, scheme, place)
            self.reading.definition.authorizers.append(authorizer)
            if len(self.reading.definition.authorizers) > MOST_AUTHORIZERS:
                raise Refused(f"The document has more than {MOST_AUTHORIZERS} authorizers.")
            return _Scheme(Kind.AUTHORIZER, _AUTHORIZATION_TYPES.get(authorizer["type"], "CUSTOM"))
        if auth_type is not None and auth_type.lower() == "awssigv4":
            return _Scheme(Kind.IAM)
        if auth_type is not None:
            self.reading.definition.warn(
                f"Unable to create authorizer from security definition: '{name}'. Extension {AUTHORIZER} is "
                f"required. Any methods with security: '{name}' will not be created. If this security "
                f"definition is not a custom authorizer, remove the {AUTHTYPE} extension and it will be "
                "ignored."
            )
            return _Scheme(Kind.INCOMPLETE)
        is_key = scheme.get("type") == "apiKey" and str(scheme.get("name")).lower() == "x-api-key"
        return _Scheme(Kind.API_KEY if is_key else Kind.IGNORED)

    def _authorizer(self, name: str, scheme: dict[str, Any], place: str) -> Members:
        written = mapping(scheme[AUTHORIZER], "authorizer", place)
        for member in written:
            if member not in _KNOWN:
                self.reading.definition.warn(f"Unknown member '{member}' of authorizer '{name}'. Ignoring.")
        kind = text(written.get("type", ""), "authorizer", place).upper()
        authorizer: Members = {"name": name, "type": kind}
        if AUTHTYPE in scheme:
            authorizer["authType"] = text(scheme[AUTHTYPE], AUTHTYPE, place)
        for member in _TEXTS:
            if written.get(member) is not None:
                authorizer[member] = text(written[member], "authorizer", place)
        if written.get("providerARNs") is not None:
            authorizer["providerARNs"] = texts(written["providerARNs"], "authorizer", place)
        ttl = written.get("authorizerResultTtlInSeconds")
        if ttl is not None:
            authorizer["authorizerResultTtlInSeconds"] = number(ttl, "authorizer", place)
        if kind != "REQUEST" and isinstance(scheme.get("name"), str):
            authorizer["identitySource"] = f"method.request.header.{scheme['name']}"
        if kind == "JWT":
            authorizer.update(_jwt(written, authorizer, place))
        return authorizer

    def apply(self, method: Method, operation: dict[str, Any]) -> bool:
        """Set a method's authorization. False: its scheme is incomplete, so that the method must not be made.

        An operation's own list replaces the root's, also an empty one (which is unverified).
        """
        members = method.members
        members["authorizationType"] = "NONE"
        written = operation.get("security")
        if written is None:
            written = self.reading.document.get("security")
        requirements = sequence(written, "security", method.path)
        for requirement in requirements:
            for name, scopes in mapping(requirement, "security", method.path).items():
                if not self._require(method, name, texts(scopes, "security", method.path)):
                    return False
        self._override(method, operation)
        if AUTH not in operation:
            self._warn_if_open(method, requirements)
        return True

    def _require(self, method: Method, name: str, scopes: list[str]) -> bool:
        if self._is_open(name):
            return True
        # A name that no scheme has asks for an authorizer that is not there, which refuses the method.
        scheme = self.schemes.get(name, _Scheme(Kind.AUTHORIZER))
        if scheme.kind is Kind.INCOMPLETE:
            return False
        if scheme.kind is Kind.API_KEY:
            method.members["apiKeyRequired"] = True
        if method.members["authorizationType"] == "NONE":
            if scheme.kind is Kind.IAM:
                method.members["authorizationType"] = "AWS_IAM"
            if scheme.kind is Kind.AUTHORIZER:
                method.members["authorizationType"] = scheme.authorization_type
                method.authorizer = name
                if scopes:
                    method.members["authorizationScopes"] = scopes
        return True

    def _is_open(self, name: str) -> bool:
        """Whether a requirement lets anybody in: SAM writes `NONE`, which no scheme is, for such methods."""
        return name == OPEN and name not in self.schemes

    def _override(self, method: Method, operation: dict[str, Any]) -> None:
        """`x-amazon-apigateway-auth` counts for more than `security` (unverified)."""
        auth = mapping(operation.get(AUTH), AUTH, method.path)
        if auth.get("type") is None:
            return
        method.members["authorizationType"] = text(auth["type"], AUTH, method.path).upper()
        if method.members["authorizationType"] in ("NONE", "AWS_IAM"):
            method.authorizer = None
            method.members.pop("authorizationScopes", None)

    def _warn_if_open(self, method: Method, requirements: list[Any]) -> None:
        """A scheme without an authorizer is ignored by Amazon in silence, which leaves the method open."""
        if method.members.get("apiKeyRequired") or method.members["authorizationType"] != "NONE":
            return
        if requirements and all(requirements):  # an empty one allows anybody on purpose
            named = [name for requirement in requirements for name in requirement if not self._is_open(name)]
            if not named:
                return
            names = ", ".join(f"'{name}'" for name in named)
            self.reading.definition.warn(
                f"Security {names} of resource '{method.path}' and method '{method.verb}' has no authorizer: "
                "anybody may call it."
            )


def _jwt(written: dict[str, Any], authorizer: Members, place: str) -> Members:
    """The configuration of a REST API's JWT authorizer; an HTTP API's, of one issuer, is taken too."""
    configuration = mapping(written.get("jwtConfiguration"), "authorizer", place)
    source = authorizer.get("identitySource", "").replace("$request.header.", "method.request.header.")
    members: Members = {"identitySource": source} if source else {}
    if "issuer" in configuration:
        issuer = {
            "issuer": text(configuration["issuer"], "authorizer", place),
            "audiences": texts(configuration.get("audience"), "authorizer", place),
        }
        members["jwtConfiguration"] = {"issuers": [issuer], "defaultAlgorithms": ["RS256"]}
    elif configuration:
        members["jwtConfiguration"] = configuration
    return members
