"""What is wrong with a body, in the words of the validator that the real service uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from jsonschema_rs import ValidationError

SHOWN_CHARACTERS = 1024  # of one value in a message
# Keywords whose children have names of the owner's choice, and those that lead to a member of the instance.
_NAMED_CHILDREN = frozenset(("definitions", "dependencies", "patternProperties", "properties"))
_MEMBERS = frozenset(("additionalItems", "additionalProperties", "items", "patternProperties", "properties"))


@dataclass(frozen=True, slots=True)
class Schemas:
    """A model's schema and those it refers to, by address."""

    root: Any
    others: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a keyword failed: the way to it through the schemas, and the member of the instance."""

    keyword: tuple[str | int, ...]
    member: tuple[str | int, ...]


def messages(errors: Iterable[ValidationError], schemas: Schemas) -> list[str]:
    """One text for each keyword that failed at one place; those of a value before those of its members."""
    places: dict[_Place, tuple[Any, list[ValidationError]]] = {}
    for error in errors:
        place, schema = _place(error, schemas)
        places.setdefault(place, (schema, []))[1].append(error)
    return [text for place in sorted(places, key=_order) for text in _texts(place, *places[place])]


def _order(place: _Place) -> tuple[int, bool]:
    """As recorded, missing properties are told before those that are too many."""
    return len(place.member), place.keyword[-1] == "additionalProperties"


def _place(error: ValidationError, schemas: Schemas) -> tuple[_Place, Any]:
    """The keyword that answers for an error, and the schema it stands in; `allOf` answers for all below."""
    path = error.evaluation_path
    try:
        length, depth, schema = _walk(path, schemas)
    except (IndexError, KeyError, TypeError):  # an address moved by the schema's own `id`
        return _Place(tuple(path), tuple(error.instance_path)), {}
    return _Place(tuple(path[:length]), tuple(error.instance_path[:depth])), schema


def _walk(path: Sequence[str | int], schemas: Schemas) -> tuple[int, int, Any]:
    """Follow a path through the schemas to the first keyword that answers for its error: (steps of the path,
    steps into the instance, the schema with the keyword)."""
    document = schema = schemas.root
    step = depth = 0
    while path[step] != "allOf" and step < len(path) - 1:
        keyword = path[step]
        step += 1
        depth += keyword in _MEMBERS
        if keyword == "$ref":
            document, schema = _resolved(schema["$ref"], document, schemas)
            continue
        schema = schema[keyword]
        if keyword in _NAMED_CHILDREN or isinstance(path[step], int):
            schema = schema[path[step]]
            step += 1
    return step + 1, depth, schema


def _resolved(reference: str, document: Any, schemas: Schemas) -> tuple[Any, Any]:
    address, _, pointer = reference.partition("#")
    if address:
        document = schemas.others[address]
    schema = document
    for part in unquote(pointer).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        schema = schema[int(key)] if isinstance(schema, list) else schema[key]
    return document, schema


def _texts(place: _Place, schema: Any, group: Sequence[ValidationError]) -> list[str]:
    keyword, error = place.keyword[-1], group[0]
    if keyword == "allOf":
        total = len(schema["allOf"])
        matched = total - len({one.evaluation_path[len(place.keyword)] for one in group})
        return [f"instance failed to match all required schemas (matched only {matched} out of {total})"]
    if keyword == "dependencies":
        return _dependency_texts(schema.get("dependencies", {}), error.instance)
    if keyword == "required":
        missing = sorted(one.kind.value for one in group)
        return [f"object has missing required properties ({_json(missing)})"]
    write = _TEXTS.get(str(keyword))
    return [write(error) if write else _shortened(error.message)]


def _dependency_texts(dependencies: Mapping[str, Any], instance: Any) -> list[str]:
    return [
        f'property "{name}" of object has missing property dependencies '
        f"(schema requires {_json(sorted(needed))}; missing: {_json(sorted(set(needed) - instance.keys()))})"
        for name, needed in dependencies.items()
        if isinstance(needed, list) and name in instance and not set(needed) <= instance.keys()
    ]


def _json(value: Any) -> str:
    try:
        return _shortened(orjson.dumps(value).decode())
    except orjson.JSONEncodeError:  # nested more deeply than can be written
        return "…"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _type_of(value: Any) -> str:
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return "null"


# Booleans are integers to Python, so they come first.
_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def _type(error: ValidationError) -> str:
    allowed = set(error.kind.value)
    if "number" in allowed:
        allowed.add("integer")
    return (
        f"instance type ({_type_of(error.instance)}) does not match any allowed primitive type "
        f"(allowed: {_json(sorted(allowed))})"
    )


def _one_of(error: ValidationError) -> str:
    branches = error.kind.value
    matched = sum(not errors for errors in branches)
    return f"instance failed to match exactly one schema (matched {matched} out of {len(branches)})"


def _found(error: ValidationError) -> Any:
    return error.instance


def _wanted(error: ValidationError) -> Any:
    return error.kind.value


def _string(error: ValidationError) -> str:
    return _shortened(str(error.instance))


_FORMATS = {
    "date-time": "ISO 8601 date and time",
    "email": "email address",
    "hostname": "hostname",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "regex": "ECMA 262 regular expression",
    "uri": "URI",
}

_TEXTS: Mapping[str, Callable[[ValidationError], str]] = {
    "type": _type,
    "oneOf": _one_of,
    "anyOf": lambda error: (
        f"instance failed to match at least one required schema among {len(error.kind.value)}"
    ),
    "not": lambda error: "instance matched a schema which it should not have",
    "enum": lambda error: (
        f"instance value ({_json(_found(error))}) not found in enum "
        f"(possible values: {_json(_wanted(error))})"
    ),
    "additionalProperties": lambda error: (
        "object instance has properties which are not allowed by the schema: "
        f"{_json(sorted(error.kind.value))}"
    ),
    "minProperties": lambda error: (
        f"object has too few properties (found {len(_found(error))} "
        f"but schema requires at least {_wanted(error)})"
    ),
    "maxProperties": lambda error: (
        f"object has too many properties (found {len(_found(error))} "
        f"but schema requires at most {_wanted(error)})"
    ),
    "minItems": lambda error: (
        f"array is too short: must have at least {_wanted(error)} elements "
        f"but instance has {len(_found(error))} elements"
    ),
    "maxItems": lambda error: (
        f"array is too long: must have at most {_wanted(error)} elements "
        f"but instance has {len(_found(error))} elements"
    ),
    "uniqueItems": lambda error: "array must not contain duplicate elements",
    "additionalItems": lambda error: (
        f"schema only allows {_wanted(error)} elements in array "
        f"but instance has {len(_found(error))} elements"
    ),
    "minimum": lambda error: (
        "numeric instance is lower than the required minimum "
        f"(minimum: {_json(_wanted(error))}, found: {_json(_found(error))})"
    ),
    "exclusiveMinimum": lambda error: (
        f"numeric instance is not strictly greater than the required minimum {_json(_wanted(error))}"
    ),
    "maximum": lambda error: (
        "numeric instance is greater than the required maximum "
        f"(maximum: {_json(_wanted(error))}, found: {_json(_found(error))})"
    ),
    "exclusiveMaximum": lambda error: (
        f"numeric instance is not strictly lower than the required maximum {_json(_wanted(error))}"
    ),
    "multipleOf": lambda error: (
        f"remainder of division is not zero ({_json(_found(error))} / {_json(_wanted(error))})"
    ),
    "minLength": lambda error: (
        f'string "{_string(error)}" is too short '
        f"(length: {len(_found(error))}, required minimum: {_wanted(error)})"
    ),
    "maxLength": lambda error: (
        f'string "{_string(error)}" is too long '
        f"(length: {len(_found(error))}, maximum allowed: {_wanted(error)})"
    ),
    "pattern": lambda error: (
        f'ECMA 262 regex "{_wanted(error)}" does not match input string "{_string(error)}"'
    ),
    "format": lambda error: (
        f'string "{_string(error)}" is not a valid {_FORMATS.get(_wanted(error), _wanted(error))}'
    ),
}
