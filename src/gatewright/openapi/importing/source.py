"""The text of a document as a value, and the way back: on which line a place of the value stands.

Text that begins with `{` is JSON, everything else YAML, as the real importer tells them apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import orjson

from gatewright.openapi.importing import json_lines, yaml_lines
from gatewright.openapi.importing.bounds import MOST_BYTES, MOST_DEPTH, Pointer, Unreadable, is_deeper
from gatewright.openapi.importing.yaml_reader import read_yaml

__all__ = ["Pointer", "Source", "Unreadable", "read_source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it was read. What YAML shares by aliases is shared in `document`: do not change it."""

    text: str
    document: dict[str, Any]

    def line_of(self, pointer: Pointer) -> int | None:
        """The line, from 1, on which a member's name or a list's item stands.

        Of a place that is not in the text (it came by an alias, or is missing) the line of the nearest place
        around it; None when nothing of the pointer is there. The empty pointer is the document, on line 1.
        """
        if not pointer:
            return 1
        places = json_lines.places(self.text) if _is_json(self.text) else yaml_lines.places(self.text)
        nearest, depth = None, 0
        for place, line in places:
            if len(place) > depth and place == pointer[: len(place)]:
                nearest, depth = line, len(place)
                if depth == len(pointer):
                    break
        return nearest


def read_source(text: bytes) -> Source:
    """Raises `Unreadable` for what is too large, neither JSON nor YAML, ambiguous, or no object."""
    if len(text) > MOST_BYTES:
        raise Unreadable(f"the document has {len(text)} bytes; at most {MOST_BYTES} are read")
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise Unreadable("the document is not UTF-8 text", line) from None
    document = _read_json(decoded) if _is_json(decoded) else read_yaml(decoded)
    if not isinstance(document, dict):
        raise Unreadable("the document must be an object", 1)
    return Source(decoded, document)


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] == "{"


def _read_json(text: str) -> Any:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the document is not JSON: {error.msg}", error.lineno) from None
    if is_deeper(document, MOST_DEPTH):
        raise Unreadable(f"the document is nested deeper than {MOST_DEPTH} levels")
    _refuse_repeated(text)
    return document


def _refuse_repeated(text: str) -> None:
    """orjson keeps the last of two members with one name, in silence."""
    try:
        json.loads(text, object_pairs_hook=_check_names, parse_int=len, parse_float=len)
    except _Repeated as error:
        reason = f"the member {str(error)[:80]!r} stands twice in one object"
        raise Unreadable(reason, _line_of_repeated(text)) from None


def _line_of_repeated(text: str) -> int | None:
    """The line of the first member that stands there for the second time."""
    seen: set[Pointer] = set()
    for place, line in json_lines.places(text):
        if place in seen:
            return line
        seen.add(place)
    return None


class _Repeated(Exception):
    """The name of a member that stands twice."""


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _Repeated(name)
        seen.add(name)
