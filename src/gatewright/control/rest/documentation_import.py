"""ImportDocumentationParts: the parts that an OpenAPI document carries in its documentation extension."""

from __future__ import annotations

from typing import Any

import orjson

from gatewright.aws.errors import AwsError, BadRequest
from gatewright.catalog.api import Document
from gatewright.control.operation import Call, Params
from gatewright.control.rest.common import require_api
from gatewright.control.rest.documentation_location import TYPES
from gatewright.control.rest.documentation_store import Parts
from gatewright.openapi.importing.source import Unreadable, read_source

EXTENSION = "x-amazon-apigateway-documentation"

_FIELDS = ("type", "path", "method", "statusCode", "name")


def import_documentation_parts(call: Call, params: Params) -> Document:
    """The ids of the parts; `overwrite` replaces all that there are. What cannot be one becomes a warning."""
    entries = _entries(params["body"])
    api = require_api(call, params["restApiId"])["id"]
    parts = Parts(call, api)
    if params.get("mode") == "overwrite":
        parts.clear()
    ids: list[str] = []
    warnings: list[str] = []
    for index, entry in enumerate(entries):
        try:
            location, properties = _read(entry)
            ids.append(parts.merge(location, properties)["id"])
        except AwsError as error:
            warnings.append(f"Unable to import documentation part {index}: {error.message}")
    if warnings and params.get("failOnWarnings"):
        raise BadRequest("Warnings found during import:" + "".join(f"\n\t{warning}" for warning in warnings))
    return {"ids": list(dict.fromkeys(ids)), **({"warnings": warnings} if warnings else {})}


def _entries(body: bytes) -> list[Any]:
    """The extension's parts as they stand in the document. Raises BadRequest when it is no such document."""
    try:
        document = read_source(body).document
    except Unreadable:
        raise BadRequest("Unable to build importer with provided input.") from None
    if "swagger" not in document and "openapi" not in document:
        raise BadRequest("Unable to build importer with provided input.")
    extension = document.get(EXTENSION)
    entries = extension.get("documentationParts") if isinstance(extension, dict) else None
    return entries if isinstance(entries, list) else []


def _read(entry: Any) -> tuple[Document, str]:
    """A part's location and its properties as text. Raises BadRequest."""
    location = entry.get("location") if isinstance(entry, dict) else None
    if not isinstance(location, dict) or location.get("type") not in TYPES:
        raise BadRequest(f"its location must have one of the types {', '.join(TYPES)}")
    given = {name: str(location[name]) for name in _FIELDS if location.get(name) is not None}
    properties = entry.get("properties")
    if isinstance(properties, dict):
        properties = orjson.dumps(properties).decode()
    if not isinstance(properties, str):
        raise BadRequest("its properties must be an object")
    return given, properties
