"""Schemas as types of a language: which names models have, and what each value is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from gatewright.openapi.sdk.interface import Document
from gatewright.openapi.sdk.names import Names

_MODELS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes types. `plain` are JSON schema's; `choice` writes one of several texts."""

    plain: dict[str, str]
    anything: str
    mapping: str
    listed: str  # with {} for the items' type
    choice: Callable[[list[str]], str]
    reserved: Collection[str]


class Types:
    """The API's models under their names in the language."""

    def __init__(self, schemas: dict[str, Document], dialect: Dialect) -> None:
        self._dialect = dialect
        names = Names(dialect.reserved)
        self._names = {name: names.take(name, "Model") for name in schemas}
        self.models = [(self._names[name], schema) for name, schema in schemas.items()]

    def told(self, schema: Any, prefix: str = "") -> str:
        """The type of a value; `prefix` stands before the names of models."""
        if not isinstance(schema, dict):
            return self._dialect.anything
        if "$ref" in schema:
            name = self._names.get(str(schema["$ref"]).removeprefix(_MODELS))
            return f"{prefix}{name}" if name else self._dialect.anything
        enum = schema.get("enum")
        if isinstance(enum, list) and enum and all(isinstance(item, str) for item in enum):
            return self._dialect.choice(enum)
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        return " | ".join(dict.fromkeys(self._one(one, schema, prefix) for one in kinds))

    def properties(self, schema: Document) -> Iterator[tuple[str, str, bool]]:
        """Each property of an object as (name, type, whether it is required); nothing of anything else."""
        properties = schema.get("properties")
        if isinstance(properties, dict) and "$ref" not in schema:
            required = schema.get("required", [])
            for name, value in properties.items():
                yield name, self.told(value), name in required

    def _one(self, kind: Any, schema: Document, prefix: str) -> str:
        if kind == "array":
            return self._dialect.listed.format(self.told(schema.get("items"), prefix))
        if kind == "object" or (kind is None and "properties" in schema):
            return self._dialect.mapping
        return self._dialect.plain.get(str(kind), self._dialect.anything)
