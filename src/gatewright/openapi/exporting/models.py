"""Models as the document's schemas, with references among themselves and from operations."""

from __future__ import annotations

import re
from typing import Any

import orjson

from gatewright.openapi.content_types import is_json
from gatewright.openapi.exporting.source import CannotExport, Document, Operation, Source

_MODEL_URL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/#]+/models/(?P<name>[^/#]+)")


class Models:
    """The API's JSON models; `place` is where they stand in the document, e.g. `#/definitions`."""

    def __init__(self, source: Source, place: str) -> None:
        self._place = place
        self.schemas: Document = {
            model["name"]: self._schema(model) | source.documentation.of("MODEL", model["name"])
            for model in source.snapshot["models"]
            if is_json(model["contentType"])
        }

    def reference(self, name: str) -> Document:
        return {"$ref": f"{self._place}/{name}"}

    def of(self, operation: Operation, named: dict[str, str] | None) -> dict[str, Document]:
        """References by content type, to those of the `named` models that have a JSON schema."""
        found = {
            content_type: self.reference(name)
            for content_type, name in sorted((named or {}).items())
            if name in self.schemas
        }
        if named and not found:
            raise CannotExport(f"Only found non-JSON body models for {operation.verb} {operation.path}")
        return found

    def _schema(self, model: Document) -> Document:
        schema = orjson.loads(model["schema"])
        schema.pop("$schema", None)
        told: Document = self._told(schema, model["name"])
        return told

    def _told(self, schema: Any, owner: str) -> Any:
        """A copy whose references are to places of the document."""
        if isinstance(schema, dict):
            return {
                key: self._reference(value, owner)
                if key == "$ref" and isinstance(value, str)
                else self._told(value, owner)
                for key, value in schema.items()
            }
        if isinstance(schema, list):
            return [self._told(item, owner) for item in schema]
        return schema

    def _reference(self, reference: str, owner: str) -> str:
        """What a schema says of itself (`#/definitions/tag`) stands below its model in the document."""
        match = _MODEL_URL.fullmatch(reference)
        if match is not None:
            return f"{self._place}/{match['name']}"
        return f"{self._place}/{owner}{reference[1:]}" if reference.startswith("#") else reference


def preferred(references: dict[str, Document]) -> Document | None:
    """The one that stands where there is room for one: JSON's, else the first."""
    return references.get("application/json") or next(iter(references.values()), None)
