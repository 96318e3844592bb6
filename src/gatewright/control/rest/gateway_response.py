"""GatewayResponse: what the gateway answers by itself, by type of refusal."""

from __future__ import annotations

import re

from gatewright.aws.errors import BadRequest, NotFound
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Change, Patch, Rule
from gatewright.control.rest.common import page, require_api
from gatewright.control.rest.gateway_response_types import DEFAULT_STATUS, built_in, family
from gatewright.control.rest.mapping_expressions import check_templates, mapping_error

_STATUS = re.compile(r"[1-5]\d\d")
_NAME = r"[a-zA-Z0-9._$-]+"
_PARAMETER = re.compile(rf"gatewayresponse\.(?:header|path|querystring)\.{_NAME}")
# A literal ends up in a header, which a line break would end: no control characters but the tab.
_VALUE = re.compile(
    rf"method\.request\.(?:path|querystring|header|multivaluequerystring|multivalueheader)\.{_NAME}"
    rf"|method\.request\.body(?:[.\[].+)?|(?:context|stageVariables)\.{_NAME}|'[^\x00-\x08\x0a-\x1f\x7f]*'"
)


def put_gateway_response(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    response = built_in(params["responseType"]) | {"defaultResponse": False}
    for member in ("statusCode", "responseParameters", "responseTemplates"):
        if params.get(member) is not None:
            response[member] = params[member]
    return _save(call, api, response)


def get_gateway_response(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return _read(call, api, params["responseType"])


def get_gateway_responses(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return page([(name, _read(call, api, name)) for name in DEFAULT_STATUS], params)


def update_gateway_response(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    name = params["responseType"]
    response = call.tx.get(keys.gateway_response(api, name)) or built_in(name)
    patch.apply(response, params, _RULES)
    return _save(call, api, response | {"defaultResponse": False})


def delete_gateway_response(call: Call, params: Params) -> None:
    api = require_api(call, params["restApiId"])["id"]
    if not call.tx.delete(keys.gateway_response(api, params["responseType"])):
        raise NotFound("Gateway response type not defined on api")


def _save(call: Call, api: str, response: Document) -> Document:
    _check_maps(response)
    call.tx.put(keys.gateway_response(api, response["responseType"]), response)
    return response


def _check_maps(response: Document) -> None:
    for member in ("responseTemplates", "responseParameters"):
        if not all(response[member].values()):
            raise BadRequest(f"Invalid null or empty value in {member}")
    check_templates(response["responseTemplates"])
    for key, value in response["responseParameters"].items():
        if not _PARAMETER.fullmatch(key):
            raise mapping_error(f"Invalid mapping expression parameter specified: {key}")
        if not _VALUE.fullmatch(value):
            raise mapping_error(f"Invalid mapping expression specified: {value}")


def _read(call: Call, api: str, response_type: str) -> Document:
    """A type as it is in force: its own customisation, else its family's, else the default."""
    own = call.tx.get(keys.gateway_response(api, response_type))
    if own is not None:
        return own
    inherited = call.tx.get(keys.gateway_response(api, family(response_type))) or {}
    return built_in(response_type) | {
        member: inherited[member]
        for member in ("statusCode", "responseParameters", "responseTemplates")
        if member in inherited
    }


def _change_status(response: Document, operation: Patch) -> None:
    if not _STATUS.fullmatch(operation.value or ""):
        raise BadRequest(f"Invalid status code specified: {operation.value}. It must be between 100 and 599")
    response["statusCode"] = operation.value


def _entries(member: str, missing: str) -> Rule:
    """A map whose entries are texts that may not be empty; `missing` answers for a key that is not there."""

    def put(response: Document, operation: Patch) -> None:
        if not operation.value:
            raise BadRequest(f"Invalid null or empty value in {member}")
        response[member][operation.key] = operation.value

    def only_known(change: Change) -> Change:
        def checked(response: Document, operation: Patch) -> None:
            if operation.key not in response[member]:
                raise NotFound(missing)
            change(response, operation)

        return checked

    def remove(response: Document, operation: Patch) -> None:
        del response[member][operation.key]

    return Rule(f"/{member}/*", {"add": put, "replace": only_known(put), "remove": only_known(remove)})


_RULES = (
    Rule("/statusCode", {"replace": _change_status}, refusal="Invalid patch path /statusCode"),
    _entries("responseParameters", "Invalid parameter name specified"),
    _entries("responseTemplates", "Content-Type specified was not found"),
)
