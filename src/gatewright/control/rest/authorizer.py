"""Authorizer: who decides whether a request may pass: a function, a user pool, an issuer of tokens."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, Rule, drop, text
from gatewright.control.rest.authorizer_rules import TYPES, check_authorizer, check_ttl, default_auth_type
from gatewright.control.rest.common import page, require_api, require_authorizer
from gatewright.control.rest.jwt_configuration import jwt_configuration
from gatewright.control.rest.patch_rules import listed, replaced, texts

_WHEN_GIVEN = (
    "providerARNs",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
)


def create_authorizer(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    if call.tx.get(keys.rest_api(api)) is None:
        raise Conflict("Unable to complete operation due to concurrent modification. Please try again later.")
    authorizer: Document = {
        "id": call.services.new_id(6),
        "name": params["name"],
        "type": params["type"],
        **{member: params[member] for member in _WHEN_GIVEN if params.get(member)},
    }
    if auth_type := params.get("authType") or default_auth_type(params["type"]):
        authorizer["authType"] = auth_type
    if params.get("authorizerResultTtlInSeconds") is not None:
        authorizer["authorizerResultTtlInSeconds"] = params["authorizerResultTtlInSeconds"]
    if params.get("jwtConfiguration"):
        authorizer["jwtConfiguration"] = jwt_configuration(params["jwtConfiguration"])
    return _save(call, api, authorizer)


def get_authorizer(call: Call, params: Params) -> Document:
    return require_authorizer(call, params["restApiId"], params["authorizerId"])


def get_authorizers(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return page(call.tx.list(keys.below("authorizer", api)), params)


def update_authorizer(call: Call, params: Params) -> Document:
    authorizer = get_authorizer(call, params)
    patch.apply(authorizer, params, _RULES)
    return _save(call, params["restApiId"], authorizer)


def delete_authorizer(call: Call, params: Params) -> None:
    api, authorizer = params["restApiId"], get_authorizer(call, params)
    place = next(_places(call, api, authorizer["id"]), None)
    if place is not None:
        raise Conflict(f"Cannot delete authorizer '{authorizer['name']}', is referenced in method: {place}")
    call.tx.delete(keys.authorizer(api, authorizer["id"]))


def _save(call: Call, api: str, authorizer: Document) -> Document:
    if not authorizer["name"]:
        raise BadRequest("Authorizer name cannot be empty")
    check_authorizer(authorizer)
    for _, other in call.tx.list(keys.below("authorizer", api)):
        if other["name"] == authorizer["name"] and other["id"] != authorizer["id"]:
            raise Conflict(
                f"Authorizer name must be unique. Authorizer {authorizer['name']} already exists in this "
                "RestApi."
            )
    call.tx.put(keys.authorizer(api, authorizer["id"]), authorizer)
    return authorizer


def _places(call: Call, api: str, authorizer: str) -> Iterator[str]:
    """The methods that name the authorizer, as the refusal to delete it prints them."""
    for key, method in call.tx.list(keys.below("method", api)):
        if method.get("authorizerId") == authorizer:
            resource = call.tx.get(keys.resource(api, key.split("/")[2])) or {}
            yield f"{resource.get('path')}/{method['httpMethod']}"


def _change_name(authorizer: Document, operation: Patch) -> None:
    authorizer["name"] = operation.value or ""


def _change_type(authorizer: Document, operation: Patch) -> None:
    """An `authType` that nobody chose goes with the type."""
    if operation.value not in TYPES:
        raise BadRequest(f"Invalid authorizer type specified. Valid options are {','.join(TYPES)}")
    if authorizer.get("authType") == default_auth_type(authorizer["type"]):
        authorizer.pop("authType", None)
        if auth_type := default_auth_type(operation.value):
            authorizer["authType"] = auth_type
    authorizer["type"] = operation.value


def _change_ttl(authorizer: Document, operation: Patch) -> None:
    value = operation.value or ""
    seconds = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else -1
    check_ttl(seconds)
    authorizer["authorizerResultTtlInSeconds"] = seconds


_RULES = (
    replaced("/name", _change_name),
    replaced("/type", _change_type),
    replaced("/authorizerResultTtlInSeconds", _change_ttl),
    *texts("authorizerUri", "authorizerCredentials", "authType", "identityValidationExpression"),
    Rule(
        "/identitySource",
        {
            "add": text("identitySource"),
            "replace": text("identitySource"),
            "remove": drop("identitySource"),
        },
    ),
    listed("providerARNs"),
)
