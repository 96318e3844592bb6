"""RestApi: the API itself, which owns everything below it."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.rest import policy
from gatewright.control.rest.clone import clone_api
from gatewright.control.rest.common import check_tags, epoch, page_below, require_api
from gatewright.control.rest.custom_id import new_api_id
from gatewright.control.rest.default_models import put_default_models
from gatewright.control.rest.endpoint import new_endpoint_configuration
from gatewright.control.rest.rest_api_patch import check_compression, patch_rules
from gatewright.control.rest.usage_plan_stages import detach_stage

_KEPT_WHEN_NOT_EMPTY = (
    "description",
    "version",
    "binaryMediaTypes",
    "tags",
    "securityPolicy",
    "endpointAccessMode",
)


def create_rest_api(call: Call, params: Params) -> Document:
    _check(params)
    endpoint = new_endpoint_configuration(params.get("endpointConfiguration") or {})
    source = require_api(call, params["cloneFrom"]) if params.get("cloneFrom") else None
    api: Document = {
        "id": new_api_id(call, params.get("tags") or {}),
        "name": params["name"],
        "createdDate": epoch(call),
        "apiKeySource": params.get("apiKeySource") or "HEADER",
        "disableExecuteApiEndpoint": params.get("disableExecuteApiEndpoint", False),
        "endpointConfiguration": endpoint,
        "rootResourceId": call.services.new_id(10),
        **{member: params[member] for member in _KEPT_WHEN_NOT_EMPTY if params.get(member)},
    }
    if "minimumCompressionSize" in params:
        api["minimumCompressionSize"] = params["minimumCompressionSize"]
    if params.get("policy"):
        api["policy"] = policy.normalise(params["policy"], call.partition, api["id"])
    if source is None:
        call.tx.put(
            keys.resource(api["id"], api["rootResourceId"]), {"id": api["rootResourceId"], "path": "/"}
        )
        put_default_models(call, api["id"])
    else:
        clone_api(call, source, api)
    call.tx.put(keys.rest_api(api["id"]), api)
    return with_policy(api)


def get_rest_api(call: Call, params: Params) -> Document:
    return shown(require_api(call, params["restApiId"]))


def get_rest_apis(call: Call, params: Params) -> Document:
    answer = page_below(call, keys.REST_APIS, params)
    return answer | {"items": [with_policy(api) for api in answer["items"]]}


def update_rest_api(call: Call, params: Params) -> Document:
    api = require_api(call, params["restApiId"])
    patch.apply(api, params, patch_rules(call.partition))
    call.tx.put(keys.rest_api(api["id"]), api)
    return shown(api)


def delete_rest_api(call: Call, params: Params) -> None:
    api = require_api(call, params["restApiId"])["id"]
    for _, stage in list(call.tx.list(keys.below("stage", api))):
        detach_stage(call, api, stage["stageName"])
    for kind in keys.API_KINDS:
        call.tx.delete_below(keys.below(kind, api))
    call.tx.delete(keys.rest_api(api))


def _check(params: Params) -> None:
    if not params["name"]:
        raise BadRequest("Name cannot be empty")
    if params.get("description") == "":
        raise BadRequest("Description cannot be an empty string")
    check_compression(params.get("minimumCompressionSize", 0))
    check_tags(params.get("tags") or {})


def shown(api: Document) -> Document:
    """As Get, Update and Put answer: tags are always there."""
    return {"tags": {}, **with_policy(api)}


def with_policy(api: Document) -> Document:
    """As Create and Import answer."""
    return {**api, "policy": policy.escaped(api["policy"])} if "policy" in api else api
