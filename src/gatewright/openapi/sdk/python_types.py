"""Models as Python types: a TypedDict for an object, an alias for anything else."""

from __future__ import annotations

import builtins
import keyword

from gatewright.openapi.sdk.interface import Document
from gatewright.openapi.sdk.names import quoted
from gatewright.openapi.sdk.types import Dialect, Types

_IMPORTED = ("Any", "Literal", "NotRequired", "TypeAlias", "TypedDict", "annotations")


def _literal(texts: list[str]) -> str:
    return f"Literal[{', '.join(quoted(text) for text in texts)}]"


PYTHON = Dialect(
    plain={"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"},
    anything="Any",
    mapping="dict[str, Any]",
    listed="list[{}]",
    choice=_literal,
    reserved=(*_IMPORTED, *keyword.kwlist, *dir(builtins)),
)

_HEAD = '''"""The API's models."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
'''


def models_module(types: Types) -> str:
    return _HEAD + "".join(f"\n{_definition(types, name, schema)}\n" for name, schema in types.models)


def _definition(types: Types, name: str, schema: Document) -> str:
    members = [
        f"        {quoted(key)}: {quoted(told if required else f'NotRequired[{told}]')},"
        for key, told, required in types.properties(schema)
    ]
    if not members:
        return f"{name}: TypeAlias = {quoted(types.told(schema))}"
    return "\n".join((f'{name} = TypedDict(\n    "{name}",\n    {{', *members, "    },\n)"))
