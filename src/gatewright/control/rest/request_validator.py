"""RequestValidator: which parts of a request a method validates."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, flag
from gatewright.control.rest.common import page_below, require_api, require_request_validator


def create_request_validator(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    if call.tx.get(keys.rest_api(api)) is None:
        raise BadRequest("Invalid REST API identifier specified")
    validator: Document = {"id": call.services.new_id(6)}
    if "name" in params:
        validator["name"] = _checked_name(params["name"])
    for member in ("validateRequestBody", "validateRequestParameters"):
        validator[member] = params.get(member, False)
    call.tx.put(keys.request_validator(api, validator["id"]), validator)
    return validator


def get_request_validator(call: Call, params: Params) -> Document:
    return require_request_validator(call, params["restApiId"], params["requestValidatorId"])


def get_request_validators(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return page_below(call, keys.below("requestvalidator", api), params)


def update_request_validator(call: Call, params: Params) -> Document:
    validator = get_request_validator(call, params)
    changes = {
        "/name": _change_name,
        "/validateRequestParameters": flag("validateRequestParameters"),
        "/validateRequestBody": flag("validateRequestBody"),
    }
    patch.replace(validator, params, changes)
    call.tx.put(keys.request_validator(params["restApiId"], validator["id"]), validator)
    return validator


def delete_request_validator(call: Call, params: Params) -> None:
    api, validator = params["restApiId"], get_request_validator(call, params)
    for key, method in call.tx.list(keys.below("method", api)):
        if method.get("requestValidatorId") == validator["id"]:
            resource = call.tx.get(keys.resource(api, key.split("/")[2])) or {}
            raise Conflict(
                f"Cannot delete request validator '{validator.get('name', validator['id'])}', is "
                f"referenced in method request: {resource.get('path')}/{method['httpMethod']}"
            )
    call.tx.delete(keys.request_validator(api, validator["id"]))


def _change_name(validator: Document, operation: Patch) -> None:
    validator["name"] = _checked_name(operation.value or "")


def _checked_name(name: str) -> str:
    if not name.strip():
        raise BadRequest("Request Validator name cannot be blank")
    return name
