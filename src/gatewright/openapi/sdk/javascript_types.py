"""Models as TypeScript types: an interface for an object, an alias for anything else."""

from __future__ import annotations

import json

from gatewright.openapi.sdk.interface import Document
from gatewright.openapi.sdk.types import Dialect, Types

_RESERVED = (
    *("any", "bigint", "boolean", "never", "null", "number", "object", "string", "symbol", "undefined"),
    *("unknown", "void", "await", "break", "case", "catch", "class", "const", "continue", "debugger"),
    *("default", "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for"),
    *("function", "if", "import", "in", "instanceof", "new", "return", "super", "switch", "this", "throw"),
    *("true", "try", "typeof", "var", "while", "with", "yield", "let", "static", "implements"),
    *("interface", "package", "private", "protected", "public", "type"),
)


def _union(texts: list[str]) -> str:
    return " | ".join(json.dumps(text) for text in texts)


TYPESCRIPT = Dialect(
    plain={
        "string": "string",
        "integer": "number",
        "number": "number",
        "boolean": "boolean",
        "null": "null",
    },
    anything="unknown",
    mapping="Record<string, unknown>",
    listed="Array<{}>",
    choice=_union,
    reserved=_RESERVED,
)


def models_declarations(types: Types) -> str:
    return "".join(f"{_definition(types, *model)}\n" for model in types.models) or "export {};\n"


def _definition(types: Types, name: str, schema: Document) -> str:
    members = [
        f"  {json.dumps(key)}{'' if required else '?'}: {told};"
        for key, told, required in types.properties(schema)
    ]
    if not members:
        return f"export type {name} = {types.told(schema)};"
    return "\n".join((f"export interface {name} {{", *members, "}"))
