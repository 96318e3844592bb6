"""JSON as json-smart writes it, value by value: what orjson writes otherwise, or not at all."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal

from gatewright.jsonpath.java_numbers import decimal_text, double_text

MAX_DEPTH = 1000  # a template can put a map into itself

SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

_escape_where = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2000-\u20ff]').sub


def write(value: object) -> str:
    """Raises TypeError for a value that has no JSON form, ValueError where nesting passes `MAX_DEPTH`."""
    if not isinstance(value, (dict, list)):
        return scalar(value)
    written: list[str] = []
    unfinished = [_pieces(value)]  # not recursive: deep documents must not use up Python's stack
    while unfinished:
        for piece in unfinished[-1]:
            if isinstance(piece, str):
                written.append(piece)
                continue
            if len(unfinished) == MAX_DEPTH:
                raise ValueError(f"Value is nested deeper than {MAX_DEPTH} levels: does it hold itself?")
            unfinished.append(_pieces(piece))
            break
        else:
            unfinished.pop()
    return "".join(written)


Piece = str | dict[object, object] | list[object]  # text to write, or a container to write in its place


def _pieces(container: dict[object, object] | list[object]) -> Iterator[Piece]:
    return _object(container) if isinstance(container, dict) else _array(container)


def _object(members: dict[object, object]) -> Iterator[Piece]:
    before = "{"
    for key, value in members.items():
        label = f"{before}{quoted(key if isinstance(key, str) else scalar(key))}:"
        if isinstance(value, (dict, list)):
            yield label
            yield value
        else:
            yield label + scalar(value)
        before = ","
    yield "}" if members else "{}"


def _array(items: list[object]) -> Iterator[Piece]:
    before = "["
    for value in items:
        if isinstance(value, (dict, list)):
            yield before
            yield value
        else:
            yield before + scalar(value)
        before = ","
    yield "]" if items else "[]"


def scalar(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return "null" if math.isinf(value) else double_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def quoted(text: str) -> str:
    return f'"{_escape_where(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"
