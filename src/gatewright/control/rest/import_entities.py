"""What a definition makes of an API, entity by entity: each by the operation that makes it.

An entity of the same name, or a resource of the same path, gives its id to the new one.
"""

from __future__ import annotations

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.rest.authorizer import create_authorizer
from gatewright.control.rest.gateway_response import put_gateway_response
from gatewright.control.rest.import_attempts import Attempts
from gatewright.control.rest.import_documentation import make_documentation_parts
from gatewright.control.rest.integration import put_integration
from gatewright.control.rest.integration_response import put_integration_response
from gatewright.control.rest.method import put_method
from gatewright.control.rest.method_response import put_method_response
from gatewright.control.rest.model import create_model, update_model
from gatewright.control.rest.request_validator import create_request_validator
from gatewright.control.rest.resource import create_resource
from gatewright.openapi.importing.definition import Definition, Members, Method

Ids = dict[str, str]


def make_entities(attempts: Attempts, definition: Definition, root: str) -> None:
    """Everything below the API's own document; `root` is the id of its root resource."""
    _make_models(attempts, definition.models)
    validators = _make_validators(attempts, definition.validators)
    authorizers = _make_authorizers(attempts, definition.authorizers)
    for response in definition.gateway_responses:
        name = response["responseType"]
        attempts.do(f"put gateway response '{name}'", put_gateway_response, **response)
    resources = _make_resources(attempts, definition.paths, root)
    for method in definition.methods:
        if method.path in resources:
            _make_method(attempts, method, resources[method.path], validators, authorizers)
    make_documentation_parts(attempts, definition.documentation_parts)


def _make_models(attempts: Attempts, models: list[Members]) -> None:
    """All names first, so that models may refer to each other in any order and in circles."""
    tx = attempts.call.tx
    made = []
    for model in models:
        key = keys.model(attempts.api, model["name"]) if model["name"] else ""
        known = tx.get(key) if key else None
        if known is not None:
            tx.delete(key)
        what = f"create model for '{model['name']}'"
        if attempts.do(what, create_model, kept_id=_id(known), **{**model, "schema": "{}"}) is not None:
            made.append(model)
    for model in made:
        change = {"op": "replace", "path": "/schema", "value": model["schema"]}
        what = f"create model for '{model['name']}'"
        attempts.do(what, update_model, modelName=model["name"], patchOperations=[change])


def _id(known: Document | None) -> str | None:
    return None if known is None else str(known["id"])


def _make_validators(attempts: Attempts, validators: list[Members]) -> Ids:
    """The ids of the API's validators by their names, of those of the document and of those that stay."""
    ids = _ids(attempts, "requestvalidator")
    for validator in validators:
        name = validator["name"]
        known = ids.get(name)
        what = f"create request validator '{name}'"
        made = attempts.do(what, create_request_validator, kept_id=known, **validator)
        if made is not None:
            ids[name] = made["id"]
    return ids


def _make_authorizers(attempts: Attempts, authorizers: list[Members]) -> Ids:
    """The ids of the document's authorizers by their names."""
    known, ids = _ids(attempts, "authorizer"), {}
    for authorizer in authorizers:
        name = authorizer["name"]
        if name in known:
            attempts.call.tx.delete(keys.authorizer(attempts.api, known[name]))
        what = f"create authorizer '{name}'"
        made = attempts.do(what, create_authorizer, kept_id=known.get(name), **authorizer)
        if made is not None:
            ids[name] = made["id"]
    return ids


def _ids(attempts: Attempts, kind: str) -> Ids:
    documents = attempts.call.tx.list(keys.below(kind, attempts.api))
    return {document["name"]: document["id"] for _, document in documents if "name" in document}


def _make_resources(attempts: Attempts, paths: list[str], root: str) -> Ids:
    """The ids of the resources by their paths, "/" and what is on the way to others among them."""
    documents = attempts.call.tx.list(keys.below("resource", attempts.api))
    ids = {document["path"]: document["id"] for _, document in documents}
    refused: set[str] = set()
    for path in paths:
        parent, at = root, ""
        for part in path.split("/")[1:] if path != "/" else ():
            at = f"{at}/{part}"
            if at in refused:
                break
            if at not in ids:
                what = f"create resource at path '{at}'"
                made = attempts.do(what, create_resource, parentId=parent, pathPart=part)
                if made is None:
                    refused.add(at)
                    break
                ids[at] = made["id"]
            parent = ids[at]
    return ids


def _make_method(
    attempts: Attempts, method: Method, resource: str, validators: Ids, authorizers: Ids
) -> None:
    """A method replaces the one that was there, with all that belongs to it."""
    attempts.call.tx.delete(keys.method(attempts.api, resource, method.verb))
    on = f"'{method.verb}' on resource at path '{method.path}'"
    of = f"on '{method.verb}' for resource at path '{method.path}'"
    place = {"resourceId": resource, "httpMethod": method.verb}
    members = {
        **method.members,
        "authorizerId": authorizers.get(method.authorizer or ""),
        "requestValidatorId": validators.get(method.validator or ""),
    }
    if attempts.do(f"put method {on}", put_method, **place, **members) is None:
        return
    for response in method.responses:
        attempts.do(f"put method response {of}", put_method_response, **place, **response)
    if method.integration is None:
        return
    if attempts.do(f"put integration {of}", put_integration, **place, **method.integration) is None:
        return
    for response in method.integration_responses:
        attempts.do(f"put integration response {of}", put_integration_response, **place, **response)
