"""Patch operations that bring an entity to what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Patch = dict[str, str]


def replace(path: str, value: Any) -> Patch:
    return {"op": "replace", "path": path, "value": _text(value)}


def add(path: str, value: Any = "") -> Patch:
    return {"op": "add", "path": path, "value": _text(value)}


def remove(path: str, value: Any = None) -> Patch:
    return {"op": "remove", "path": path, **({} if value is None else {"value": _text(value)})}


def escaped(segment: str) -> str:
    """One segment of a path."""
    return segment.replace("~", "~0").replace("/", "~1")


def replaced(now: dict[str, Any], wanted: dict[str, Any], names: Iterable[str]) -> Iterator[Patch]:
    """For each member that differs: what is wanted, or nothing, which takes the member away."""
    for name in names:
        if now.get(name) != wanted.get(name):
            yield replace(f"/{name}", wanted.get(name, ""))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
