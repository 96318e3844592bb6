"""The extensions at a document's root: what is true of the whole API."""

from __future__ import annotations

import orjson

from gatewright.openapi.exporting.documentation import Documentation, properties
from gatewright.openapi.exporting.extensions import Extensions
from gatewright.openapi.exporting.source import Document, Source, iso, without_empty

PREFIX = "x-amazon-apigateway-"
_DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


def root_extensions(source: Source, extensions: Extensions) -> Document:
    api = source.rest_api
    found: Document = {}
    if extensions.documentation:
        found["documentation"] = _documentation(source.documentation)
    if extensions.everything:
        found |= {
            "gateway-responses": _gateway_responses(source.snapshot["gatewayResponses"]),
            "request-validators": _request_validators(source),
            "policy": orjson.loads(api["policy"]) if "policy" in api else None,
            "api-key-source": None if api["apiKeySource"] == "HEADER" else api["apiKeySource"],
        }
    if extensions.integrations:
        found["binary-media-types"] = api.get("binaryMediaTypes")
    if extensions.everything:
        found |= {
            "minimum-compression-size": api.get("minimumCompressionSize"),
            "security-policy": api.get("securityPolicy"),
            "endpoint-access-mode": api.get("endpointAccessMode"),
        }
    return without_empty({f"{PREFIX}{name}": value for name, value in found.items()})


def endpoint_configuration(source: Source, extensions: Extensions) -> Document:
    """What of the endpoint's settings is exported; its type never is."""
    if not extensions.everything:
        return {}
    endpoints = source.rest_api["endpointConfiguration"].get("vpcEndpointIds")
    told = without_empty(
        {"disableExecuteApiEndpoint": source.endpoint_disabled or None, "vpcEndpointIds": endpoints}
    )
    return without_empty({f"{PREFIX}endpoint-configuration": told})


def validator_names(source: Source) -> dict[str, str]:
    """The API's request validators by id: one without a name, or with another's, is called by its id."""
    names: dict[str, str] = {}
    for validator in sorted(source.snapshot["requestValidators"], key=_name_and_id):
        name = validator.get("name")
        names[validator["id"]] = validator["id"] if not name or name in names.values() else name
    return names


def _request_validators(source: Source) -> Document:
    validators = {validator["id"]: validator for validator in source.snapshot["requestValidators"]}
    return {
        name: {
            "validateRequestParameters": validators[validator_id]["validateRequestParameters"],
            "validateRequestBody": validators[validator_id]["validateRequestBody"],
        }
        for validator_id, name in validator_names(source).items()
    }


def _name_and_id(validator: Document) -> tuple[str, str]:
    return validator.get("name", ""), validator["id"]


def _gateway_responses(responses: list[Document]) -> Document:
    return {response["responseType"]: _gateway_response(response) for response in responses}


def _gateway_response(response: Document) -> Document:
    """The two families tell only what was changed, all other types all three parts."""
    status, templates = response.get("statusCode"), response["responseTemplates"]
    told: Document = {}
    if status:
        told["statusCode"] = int(status)
    told["responseParameters"] = response["responseParameters"]
    told["responseTemplates"] = templates
    if response["responseType"].startswith("DEFAULT_"):
        if not told["responseParameters"]:
            del told["responseParameters"]
        if templates == _DEFAULT_TEMPLATES:
            del told["responseTemplates"]
    return told


def _documentation(documentation: Documentation) -> Document | None:
    if documentation.version is None:
        return None
    return {
        "version": documentation.version,
        "createdDate": iso(documentation.created),
        "documentationParts": [
            {"location": part["location"], "properties": properties(part)}
            for part in sorted(documentation.parts, key=lambda part: list(part["location"].values()))
        ],
    }
