"""CreateRestApi's `cloneFrom`: a copy of another API's definition, without its stages and deployments."""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.control.rest.resource_tree import put_child

_SETTINGS = ("binaryMediaTypes", "minimumCompressionSize")


def clone_api(call: Call, source: Document, api: Document) -> None:
    """Copy what `source` owns to `api`; settings that `api` was not given are taken over."""
    for member in _SETTINGS:
        if member in source and member not in api:
            api[member] = source[member]
    for kind in ("model", "gatewayresponse"):
        for key, document in call.tx.list(keys.below(kind, source["id"])):
            call.tx.put(f"{kind}/{api['id']}/{_name(key)}", _retold(document, source["id"], api["id"]))
    validators = _clone_all(call, "requestvalidator", source["id"], api["id"])
    authorizers = _clone_all(call, "authorizer", source["id"], api["id"])
    resources = _clone_resources(call, source, api)
    for key, method in call.tx.list(keys.below("method", source["id"])):
        old_resource, verb = key.split("/")[2:]
        resource = resources[old_resource]
        if "requestValidatorId" in method:
            method["requestValidatorId"] = validators[method["requestValidatorId"]]
        if "authorizerId" in method:
            method["authorizerId"] = authorizers[method["authorizerId"]]
        _move_cache(method.get("methodIntegration", {}), old_resource, resource)
        call.tx.put(keys.method(api["id"], resource, verb), method)


def _clone_all(call: Call, kind: str, source: str, api: str) -> dict[str, str]:
    """Copies what has an id of its own; old ids to new ones."""
    ids: dict[str, str] = {}
    for _, document in call.tx.list(keys.below(kind, source)):
        new = ids[document["id"]] = call.services.new_id(6)
        call.tx.put(f"{kind}/{api}/{new}", {**document, "id": new})
    return ids


def _clone_resources(call: Call, source: Document, api: Document) -> dict[str, str]:
    """Copies the resources; old ids to new ones."""
    resources = [resource for _, resource in call.tx.list(keys.below("resource", source["id"]))]
    ids = {resource["id"]: call.services.new_id(6) for resource in resources}
    ids[source["rootResourceId"]] = api["rootResourceId"]
    for resource in resources:
        copy = {**resource, "id": ids[resource["id"]]}
        if "parentId" in resource:
            copy["parentId"] = ids[resource["parentId"]]
            put_child(call, api["id"], copy)
        call.tx.put(keys.resource(api["id"], copy["id"]), copy)
    return ids


def _move_cache(integration: Document, old: str, new: str) -> None:
    if integration.get("cacheNamespace") == old:
        integration["cacheNamespace"] = new


def _retold(document: Document, source: str, api: str) -> Document:
    """A model's references to models of its API follow it."""
    if "schema" not in document:
        return document
    return {**document, "schema": document["schema"].replace(f"/restapis/{source}/", f"/restapis/{api}/")}


def _name(key: str) -> str:
    return key.rpartition("/")[2]
