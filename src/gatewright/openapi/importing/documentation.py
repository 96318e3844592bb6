"""`x-amazon-apigateway-documentation` as CreateDocumentationPart's members."""

from __future__ import annotations

from typing import Any

import orjson

from gatewright.openapi.importing.definition import Members
from gatewright.openapi.importing.values import mapping, optional_text, sequence, text

DOCUMENTATION = "x-amazon-apigateway-documentation"

_WHAT = "documentation"
_WITHOUT_PATH = ("API", "AUTHORIZER", "MODEL")


def documentation_parts(document: dict[str, Any]) -> list[Members]:
    """The parts. That no documentation version is made, whatever `version` says, is unverified."""
    documentation = mapping(document.get(DOCUMENTATION), _WHAT, "/")
    parts = sequence(documentation.get("documentationParts"), _WHAT, "/")
    return [_part(mapping(part, _WHAT, "/")) for part in parts]


def _part(written: dict[str, Any]) -> Members:
    location = {
        name: optional_text(value, _WHAT, "/")
        for name, value in mapping(written.get("location"), _WHAT, "/").items()
        if value is not None
    }
    location["type"] = text(location.get("type") or "", _WHAT, "/").upper()
    if location["type"] not in _WITHOUT_PATH:
        location.setdefault("path", "/")
    properties = written.get("properties")
    if not isinstance(properties, str):
        properties = orjson.dumps(mapping(properties, _WHAT, "/")).decode()
    return {"location": location, "properties": properties}
