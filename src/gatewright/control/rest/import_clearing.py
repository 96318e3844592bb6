"""Overwriting: what an API has and a document does not is taken away; what stays keeps its id."""

from __future__ import annotations

from collections.abc import Collection

from gatewright.catalog import keys
from gatewright.control.operation import Call
from gatewright.control.rest.resource_tree import ResourceTree
from gatewright.openapi.importing.definition import Definition


def clear(call: Call, api: str, definition: Definition, *, documentation: bool) -> None:
    """Stages, deployments, API keys and usage plans are no part of it. All methods go: they are put again."""
    call.tx.delete_below(keys.below("method", api))
    call.tx.delete_below(keys.below("gatewayresponse", api))
    if documentation:
        call.tx.delete_below(keys.below("documentationpart", api))
    _keep_named(call, keys.below("model", api), [model["name"] for model in definition.models])
    _keep_named(call, keys.below("requestvalidator", api), [made["name"] for made in definition.validators])
    _keep_named(call, keys.below("authorizer", api), [made["name"] for made in definition.authorizers])
    _keep_paths(call, api, with_ancestors(definition.paths))


def with_ancestors(paths: Collection[str]) -> set[str]:
    """The paths and everything that stands above them but the root."""
    found: set[str] = set()
    for path in paths:
        while path not in found and path.strip("/"):
            found.add(path)
            path = path.rpartition("/")[0]
    return found


def _keep_named(call: Call, prefix: str, names: list[str]) -> None:
    kept = set(names)
    for key, document in list(call.tx.list(prefix)):
        if document.get("name") not in kept:
            call.tx.delete(key)


def _keep_paths(call: Call, api: str, kept: set[str]) -> None:
    tree = ResourceTree(call, api)
    gone: set[str] = set()
    for _, resource in list(call.tx.list(keys.below("resource", api))):
        if "parentId" in resource and resource["path"] not in kept and resource["id"] not in gone:
            gone.update(tree.remove(resource))
