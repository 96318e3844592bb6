"""json-smart's JSON: its lenient reader and its two writers, on orjson's speed wherever the two agree.

Values are plain: dict, list, str, int, float, bool, None, and `Decimal` for more than 18 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson

from gatewright.jsonpath.json_writer import scalar, write
from gatewright.jsonpath.lenient_reader import MAX_DEPTH, LenientReader, ParseError

__all__ = ["ParseError", "dumps", "parse", "to_string"]

# A number that orjson may round: 19 characters or more. It stands at the start, or behind one of these four.
_long_number = re.compile(r"[:,\[\s][-0-9][-+.0-9eE]{18}").search
# A float in orjson's text that Java writes with an exponent: from 1e7 up, below 1e-3.
_exponent_number = re.compile(r"[:,\[]-?(?:[0-9]{8,}\.|0\.000|[0-9](?:\.[0-9]+)?e)").search
_java_escaped = re.compile("[\x7f-\x9f\u2000-\u20ff]").search


def parse(text: str) -> object:
    """The value of JSON text, read as leniently as json-smart does; a repeated key keeps its first place.

    Raises ParseError, also for nesting deeper than 400 levels and integers of more than 4300 digits.
    """
    if "\x7f" not in text and not _long_number(text) and text[:1] not in "-0123456789":
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
        else:
            if text.count("[") + text.count("{") <= MAX_DEPTH or not _is_deep(value):
                return value
    return LenientReader(text).read()


def dumps(value: object) -> str:
    """Compact JSON text as `$input.json` writes it; `/` is not escaped.

    Raises TypeError for what has no JSON form and ValueError for what is nested too deep, or in itself.
    """
    if not isinstance(value, (dict, list)):
        return scalar(value)
    try:
        text = orjson.dumps(value).decode()
    except (
        TypeError
    ):  # big integers, Decimals, lone surrogates, keys that are no strings, more than 254 levels
        return write(value)
    return write(value) if _needs_java(text, value) else text


def to_string(value: object) -> str:
    r"""JSON text as a `JSONArray` prints itself: as `dumps`, and `/` is written `\/`."""
    return dumps(value).replace("/", "\\/")


def _needs_java(text: str, value: object) -> bool:
    if "\\u00" in text or _exponent_number(
        text
    ):  # control characters: json-smart's hex digits are upper case
        return True
    if "\x7f" in text or (not text.isascii() and _java_escaped(text)):
        return True
    return "null" in text and _holds_nan(value)  # which orjson writes as null


def _holds_nan(value: object) -> bool:
    containers = [value]
    for container in containers:
        for nested in _nested(container):
            if isinstance(nested, float):
                if nested != nested:
                    return True
            elif isinstance(nested, (dict, list)):
                containers.append(nested)
    return False


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            nested for container in level for nested in _nested(container) if isinstance(nested, (dict, list))
        ]
        if not level:
            return False
    return True


def _nested(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()
