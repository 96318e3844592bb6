"""Models as TypeScript types: an interface for an object, an alias for anything else."""

from __future__ import annotations

import json
from typing import Any

from gatewright.openapi.sdk.interface import Document
from gatewright.openapi.sdk.names import Names

MODELS = "#/components/schemas/"
_RESERVED = (
    *("any", "bigint", "boolean", "never", "null", "number", "object", "string", "symbol", "undefined"),
    *("unknown", "void", "await", "break", "case", "catch", "class", "const", "continue", "debugger"),
    *("default", "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for"),
    *("function", "if", "import", "in", "instanceof", "new", "return", "super", "switch", "this", "throw"),
    *("true", "try", "typeof", "var", "while", "with", "yield", "let", "static", "implements"),
    *("interface", "package", "private", "protected", "public", "type"),
)
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


class Types:
    def __init__(self, schemas: dict[str, Document]) -> None:
        self._schemas = schemas
        names = Names(_RESERVED)
        self._names = {name: names.take(name, "Model") for name in schemas}

    def module(self) -> str:
        return "".join(f"{self._definition(name)}\n" for name in self._schemas) or "export {};\n"

    def told(self, schema: Any, prefix: str = "") -> str:
        """The type of a value; `prefix` stands before the names of models."""
        if not isinstance(schema, dict):
            return "unknown"
        if "$ref" in schema:
            name = self._names.get(str(schema["$ref"]).removeprefix(MODELS))
            return f"{prefix}{name}" if name else "unknown"
        enum = schema.get("enum")
        if isinstance(enum, list) and enum and all(isinstance(item, str) for item in enum):
            return " | ".join(json.dumps(item) for item in enum)
        kind = schema.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        return " | ".join(dict.fromkeys(self._one(one, schema, prefix) for one in kinds))

    def _one(self, kind: Any, schema: Document, prefix: str) -> str:
        if kind == "array":
            return f"Array<{self.told(schema.get('items'), prefix)}>"
        if kind == "object" or (kind is None and "properties" in schema):
            return "Record<string, unknown>"
        return _PLAIN.get(kind, "unknown") if isinstance(kind, str) else "unknown"

    def _definition(self, model: str) -> str:
        name, schema = self._names[model], self._schemas[model]
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties or "$ref" in schema:
            return f"export type {name} = {self.told(schema)};"
        required = schema.get("required", [])
        members = [
            f"  {json.dumps(key)}{'' if key in required else '?'}: {self.told(value)};"
            for key, value in properties.items()
        ]
        return "\n".join((f"export interface {name} {{", *members, "}"))
