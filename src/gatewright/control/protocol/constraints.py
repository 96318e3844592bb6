"""The checks a service's front makes before an operation runs, all reported in one ValidationException.

Body members come first, in the model's order, then those of the path, the query and the header. API Gateway
prefixes body members with `{operation}Input`; every name is printed in lower camel case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from gatewright.aws.errors import ValidationFailed
from gatewright.control.protocol.recorded import ENUM_ORDERS, JUDGED_BY_OPERATION
from gatewright.control.protocol.service import Service

PATTERN_CHARACTERS = 8_192  # a longer value is not matched against a pattern: no pattern of a model allows it

# Java's classes of characters that Python's expressions do not know, as they stand inside brackets.
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}

Problem = tuple[str, str]  # "Value … at …", the constraint it breaks


def check(service: Service, operation: OperationModel, params: dict[str, Any]) -> None:
    """Raise ValidationFailed naming every member that breaks a constraint of the model."""
    problems = [
        f"{value} failed to satisfy constraint: {constraint}"
        for value, constraint in _input_problems(service, operation, params)
    ]
    if problems:
        count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
        raise ValidationFailed(f"{count} detected: {'; '.join(problems)}")


def _input_problems(service: Service, operation: OperationModel, params: dict[str, Any]) -> Iterator[Problem]:
    for owner, name, prefix in _inputs(service, operation):
        yield from _member(owner, name, params.get(name), prefix)


@cache
def _inputs(service: Service, operation: OperationModel) -> tuple[tuple[StructureShape, str, str], ...]:
    """The members that are checked, in the order of their problems: whose, its name, what goes before it."""
    shape = operation.input_shape
    if shape is None:
        return ()
    prefix = f"{_lower_camel(operation.name)}Input." if service.names_input else ""
    judged = {
        name for name, member in shape.members.items() if (service.name, member.name) in JUDGED_BY_OPERATION
    }
    outside = {name for name, member in shape.members.items() if "location" in member.serialization}
    names = sorted((name for name in shape.members if name not in judged), key=outside.__contains__)
    return tuple((shape, name, "" if name in outside else prefix) for name in names)


def _member(owner: StructureShape, name: str, value: Any, prefix: str) -> Iterator[Problem]:
    if value is not None:
        yield from _problems(owner.members[name], value, prefix + _lower_camel(name))
    elif name in owner.metadata.get("required", ()):
        yield f"Value null at '{prefix + _lower_camel(name)}'", "Member must not be null"


def _problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    for constraint in _broken(shape, value):
        yield f"Value '{_printed(value)}' at '{path}'", constraint
    if isinstance(shape, StructureShape):
        for name in shape.members:
            yield from _member(shape, name, value.get(name), f"{path}.")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            if item is not None:
                yield from _problems(shape.value, item, f"{path}.{key}.member")
    elif isinstance(shape, ListShape):
        yield from _items(shape.member, value, path)


def _items(shape: Shape, items: list[Any], path: str) -> Iterator[Problem]:
    """Structures are reported one by one; a list of plain values as a whole."""
    if isinstance(shape, StructureShape | MapShape | ListShape):
        for index, item in enumerate(items, start=1):
            yield from _problems(shape, item, f"{path}.{index}.member")
    elif any(_broken(shape, item) for item in items):
        constraints = ", ".join([*_size_constraints(shape).values(), *_form_constraints(shape)])
        yield f"Value '{_printed(items)}' at '{path}'", f"Member must satisfy constraint: [{constraints}]"


def _broken(shape: Shape, value: Any) -> list[str]:
    sizes = _size_constraints(shape)
    broken = []
    if sizes:
        size = value if isinstance(value, int | float) else len(value)
        broken = [
            text
            for bound, text in sizes.items()
            if (size > bound[1] if bound[0] == "max" else size < bound[1])
        ]
    if isinstance(value, str):
        broken += _broken_forms(shape, value)
    return broken


@lru_cache(maxsize=4096)
def _size_constraints(shape: Shape) -> dict[tuple[str, float], str]:
    """The bounds on a length or a number: `("max", bound)` or `("min", bound)` -> the constraint's text."""
    noun = "value" if shape.type_name in ("integer", "long", "float", "double") else "length"
    words = (("max", "less"), ("min", "greater"))
    return {
        (
            kind,
            shape.metadata[kind],
        ): f"Member must have {noun} {word} than or equal to {shape.metadata[kind]}"
        for kind, word in words
        if kind in shape.metadata
    }


def _form_constraints(shape: Shape) -> list[str]:
    """The texts of a string's pattern and enum constraints."""
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    texts = [f"Member must satisfy regular expression pattern: {pattern}"] if pattern else []
    if enum:
        texts.append(f"Member must satisfy enum value set: [{', '.join(ENUM_ORDERS.get(shape.name, enum))}]")
    return texts


def _broken_forms(shape: Shape, value: str) -> list[str]:
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    fits = (not pattern or _fits(pattern, value)) and (not enum or value in enum)
    return [] if fits else _form_constraints(shape)


def _fits(pattern: str, value: str) -> bool:
    return len(value) <= PATTERN_CHARACTERS and _compiled(pattern).fullmatch(value) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _printed(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]
