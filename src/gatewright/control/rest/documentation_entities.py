"""The entities of an API as documentation names them, to tell which nobody has described."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.control.rest.documentation_location import identity

_PARAMETER_TYPES = {"header": "REQUEST_HEADER", "path": "PATH_PARAMETER", "querystring": "QUERY_PARAMETER"}


def undocumented(call: Call, api: Document, parts: list[Document]) -> list[tuple[str, Document]]:
    """`{"location": …}` of each entity of the draft that has no part of its own, by an ordered key."""
    known = {identity(part["location"]) for part in parts}
    left = (location for location in _entities(call, api["id"]) if identity(location) not in known)
    return sorted(("\0".join(identity(location)), {"location": location}) for location in left)


def _entities(call: Call, api: str) -> Iterator[Document]:
    yield {"type": "API"}
    for kind in ("authorizer", "model"):
        for _, entity in call.tx.list(keys.below(kind, api)):
            yield {"type": kind.upper(), "name": entity["name"]}
    paths: dict[str, str] = {}
    for _, resource in call.tx.list(keys.below("resource", api)):
        paths[resource["id"]] = resource["path"]
        yield {"type": "RESOURCE", "path": resource["path"]}
    for key, method in call.tx.list(keys.below("method", api)):
        yield from _of_method(paths[key.split("/")[2]], method)


def _of_method(path: str, method: Document) -> Iterator[Document]:
    place = {"path": path, "method": method["httpMethod"]}
    yield {"type": "METHOD", **place}
    for parameter in method.get("requestParameters", {}):
        _, _, kind, name = parameter.split(".", 3)
        yield {"type": _PARAMETER_TYPES[kind], **place, "name": name}
    if method.get("requestModels"):
        yield {"type": "REQUEST_BODY", **place}
    for status, response in method.get("methodResponses", {}).items():
        yield from _of_response({**place, "statusCode": status}, response)


def _of_response(place: Document, response: Document) -> Iterator[Document]:
    yield {"type": "RESPONSE", **place}
    if response.get("responseModels"):
        yield {"type": "RESPONSE_BODY", **place}
    for parameter in response.get("responseParameters", {}):
        yield {"type": "RESPONSE_HEADER", **place, "name": parameter.split(".", 3)[3]}
