"""A template's parameters: the values given, else the defaults, each held to what its declaration says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gatewright.projects.cloudformation import faults
from gatewright.projects.cloudformation.faults import TemplateFault

_LISTS = ("CommaDelimitedList", "List<")
_FROM_SSM = "AWS::SSM::Parameter::Value<"
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?")


class Unavailable:
    """A parameter that has no value here; it is refused where it is used."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def parameter_values(declared: Any, given: Mapping[str, str]) -> dict[str, Any]:
    """Each parameter's value: a text, or a list of texts. Raises TemplateFault."""
    if not isinstance(declared, dict):
        raise TemplateFault("Parameters must be a map", ("Parameters",))
    for name in given:
        if name not in declared:
            raise TemplateFault(
                f"Parameter {name} was given a value and is not declared; the template declares "
                f"{', '.join(declared) or 'none'}",
                ("Parameters",),
            )
    return {name: _value(name, entry, given.get(name)) for name, entry in declared.items()}


def _value(name: str, declared: Any, given: str | None) -> Any:
    path = ("Parameters", name)
    if not isinstance(declared, dict) or not isinstance(declared.get("Type"), str):
        raise TemplateFault(f"Parameter {name} needs a Type", path)
    kind: str = declared["Type"]
    if given is None and kind.startswith(_FROM_SSM):
        return Unavailable(
            f"Parameter {name} is read from Systems Manager, which is not here; "
            f"give its value: --parameter {name}=VALUE"
        )
    default = declared.get("Default")
    if given is None and default is None:
        raise TemplateFault(
            f"Parameter {name} has no default; give its value: --parameter {name}=VALUE", path
        )
    text = _text(default) if given is None else given
    if kind.startswith(_LISTS) or kind.startswith(f"{_FROM_SSM}List"):
        items = [item.strip() for item in text.split(",")] if text else []
        for item in items:
            _check(name, declared, item, "Number" if kind == "List<Number>" else "String", path)
        return items
    _check(name, declared, text, kind, path)
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value)


def _check(name: str, declared: dict[str, Any], text: str, kind: str, path: faults.Path) -> None:
    for member, refused in _CHECKS.items():
        if member in declared and (reason := refused(declared[member], text)):
            said = declared.get("ConstraintDescription") or reason
            raise TemplateFault(f"Parameter {name}: '{text[:100]}' {said}", path)
    if kind != "Number":
        return
    if not _NUMBER.fullmatch(text):
        raise TemplateFault(f"Parameter {name}: '{text[:100]}' is not a number", path)
    least, most = (declared.get(bound) for bound in ("MinValue", "MaxValue"))
    if (least is not None and float(text) < float(least)) or (most is not None and float(text) > float(most)):
        raise TemplateFault(f"Parameter {name}: {text} is not between {least} and {most}", path)


def _not_allowed(allowed: Any, text: str) -> str | None:
    values = [_text(value) for value in allowed]
    return None if text in values else f"is not one of {', '.join(values)}"


def _no_match(pattern: Any, text: str) -> str | None:
    return None if re.fullmatch(str(pattern), text) else f"does not match {pattern}"


_CHECKS: dict[str, Callable[[Any, str], str | None]] = {
    "AllowedValues": _not_allowed,
    "AllowedPattern": _no_match,
    "MinLength": lambda least, text: f"is shorter than {least}" if len(text) < int(least) else None,
    "MaxLength": lambda most, text: f"is longer than {most}" if len(text) > int(most) else None,
}
