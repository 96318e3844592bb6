"""A document's values as the types they should be. What is absent is empty, any other type is malformed."""

from __future__ import annotations

from typing import Any

from gatewright.openapi.importing.definition import malformed


def mapping(value: Any, what: str, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(what, path)
    return value


def sequence(value: Any, what: str, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(what, path)
    return value


def text(value: Any, what: str, path: str) -> str:
    """A text, or what YAML takes for a number or a boolean: `version: 1` says "1"."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise malformed(what, path)
    return str(value)


def optional_text(value: Any, what: str, path: str) -> str | None:
    return None if value is None else text(value, what, path)


def texts(value: Any, what: str, path: str) -> list[str]:
    return [text(item, what, path) for item in sequence(value, what, path)]


def number(value: Any, what: str, path: str) -> int:
    """A whole number, also as a text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise malformed(what, path)
    return int(value)


def boolean(value: Any) -> bool:
    """Only true and the text of it are true, as everywhere in the management API."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def members(value: dict[str, Any]) -> dict[str, Any]:
    """Without the extensions, which may stand beside the members of any object."""
    return {name: item for name, item in value.items() if not name.startswith("x-")}
