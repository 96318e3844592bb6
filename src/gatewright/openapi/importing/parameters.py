"""A method's parameters: those it declares, those of its path item, those its path makes necessary."""

from __future__ import annotations

from typing import Any

from gatewright.openapi.importing.definition import Method
from gatewright.openapi.importing.reading import Reading
from gatewright.openapi.importing.values import boolean, mapping, sequence, text

_PLACES = {"query": "querystring", "header": "header", "path": "path"}


def declared(
    reading: Reading, item: dict[str, Any], operation: dict[str, Any], path: str
) -> list[dict[str, Any]]:
    """The parameters in force. A path item's count for each of its operations, which may declare them anew.

    That Amazon inherits them is unverified; it is what OpenAPI says.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for written in (item.get("parameters"), operation.get("parameters")):
        for entry in sequence(written, "parameters", path):
            resolved = reading.resolved(entry, "parameter")
            if resolved is None:
                continue
            parameter = mapping(resolved, "parameter", path)
            name, place = (text(parameter.get(member, ""), "parameter", path) for member in ("name", "in"))
            found[name, place] = {**parameter, "name": name, "in": place}
    return list(found.values())


def set_parameters(reading: Reading, method: Method, parameters: list[dict[str, Any]]) -> None:
    """`requestParameters`. Places that a REST API does not know are told and left out."""
    keys: dict[str, bool] = {}
    for parameter in parameters:
        name, place = parameter["name"], parameter["in"]
        if place in _PLACES:
            keys[f"method.request.{_PLACES[place]}.{name}"] = boolean(parameter.get("required"))
        elif place != "body" or not reading.swagger:
            reading.definition.warn(f"Parameter type {place} for parameter {name} not supported. Ignoring.")
    last = method.path.rpartition("/")[2]
    if last.startswith("{") and last.endswith("}") and not last.endswith("+}"):  # of greedy ones: unverified
        keys.setdefault(f"method.request.path.{last[1:-1]}", True)
    if keys:
        method.members["requestParameters"] = keys
