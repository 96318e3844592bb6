"""Models as Python types: a TypedDict for an object, an alias for anything else."""

from __future__ import annotations

import builtins
import keyword
from typing import Any

from gatewright.openapi.sdk.interface import Document
from gatewright.openapi.sdk.names import Names, quoted

MODELS = "#/components/schemas/"
_IMPORTED = ("Any", "Literal", "NotRequired", "TypeAlias", "TypedDict", "annotations")
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}

_HEAD = '''"""The API's models."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
'''


class Types:
    def __init__(self, schemas: dict[str, Document]) -> None:
        self._schemas = schemas
        names = Names((*_IMPORTED, *keyword.kwlist, *dir(builtins)))
        self._names = {name: names.take(name, "Model") for name in schemas}

    def module(self) -> str:
        return _HEAD + "".join(f"\n{self._definition(name)}\n" for name in self._schemas)

    def told(self, schema: Any, prefix: str = "") -> str:
        """The type of a value; `prefix` stands before the names of models."""
        if not isinstance(schema, dict):
            return "Any"
        if "$ref" in schema:
            name = self._names.get(str(schema["$ref"]).removeprefix(MODELS))
            return f"{prefix}{name}" if name else "Any"
        enum = schema.get("enum")
        if isinstance(enum, list) and enum and all(isinstance(item, str) for item in enum):
            return f"Literal[{', '.join(quoted(item) for item in enum)}]"
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        return " | ".join(dict.fromkeys(self._one(one, schema, prefix) for one in kinds))

    def _one(self, kind: Any, schema: Document, prefix: str) -> str:
        if kind == "array":
            return f"list[{self.told(schema.get('items'), prefix)}]"
        if kind == "object" or (kind is None and "properties" in schema):
            return "dict[str, Any]"
        return _PLAIN.get(kind, "Any") if isinstance(kind, str) else "Any"

    def _definition(self, model: str) -> str:
        name, schema = self._names[model], self._schemas[model]
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties or "$ref" in schema:
            return f"{name}: TypeAlias = {quoted(self.told(schema))}"
        required = schema.get("required", [])
        members = [
            f"        {quoted(key)}: {quoted(self._member(value, key in required))},"
            for key, value in properties.items()
        ]
        return "\n".join((f'{name} = TypedDict(\n    "{name}",\n    {{', *members, "    },\n)"))

    def _member(self, schema: Any, required: bool) -> str:
        told = self.told(schema)
        return told if required else f"NotRequired[{told}]"
