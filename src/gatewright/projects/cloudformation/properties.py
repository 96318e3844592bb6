"""A resource's properties as the members of the operation that makes it, by botocore's own description.

CloudFormation names properties as the operations name their members, with a capital first, and takes a number
or a boolean as text. What the operation has no member for is refused by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NoReturn

from botocore.loaders import Loader
from botocore.model import ServiceModel

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.faults import TemplateFault

Params = dict[str, Any]
_Convert = Callable[[Any, Any, faults.Path, "Declared"], Any]

_WHOLE = re.compile(r"-?\d{1,18}")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource of the template, with its properties resolved."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]

    def refuse(self, reason: str, *names: str | int) -> NoReturn:
        """Raise TemplateFault for a property, or for the whole resource."""
        where = f", property {dotted(names)}" if names else ""
        raise TemplateFault(
            f"{self.logical_id} ({self.type}){where}: {reason}",
            ("Resources", self.logical_id, *(("Properties", *names) if names else ())),
        )

    def required(self, *names: str) -> None:
        for name in names:
            if name not in self.properties:
                self.refuse("is required, and missing", name)

    def only(self, *names: str) -> None:
        """Refuse every property that is not among these."""
        for name in self.properties:
            if name not in names:
                self.refuse(f"is not supported; the properties are {', '.join(names)}", name)

    def text_of_json(self, name: str) -> str:
        """A property that is a JSON document, or its text."""
        value = self.properties[name]
        if not isinstance(value, dict | str):
            self.refuse("must be a map, or JSON as text", name)
        return value if isinstance(value, str) else json.dumps(value)


def dotted(names: Collection[str | int]) -> str:
    """`Integration.IntegrationResponses[0].StatusCode`"""
    return "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in names).removeprefix(".")


def members(
    declared: Declared,
    service: str,
    shape: str,
    *,
    renamed: Mapping[str, str] = MappingProxyType({}),
    beside: Collection[str] = (),
) -> Params:
    """The resource's properties as members of a shape of the service.

    `renamed` are properties whose members have other names, `beside` those that are not the shape's; the
    latter are left out. Raises TemplateFault.
    """
    given = {name: value for name, value in declared.properties.items() if name not in beside}
    return converted(given, service, shape, declared, renamed=renamed)


def converted(
    value: Any,
    service: str,
    shape: str,
    declared: Declared,
    *within: str | int,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> Params:
    """The same for a part of the properties, that stands at `within`."""
    return _structure(value, _model(service).shape_for(shape), within, declared, renamed)


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _convert(value: Any, shape: Any, path: faults.Path, declared: Declared) -> Any:
    return _CONVERSIONS[shape.type_name](value, shape, path, declared)


def _structure(
    value: Any,
    shape: Any,
    path: faults.Path,
    declared: Declared,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> Params:
    if not isinstance(value, dict):
        declared.refuse("must be a map", *path)
    names = {member[0].upper() + member[1:]: member for member in shape.members} | dict(renamed)
    params: Params = {}
    for name, inner in value.items():
        if name not in names:
            known = ", ".join(sorted(names))
            declared.refuse(f"is not supported; those that are: {known}", *path, name)
        if inner is None:
            declared.refuse("has no value", *path, name)
        member = names[name]
        params[member] = _convert(inner, shape.members[member], (*path, name), declared)
    return params


def _list(value: Any, shape: Any, path: faults.Path, declared: Declared) -> list[Any]:
    if not isinstance(value, list):
        declared.refuse("must be a list", *path)
    return [_convert(item, shape.member, (*path, index), declared) for index, item in enumerate(value)]


def _map(value: Any, shape: Any, path: faults.Path, declared: Declared) -> Params:
    if isinstance(value, list):
        value = _of_tags(value, path, declared)
    if not isinstance(value, dict):
        declared.refuse("must be a map", *path)
    return {key: _convert(inner, shape.value, (*path, key), declared) for key, inner in value.items()}


def _of_tags(value: list[Any], path: faults.Path, declared: Declared) -> Params:
    if not all(isinstance(tag, dict) and tag.keys() == {"Key", "Value"} for tag in value):
        declared.refuse("must be a list of maps with Key and Value", *path)
    return {str(tag["Key"]): tag["Value"] for tag in value}


def _boolean(value: Any, shape: Any, path: faults.Path, declared: Declared) -> bool:
    text = str(value).lower()
    if not isinstance(value, bool | str) or text not in ("true", "false"):
        declared.refuse(f"must be true or false, not {_shown(value)}", *path)
    return text == "true"


def _whole(value: Any, shape: Any, path: faults.Path, declared: Declared) -> int:
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
        declared.refuse(f"must be a whole number, not {_shown(value)}", *path)
    return int(value)


def _number(value: Any, shape: Any, path: faults.Path, declared: Declared) -> float:
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        declared.refuse(f"must be a number, not {_shown(value)}", *path)
    return float(value)


def _string(value: Any, shape: Any, path: faults.Path, declared: Declared) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        declared.refuse(f"must be a text, not {_shown(value)}", *path)
    return str(value)


def _shown(value: Any) -> str:
    return repr(value)[:100]


_CONVERSIONS: dict[str, _Convert] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "boolean": _boolean,
    "integer": _whole,
    "long": _whole,
    "double": _number,
    "float": _number,
    "string": _string,
}
