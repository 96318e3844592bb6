"""A mapping template that writes a sample of a model, as a blueprint for the owner's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

MOST_VALUES = 10_000
_ROOT = "#set($inputRoot = $input.path('$'))"
_FOREACH = (
    "##TODO: Update this foreach loop to reference array from input json",
    "#foreach($elem in $inputRoot)",
)
_END = ("#if($foreach.hasNext),#end", "#end")
_SAMPLES: dict[str, Any] = {"string": "foo", "integer": 42, "number": 42, "boolean": True, "null": None}
_VELOCITY = re.compile(r"[$#]+")


class TooLarge(ValueError):
    """The sample would have more than `MOST_VALUES` values."""


def model_template(schema: dict[str, Any]) -> str:
    """`schema` is flattened: it refers to nothing but itself and its `definitions`. Raises TooLarge."""
    return "\n".join((_ROOT, *_Sampler(schema).value(schema, 0, ("#",))))


class _Sampler:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._left = MOST_VALUES

    def value(self, schema: Any, depth: int, above: tuple[str, ...]) -> Iterator[str]:
        """The lines of a value, the first not indented. `above` are the references gone through."""
        self._left -= 1
        if self._left < 0:
            raise TooLarge(f"a sample of the model has more than {MOST_VALUES} values")
        schema, above = self._resolved(schema, above)
        properties, kind = schema.get("properties"), schema.get("type")
        if schema.get("enum"):
            yield _literal(schema["enum"][0])
        elif isinstance(properties, dict) and properties:
            yield from self._object(properties, depth, above)
        elif kind == "array" or "items" in schema:
            yield from self._array(schema.get("items", {}), depth, above)
        elif isinstance(kind, str) and kind in _SAMPLES:
            yield _literal(_SAMPLES[kind])
        else:
            yield "{ }"

    def _object(self, properties: dict[str, Any], depth: int, above: tuple[str, ...]) -> Iterator[str]:
        indent = "  " * (depth + 1)
        yield "{"
        for index, (name, schema) in enumerate(properties.items(), start=1):
            lines = list(self.value(schema, depth + 1, above))
            lines[0] = f"{indent}{_literal(name)} : {lines[0]}"
            lines[-1] += "," if index < len(properties) else ""
            yield from lines
        yield "  " * depth + "}"

    def _array(self, items: Any, depth: int, above: tuple[str, ...]) -> Iterator[str]:
        yield "["
        yield from _FOREACH
        first, *rest = self.value(items[0] if isinstance(items, list) and items else items, depth + 1, above)
        yield "  " * (depth + 1) + first
        yield from rest
        yield from _END
        yield "  " * depth + "]"

    def _resolved(self, schema: Any, above: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """What a reference stands for; nothing, where it leads back to what it is part of."""
        while isinstance(schema, dict) and "$ref" in schema:
            reference = str(schema["$ref"])
            schema = {} if reference in above else self._at(reference)
            above = (*above, reference)
        return (schema if isinstance(schema, dict) else {}), above

    def _at(self, reference: str) -> Any:
        found: Any = self._root if reference.startswith("#") else {}
        for part in reference.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name, {}) if isinstance(found, dict) else {}
        return found


def _literal(value: Any) -> str:
    """A JSON value whose text means nothing to Velocity."""
    return _VELOCITY.sub(lambda match: f"#[[{match[0]}]]#", orjson.dumps(value).decode())
