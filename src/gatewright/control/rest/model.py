"""Model: a JSON schema by name, for methods to validate bodies with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, text
from gatewright.control.rest.common import page_below, require_api, require_model
from gatewright.control.rest.model_schema import check_schema, flattened, references
from gatewright.openapi.content_types import is_json
from gatewright.openapi.model_template import TooLarge, model_template

_MEDIA_NAME = r"[\w!#$&^.+*-]+"
_CONTENT_TYPE = re.compile(rf"{_MEDIA_NAME}/{_MEDIA_NAME}(?: *;[ -~]*)?", re.ASCII)


def create_model(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    name = params["name"]
    _check_name(name)
    if call.tx.get(keys.model(api, name)) is not None:
        raise Conflict("Model name already exists for this REST API")
    if not _CONTENT_TYPE.fullmatch(params["contentType"]):
        raise BadRequest(f"Invalid content type specified: {params['contentType']}")
    model: Document = {"id": call.services.new_id(6), "name": name, "contentType": params["contentType"]}
    if params.get("description"):
        model["description"] = params["description"]
    model["schema"] = params.get("schema") or ""
    check_schema(call, api, model)
    call.tx.put(keys.model(api, name), model)
    return model


def get_model(call: Call, params: Params) -> Document:
    model = require_model(call, params["restApiId"], params["modelName"])
    if params.get("flatten"):
        model["schema"] = flattened(call, params["restApiId"], model)
    return model


def get_models(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])["id"]
    return page_below(call, keys.below("model", api), params)


def get_model_template(call: Call, params: Params) -> Document:
    model = require_model(call, params["restApiId"], params["modelName"])
    if not is_json(model["contentType"]):
        raise BadRequest(
            f"Cannot generate a template for model '{model['name']}': its content type is "
            f"{model['contentType']}, and only JSON schemas say what a sample has"
        )
    try:
        return {"value": model_template(orjson.loads(flattened(call, params["restApiId"], model)))}
    except TooLarge as error:
        raise BadRequest(f"Cannot generate a template for model '{model['name']}': {error}") from None


def update_model(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    model = require_model(call, api, params["modelName"])

    def change_schema(document: Document, operation: Patch) -> None:
        document["schema"] = operation.value or ""
        check_schema(call, api, document)

    patch.replace(model, params, {"/description": text("description"), "/schema": change_schema})
    call.tx.put(keys.model(api, model["name"]), model)
    return model


def delete_model(call: Call, params: Params) -> None:
    api, name = params["restApiId"], params["modelName"]
    require_model(call, api, name)
    referrer = next(_referrers(call, api, name), None)
    if referrer is not None:
        raise Conflict(f"Cannot delete model '{name}', is referenced in {referrer}")
    call.tx.delete(keys.model(api, name))


def _check_name(name: str) -> None:
    if not name:
        raise BadRequest("Model name must be non-empty")
    if not (name.isascii() and name.isalnum()):
        raise BadRequest(f"Model name must be alphanumeric: {name}")


def _referrers(call: Call, api: str, name: str) -> Iterator[str]:
    """What names the model, as the refusal to delete it prints it."""
    for key, method in call.tx.list(keys.below("method", api)):
        resource = call.tx.get(keys.resource(api, key.split("/")[2])) or {}
        place = f"{resource.get('path')}/{method['httpMethod']}"
        if name in method.get("requestModels", {}).values():
            yield f"method request: {place}"
        responses = method.get("methodResponses", {}).values()
        if any(name in response.get("responseModels", {}).values() for response in responses):
            yield f"method response: {place}"
    for _, model in call.tx.list(keys.below("model", api)):
        if model["name"] != name and name in references(api, model["schema"]):
            yield f"model: {model['name']}"
