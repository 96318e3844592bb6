"""Schemas as models: those of the document's own section by their names, those of methods by made-up ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from gatewright.openapi.importing import references
from gatewright.openapi.importing.definition import Members
from gatewright.openapi.importing.draft_4 import as_draft_4
from gatewright.openapi.importing.reading import Reading
from gatewright.openapi.importing.version import Version

JSON = "application/json"

_OF_SCHEMAS = ("properties", "patternProperties", "definitions")  # objects whose members are schemas
_ONE_SCHEMA = ("items", "not")
_SCHEMA_OR_NOT = ("additionalProperties", "additionalItems")  # a boolean is none
_MANY_SCHEMAS = ("allOf", "anyOf", "oneOf", "items")
_LEFT_OUT = ("example", "examples")  # no keyword of draft 4, and "example" was recorded as refused


class Schemas:
    """The models of one document, in the order in which they are met."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._schemas = reading.section(*reading.schema_section)
        self._names = {*self._schemas, *reading.options.models}
        self._made = set(self._schemas)
        self.models = [self._model(name, schema) for name, schema in self._schemas.items()]

    def model_of(self, schema: Any, *where: str) -> str | None:
        """The name of the model that a method's schema refers to or is; None when it is neither.

        An inline schema's model is named after `where` it stands, so that the same place has the same model
        in every import. Amazon's names are of this form; what they are made from is unverified.
        """
        if not isinstance(schema, dict):
            return None
        reference = references.reference(schema)
        if reference is not None:
            return self._named(reference)
        name = self._free_name("\n".join(where))
        self._names.add(name)
        self._made.add(name)
        self.models.append(self._model(name, schema))
        self._reading.spend(self.models[-1])
        return name

    def _free_name(self, seed: str) -> str:
        while True:
            name = f"MODEL{hashlib.sha256(seed.encode()).hexdigest()[:6]}"
            if name not in self._made:
                return name
            seed += "\n"

    def _model(self, name: str, schema: Any) -> Members:
        converted = self._converted(schema, name)
        model = {"name": name, "contentType": JSON, "schema": orjson.dumps(converted).decode()}
        description = schema.get("description") if isinstance(schema, dict) else None
        if isinstance(description, str) and description:
            model["description"] = description
        return model

    def _named(self, reference: str) -> str | None:
        """The model a reference names; None, with a warning, when there is no such model."""
        name = references.model_of_url(reference) or self._local_name(reference)
        if name is not None and name in self._names:
            return name
        self._reading.definition.warn(f"Reference to model '{name or reference}' not found. Ignoring.")
        return None

    def _local_name(self, reference: str) -> str | None:
        pointer = references.pointer_of(reference) if reference.startswith("#") else ()
        if pointer[:-1] != self._reading.schema_section:
            return None
        return str(pointer[-1])

    def _converted(self, schema: Any, model: str) -> Any:
        """A schema as models have it: references by URL, and draft 4."""
        if self._reading.version is Version.OAS31:
            schema = as_draft_4(schema, self._reporter(model))
        if not isinstance(schema, dict):
            return schema
        if (reference := references.reference(schema)) is not None:
            return self._reference(reference, model)
        return {
            name: self._member(name, value, model) for name, value in schema.items() if name not in _LEFT_OUT
        }

    def _member(self, name: str, value: Any, model: str) -> Any:
        if name in _OF_SCHEMAS and isinstance(value, dict):
            return {key: self._converted(item, model) for key, item in value.items()}
        if name in _MANY_SCHEMAS and isinstance(value, list):
            return [self._converted(item, model) for item in value]
        if name in _ONE_SCHEMA or (name in _SCHEMA_OR_NOT and not isinstance(value, bool)):
            return self._converted(value, model)
        return value

    def _reference(self, reference: str, model: str) -> Members:
        """What leads out of the document stays as it is, for the model to be refused with Amazon's reason."""
        if (inside := self._inside(reference, model)) is not None:
            return {"$ref": inside}
        if not reference.startswith("#") and references.model_of_url(reference) is None:
            return {"$ref": reference}
        name = self._named(reference)
        if name is None:
            return {}
        return {
            "$ref": f"https://apigateway.amazonaws.com/restapis/{self._reading.options.api}/models/{name}"
        }

    def _inside(self, reference: str, model: str) -> str | None:
        """A reference to a place inside the model that holds it, as the model says it by itself."""
        pointer = references.pointer_of(reference) if reference.startswith("#") else ()
        below = len(self._reading.schema_section) + 1
        if len(pointer) <= below or pointer[:below] != (*self._reading.schema_section, model):
            return None
        found = references.find(self._schemas.get(model), pointer[below:])
        return None if found is None else references.written(pointer[below:])

    def _reporter(self, model: str) -> Callable[[str], None]:
        def report(thing: str) -> None:
            self._reading.definition.warn(
                f"OpenAPI 3.1: {thing} in model '{model}' would be refused by Amazon API Gateway."
            )

        return report
