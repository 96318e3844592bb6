"""ApiKey: a value that tells one client from another."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest, Conflict
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch, flag, text
from gatewright.control.rest.api_key_store import delete_key, new_key, save_key
from gatewright.control.rest.common import check_tags, newest_first, page, require_api_key

_VALUE_CHARACTERS = 40  # of a value that is made up


def create_api_key(call: Call, params: Params) -> Document:
    """`generateDistinctId` asks for nothing: an id is always distinct from the value."""
    key = new_key(call, params.get("value") or call.services.new_id(_VALUE_CHARACTERS))
    key["enabled"] = params.get("enabled", False)
    key["stageKeys"] = [_stage_key(given) for given in params.get("stageKeys") or []]
    for member in ("name", "description", "customerId", "tags"):
        if params.get(member):
            key[member] = params[member]
    check_tags(key.get("tags", {}))
    if call.tx.get(keys.api_key_lookup(key["value"])) is not None:
        raise Conflict("API Key already exists")
    save_key(call, key)
    return key


def get_api_key(call: Call, params: Params) -> Document:
    return _shown(require_api_key(call, params["apiKey"]), params.get("includeValue"))


def get_api_keys(call: Call, params: Params) -> Document:
    """The newest first. `nameQuery` is how a name begins, in its own case."""
    found = (key for _, key in call.tx.list(keys.API_KEYS) if _is_wanted(key, params))
    answer = page(newest_first(found), params)
    with_values = params.get("includeValues")
    return answer | {"items": [_without_value(key, with_values) for key in answer["items"]]}


def update_api_key(call: Call, params: Params) -> Document:
    key = require_api_key(call, params["apiKey"])
    patch.replace(key, params, _CHANGES, _UNLISTED)
    key["lastUpdatedDate"] = call.services.clock()
    save_key(call, key)
    return _shown(key)


def delete_api_key(call: Call, params: Params) -> None:
    delete_key(call, require_api_key(call, params["apiKey"]))


def _is_wanted(key: Document, params: Params) -> bool:
    customer = params.get("customerId")
    return key.get("name", "").startswith(params.get("nameQuery") or "") and (
        not customer or key.get("customerId") == customer
    )


def _shown(key: Document, with_value: bool | None = False) -> Document:
    """As Get and Update answer: tags are always there."""
    return {"tags": {}, **_without_value(key, with_value)}


def _without_value(key: Document, with_value: bool | None) -> Document:
    return {member: text for member, text in key.items() if with_value or member != "value"}


def _stage_key(given: Document) -> str:
    """A stage as `{api}/{stage}`. It is kept to be shown only: plans say where a key is valid."""
    api, stage = given.get("restApiId"), given.get("stageName")
    if not api or not stage:
        raise BadRequest("Invalid stage key specified: it needs a restApiId and a stageName")
    return f"{api}/{stage}"


def _add_stage(key: Document, operation: Patch) -> None:
    stage = operation.value or ""
    api, _, name = stage.partition("/")
    _stage_key({"restApiId": api, "stageName": name})
    if stage not in key["stageKeys"]:
        key["stageKeys"].append(stage)


def _remove_stage(key: Document, operation: Patch) -> None:
    key["stageKeys"] = [stage for stage in key["stageKeys"] if stage != operation.value]


_CHANGES = {
    "/description": text("description"),
    "/enabled": flag("enabled"),
    "/name": text("name"),
    "/customerId": text("customerId"),
}
_UNLISTED = {("add", "/stages"): _add_stage, ("remove", "/stages"): _remove_stage}
