"""What a deployment freezes, and what must hold before it may."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document, Reader
from gatewright.control.operation import Call
from gatewright.gateway.compiler import check_deployment
from gatewright.gateway.errors import CannotCompile


def freeze(call: Call, rest_api: Document) -> Document:
    """The API as it is now. Raises BadRequest when it cannot be deployed."""
    snapshot = draft(call.tx, rest_api)
    _check_complete(snapshot)
    refuse_uncompilable(call, snapshot)
    return snapshot


def draft(reader: Reader, rest_api: Document) -> Document:
    """The API as it is now, deployable or not, in a snapshot's shape."""
    api = rest_api["id"]
    return {
        "restApi": rest_api,
        "resources": _resources(reader, api),
        "models": _all(reader, "model", api),
        "requestValidators": _all(reader, "requestvalidator", api),
        "authorizers": _all(reader, "authorizer", api),
        "gatewayResponses": _all(reader, "gatewayresponse", api),
    }


def summary(snapshot: Document) -> Document:
    """`apiSummary`: how each method is called, by resource path and verb."""
    paths: Document = {}
    for resource, verb, method in _methods(snapshot):
        paths.setdefault(resource["path"], {})[verb] = {
            "authorizationType": method["authorizationType"],
            "apiKeyRequired": method["apiKeyRequired"],
        }
    return paths


def refuse_uncompilable(call: Call, snapshot: Document) -> None:
    """Refuse what would not do what it says, naming resource path, method and reason."""
    try:
        check_deployment(
            snapshot,
            call.partition,
            call.services.gateway_settings,
            lambda link: call.tx.get(keys.vpc_link(link)),
        )
    except CannotCompile as error:
        raise BadRequest(f"Gatewright cannot deploy this API: {error}") from None


def _all(reader: Reader, kind: str, api: str) -> list[Document]:
    return [document for _, document in reader.list(keys.below(kind, api))]


def _resources(reader: Reader, api: str) -> list[Document]:
    methods: dict[str, Document] = {}
    for key, method in reader.list(keys.below("method", api)):
        resource_id = key.split("/")[2]
        methods.setdefault(resource_id, {})[method["httpMethod"]] = method
    return [
        {**resource, "resourceMethods": methods.get(resource["id"], {})}
        for resource in _all(reader, "resource", api)
    ]


def _methods(snapshot: Document) -> Iterator[tuple[Document, str, Document]]:
    for resource in snapshot["resources"]:
        for verb, method in resource["resourceMethods"].items():
            yield resource, verb, method


def _check_complete(snapshot: Document) -> None:
    methods = [method for _, _, method in _methods(snapshot)]
    if not methods:
        raise BadRequest("The REST API doesn't contain any methods")
    if not all("methodIntegration" in method for method in methods):
        raise BadRequest("No integration defined for method")
    rest_api = snapshot["restApi"]
    if "PRIVATE" in rest_api["endpointConfiguration"]["types"] and not rest_api.get("policy"):
        raise BadRequest("Private REST API doesn't have a resource policy attached to it")
