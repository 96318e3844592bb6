"""A whole document: what stands at its root, and everything below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.openapi.importing.base_path import prefix_of
from gatewright.openapi.importing.definition import Definition, Members, Options
from gatewright.openapi.importing.documentation import DOCUMENTATION, documentation_parts
from gatewright.openapi.importing.operations import VALIDATOR, Operations
from gatewright.openapi.importing.reading import PREFIX, Reading
from gatewright.openapi.importing.schemas import Schemas
from gatewright.openapi.importing.security import Security
from gatewright.openapi.importing.values import boolean, mapping, number, optional_text, sequence, text, texts
from gatewright.openapi.importing.version import version_of

CORS = f"{PREFIX}cors"
ENDPOINT = f"{PREFIX}endpoint-configuration"
GATEWAY_RESPONSES = f"{PREFIX}gateway-responses"
POLICY = f"{PREFIX}policy"
VALIDATORS = f"{PREFIX}request-validators"

# Members of the API itself, each with what makes it of the extension's value.
_SETTINGS: dict[str, tuple[str, Callable[[Any, str, str], Any]]] = {
    f"{PREFIX}api-key-source": ("apiKeySource", lambda value, *of: text(value, *of).upper()),
    f"{PREFIX}binary-media-types": ("binaryMediaTypes", texts),
    f"{PREFIX}minimum-compression-size": ("minimumCompressionSize", number),
    f"{PREFIX}security-policy": ("securityPolicy", text),
    f"{PREFIX}endpoint-access-mode": ("endpointAccessMode", text),
    POLICY: ("policy", lambda value, *of: value if isinstance(value, str) else mapping(value, *of)),
}
_KNOWN = (
    *_SETTINGS,
    CORS,
    DOCUMENTATION,
    ENDPOINT,
    GATEWAY_RESPONSES,
    VALIDATOR,
    VALIDATORS,
    f"{PREFIX}importexport-version",  # of HTTP APIs
)


def define(document: dict[str, Any], options: Options) -> Definition:
    """What a document defines for the API `options.api`. Raises Refused for what is refused as a whole."""
    definition = Definition()
    version = version_of(document, definition, strict=options.strict)
    reading = Reading(document, version, options, definition)
    _read_info(reading)
    _read_root(reading)
    schemas = Schemas(reading)
    security = Security(reading)
    security.read()
    Operations(reading, schemas, security).read(prefix_of(document, version, options.base_path))
    definition.models = schemas.models
    if options.documentation:
        definition.documentation_parts = documentation_parts(document)
    return definition


def _read_info(reading: Reading) -> None:
    info = reading.section("info")
    definition = reading.definition
    definition.name = optional_text(info.get("title"), "info", "/")
    definition.description = optional_text(info.get("description"), "info", "/")
    definition.version = optional_text(info.get("version"), "info", "/")


def _read_root(reading: Reading) -> None:
    document, definition = reading.document, reading.definition
    reading.warn_of_unknown(document, _KNOWN, "the root")
    if CORS in document:
        definition.warn(f"Extension '{CORS}' applies to HTTP APIs only. Ignoring.")
    for name, (member, read) in _SETTINGS.items():
        if document.get(name) is not None:
            definition.settings[member] = read(document[name], name, "/")
    definition.endpoint = _endpoint(reading)
    definition.validators = [
        _validator(name, mapping(validator, VALIDATORS, "/"))
        for name, validator in reading.section(VALIDATORS).items()
    ]
    definition.gateway_responses = [
        _gateway_response(name, mapping(response, GATEWAY_RESPONSES, "/"))
        for name, response in reading.section(GATEWAY_RESPONSES).items()
    ]


def _endpoint(reading: Reading) -> Members:
    """Swagger has it at the root, OpenAPI 3 in a server; at the root it counts for both (unverified)."""
    written = mapping(reading.document.get(ENDPOINT), ENDPOINT, "/")
    for server in sequence(reading.document.get("servers"), "servers", "/"):
        written = {**written, **mapping(mapping(server, "server", "/").get(ENDPOINT), ENDPOINT, "/")}
    made: Members = {}
    if written.get("vpcEndpointIds") is not None:
        made["vpcEndpointIds"] = texts(written["vpcEndpointIds"], ENDPOINT, "/")
    if written.get("disableExecuteApiEndpoint") is not None:
        made["disableExecuteApiEndpoint"] = boolean(written["disableExecuteApiEndpoint"])
    if written.get("ipAddressType") is not None:
        made["ipAddressType"] = text(written["ipAddressType"], ENDPOINT, "/")
    return made


def _validator(name: str, written: dict[str, Any]) -> Members:
    flags = ("validateRequestBody", "validateRequestParameters")
    return {"name": name, **{flag: boolean(written.get(flag)) for flag in flags}}


def _gateway_response(name: str, written: dict[str, Any]) -> Members:
    made: Members = {"responseType": name}
    if written.get("statusCode") is not None:
        made["statusCode"] = text(written["statusCode"], GATEWAY_RESPONSES, "/")
    for member in ("responseParameters", "responseTemplates"):
        if written.get(member) is not None:
            made[member] = {
                key: optional_text(value, GATEWAY_RESPONSES, "/")
                for key, value in mapping(written[member], GATEWAY_RESPONSES, "/").items()
            }
    return made
