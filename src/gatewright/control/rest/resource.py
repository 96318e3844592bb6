"""Resource: one part of a path, in a tree below the API's root."""

from __future__ import annotations

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control import patch
from gatewright.control.operation import Call, Params
from gatewright.control.patch import Patch
from gatewright.control.rest.common import page_below, require_api, require_resource
from gatewright.control.rest.resource_tree import ResourceTree


def create_resource(call: Call, params: Params) -> Document:
    api, parent_id = params["restApiId"], params["parentId"]
    require_resource(call, api, parent_id)
    resource: Document = {"id": call.services.new_id(6)}
    ResourceTree(call, api).place(resource, parent_id, params["pathPart"])
    return resource


def get_resource(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    resource = require_resource(call, api, params["resourceId"])
    methods = call.tx.list(keys.below("method", api, resource["id"]))
    return _with_methods(resource, [method for _, method in methods], _embeds_methods(params))


def get_resources(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    require_api(call, api)
    answer = page_below(call, keys.below("resource", api), params)
    methods = _methods_of(call, api, [resource["id"] for resource in answer["items"]])
    embed = _embeds_methods(params)
    return answer | {
        "items": [
            _with_methods(resource, methods.get(resource["id"], []), embed) for resource in answer["items"]
        ]
    }


def _methods_of(call: Call, api: str, resource_ids: list[str]) -> dict[str, list[Document]]:
    """The methods of resources that stand next to each other in key order."""
    methods: dict[str, list[Document]] = {}
    if resource_ids:
        first, last = (f"method/{api}/{resource_id}" for resource_id in (resource_ids[0], resource_ids[-1]))
        for key, method in call.tx.list(keys.below("method", api), after=first, through=last):
            methods.setdefault(key.split("/")[2], []).append(method)
    return methods


def update_resource(call: Call, params: Params) -> Document:
    api = params["restApiId"]
    resource = require_resource(call, api, params["resourceId"])
    tree = ResourceTree(call, api)

    def change_parent(resource: Document, operation: Patch) -> None:
        _refuse_root(resource, "parentId")
        require_resource(call, api, operation.value or "")
        tree.place(resource, operation.value or "", resource["pathPart"])

    def change_path_part(resource: Document, operation: Patch) -> None:
        _refuse_root(resource, "pathPart")
        tree.place(resource, resource["parentId"], operation.value or "")

    changes = {"/parentId": change_parent, "/pathPart": change_path_part}
    patch.replace(resource, params, changes)
    return get_resource(call, params)


def delete_resource(call: Call, params: Params) -> None:
    api = params["restApiId"]
    resource = require_resource(call, api, params["resourceId"])
    if "parentId" not in resource:
        raise BadRequest("Root resource cannot be deleted.")
    for gone in ResourceTree(call, api).remove(resource):
        call.tx.delete_below(keys.below("method", api, gone))


def _refuse_root(resource: Document, member: str) -> None:
    if "parentId" not in resource:
        raise BadRequest(f"Root resource cannot update its {member}.")


def _embeds_methods(params: Params) -> bool:
    return "methods" in (params.get("embed") or [])


def _with_methods(resource: Document, methods: list[Document], embed: bool) -> Document:
    """`resourceMethods` is there when there are methods: their verbs, or all of them when embedded."""
    if not methods:
        return resource
    return {
        **resource,
        "resourceMethods": {method["httpMethod"]: method if embed else {} for method in methods},
    }
