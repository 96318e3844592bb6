"""The intrinsic functions: a value of the template with what they stand for in their place."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.conditions import Conditions
from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.parameters import Unavailable

_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
_NOTHING = object()  # what AWS::NoValue stands for


class Made(Protocol):
    """What the template's resources have become; each call raises TemplateFault for one that is not there."""

    def ref(self, logical_id: str, path: faults.Path) -> str: ...

    def attribute(self, logical_id: str, name: str, path: faults.Path) -> str: ...


@dataclass(frozen=True, slots=True)
class Names:
    """What a template's values may name: parameters (pseudo parameters too), mappings, conditions."""

    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Conditions


class Resolver:
    """Resolves values against `names` and, for Ref and Fn::GetAtt of resources, `made`."""

    def __init__(self, names: Names, made: Made) -> None:
        self._names = names
        self._made = made

    def resolve(self, value: Any, path: faults.Path) -> Any:
        """The value that CloudFormation would use. Raises TemplateFault."""
        found = self._resolve(value, path)
        return None if found is _NOTHING else found

    def _resolve(self, value: Any, path: faults.Path) -> Any:
        if isinstance(value, list):
            items = (self._resolve(item, (*path, index)) for index, item in enumerate(value))
            return [item for item in items if item is not _NOTHING]
        if not isinstance(value, dict):
            return value
        name = function_of(value)
        if name is None:
            members = {key: self._resolve(inner, (*path, key)) for key, inner in value.items()}
            return {key: inner for key, inner in members.items() if inner is not _NOTHING}
        function = _FUNCTIONS.get(name)
        if function is None:
            raise TemplateFault(f"{name} is not supported; use one of {', '.join(_FUNCTIONS)}", path)
        return function(self, value[name], (*path, name))

    # ---- names --------------------------------------------------------------------------------------------

    def _ref(self, name: Any, path: faults.Path) -> Any:
        if not isinstance(name, str):
            raise TemplateFault("Ref takes the name of a parameter or a resource", path)
        if name == "AWS::NoValue":
            return _NOTHING
        if name not in self._names.parameters:
            return self._made.ref(name, path)
        value = self._names.parameters[name]
        if isinstance(value, Unavailable):
            raise TemplateFault(value.reason, path)
        return value

    def _get_att(self, argument: Any, path: faults.Path) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else self._resolve(argument, path)
        if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            raise TemplateFault("Fn::GetAtt takes the name of a resource and of its attribute", path)
        return self._made.attribute(parts[0], parts[1], path)

    def _sub(self, argument: Any, path: faults.Path) -> str:
        text, extra = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(extra, dict):
            raise TemplateFault("Fn::Sub takes a text, or a text and a map of variables", path)

        def replaced(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in extra:
                return self._text(extra[name], (*path, 1, name))
            if "." in name and name not in self._names.parameters:
                return self._text({"Fn::GetAtt": name.split(".", 1)}, path)
            return self._text({"Ref": name}, path)

        return _VARIABLE.sub(replaced, text)

    def _find_in_map(self, argument: Any, path: faults.Path) -> Any:
        keys = self._list(argument, path, 3)
        found: Any = self._names.mappings
        for key in keys:
            if not isinstance(found, dict) or str(key) not in found:
                raise TemplateFault(f"the Mappings have no {' / '.join(map(str, keys))}", path)
            found = found[str(key)]
        return found

    def _import_value(self, argument: Any, path: faults.Path) -> Any:
        raise TemplateFault(
            "Fn::ImportValue reads the exports of other stacks, and there are none here; use a parameter",
            path,
        )

    # ---- texts and lists ----------------------------------------------------------------------------------

    def _join(self, argument: Any, path: faults.Path) -> str:
        separator, items = self._list(argument, path, 2)
        if not isinstance(separator, str) or not isinstance(items, list):
            raise TemplateFault("Fn::Join takes a separator and a list", path)
        return separator.join(self._text(item, path) for item in items)

    def _split(self, argument: Any, path: faults.Path) -> list[str]:
        separator, text = self._list(argument, path, 2)
        if not isinstance(separator, str) or not separator or not isinstance(text, str):
            raise TemplateFault("Fn::Split takes a separator and a text", path)
        return text.split(separator)

    def _select(self, argument: Any, path: faults.Path) -> Any:
        index, items = self._list(argument, path, 2)
        if not isinstance(items, list) or not re.fullmatch(r"\d{1,6}", str(index)):
            raise TemplateFault("Fn::Select takes an index, from 0, and a list", path)
        if int(index) >= len(items):
            raise TemplateFault(f"Fn::Select asks for item {index} of a list of {len(items)}", path)
        return items[int(index)]

    def _base64(self, argument: Any, path: faults.Path) -> str:
        return b64encode(self._text(argument, path).encode()).decode()

    def _if(self, argument: Any, path: faults.Path) -> Any:
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
            raise TemplateFault("Fn::If takes a condition's name and two values", path)
        taken = 1 if self._names.conditions.holds(argument[0], path) else 2
        return self._resolve(argument[taken], (*path, taken))

    def _list(self, argument: Any, path: faults.Path, length: int) -> list[Any]:
        items = self._resolve(argument, path)
        if not isinstance(items, list) or len(items) != length:
            raise TemplateFault(f"{path[-1]} takes a list of {length}", path)
        return items

    def _text(self, value: Any, path: faults.Path) -> str:
        found = self._resolve(value, path)
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, str | int | float):
            return str(found)
        raise TemplateFault("a text is needed here, not a list or a map", path)


_FUNCTIONS: dict[str, Callable[[Resolver, Any, faults.Path], Any]] = {
    "Ref": Resolver._ref,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::Sub": Resolver._sub,
    "Fn::Join": Resolver._join,
    "Fn::Select": Resolver._select,
    "Fn::Split": Resolver._split,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::If": Resolver._if,
    "Fn::Base64": Resolver._base64,
    "Fn::ImportValue": Resolver._import_value,
}


def function_of(value: dict[str, Any]) -> str | None:
    """The name of the intrinsic function that a map is, if it is one."""
    if len(value) != 1:
        return None
    name = next(iter(value))
    return name if name == "Ref" or name.startswith("Fn::") else None


class NoResources:
    """Where resources cannot be named: in conditions."""

    def ref(self, logical_id: str, path: faults.Path) -> str:
        raise TemplateFault(f"there is no parameter {logical_id}, and a resource cannot be named here", path)

    def attribute(self, logical_id: str, name: str, path: faults.Path) -> str:
        raise TemplateFault("a resource's attribute cannot be named here", path)
