"""What functions may ask for and Gatewright does not do: refused by name, unless it is empty."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gatewright.control.operation import Params
from gatewright.functions.names import InvalidParameterValue


def refuse_others(params: Params, done: Collection[str]) -> None:
    """Refuse each member that is set and not among those that are done."""
    for member, value in params.items():
        if member not in done and not _empty(value):
            refuse(member)


def refuse(member: str, instead: str = "leave it out") -> None:
    raise InvalidParameterValue(
        f"{member} is not supported by Gatewright, which would not enforce it: {instead}"
    )


def _empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_empty(inner) for inner in value.values())
    return value in (None, "", False, [], ())
