"""OpenAPI 3.1's JSON Schema (2020-12) as the draft 4 that models are written in.

What has an equal there is written as that equal, what has none is left out; both are reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Report = Callable[[str], None]

_NOT_ENFORCED = (
    "$dynamicRef",
    "$defs",
    "if",
    "then",
    "else",
    "prefixItems",
    "contains",
    "propertyNames",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
_ANNOTATIONS = ("$ref", "description", "summary", "title", "deprecated", "readOnly", "writeOnly", "example")


def as_draft_4(schema: Any, report: Report) -> Any:
    """One schema, without those inside it. `report` is told each thing that Amazon would refuse."""
    if isinstance(schema, bool):
        report("a boolean as a schema")
        return {} if schema else {"not": {}}
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("type"), list):
        report("a list of types")  # which draft 4 knows too
    converted = {name: value for name, value in schema.items() if name not in _NOT_ENFORCED}
    for name in schema:
        if name in _NOT_ENFORCED:
            report(f"'{name}', which is not enforced,")
    _constant(converted, report)
    _bound(converted, "exclusiveMinimum", "minimum", max, report)
    _bound(converted, "exclusiveMaximum", "maximum", min, report)
    _dependencies(converted, report)
    return _beside_reference(converted, report)


def _constant(schema: dict[str, Any], report: Report) -> None:
    if "const" in schema:
        report("'const'")
        schema["enum"] = [schema.pop("const")]


def _bound(
    schema: dict[str, Any], exclusive: str, inclusive: str, stricter: Callable[..., Any], report: Report
) -> None:
    """A number that is excluded by itself is, in draft 4, a bound with a mark that it is excluded."""
    excluded = schema.get(exclusive)
    if isinstance(excluded, bool) or not isinstance(excluded, int | float):
        return
    report(f"a number as '{exclusive}'")
    del schema[exclusive]
    included = schema.get(inclusive)
    if not isinstance(included, int | float) or stricter(included, excluded) == excluded:
        schema[inclusive], schema[exclusive] = excluded, True


def _dependencies(schema: dict[str, Any], report: Report) -> None:
    if "dependentRequired" in schema:
        report("'dependentRequired'")
        schema["dependencies"] = schema.pop("dependentRequired")


def _beside_reference(schema: dict[str, Any], report: Report) -> dict[str, Any]:
    """In draft 4 nothing beside a reference counts."""
    beside = {name: value for name, value in schema.items() if name not in _ANNOTATIONS}
    if "$ref" not in schema or not beside:
        return schema
    report("a schema beside '$ref'")
    return {"allOf": [{"$ref": schema["$ref"]}, beside]}
