"""JSON read for access control: what two readers could take two ways is refused.

A repeated member, NaN or Infinity, half a character and more nesting than any policy or token has are errors.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

MOST_DEPTH = 32


class Ambiguous(ValueError):
    """The text is not JSON, or not only one JSON; the message says why."""


def loads(text: str | bytes) -> Any:
    """The value in `text` (bytes: UTF-8). Raises `Ambiguous`. The caller has bounded the length."""
    try:
        if isinstance(text, bytes):
            text = text.decode()
        value = _DECODER.decode(text)
    except Ambiguous:
        raise
    except RecursionError:
        raise Ambiguous(f"it is nested deeper than {MOST_DEPTH} levels") from None
    except ValueError as error:  # a broken text, bytes that are not UTF-8, an integer of thousands of digits
        raise Ambiguous(f"it is not JSON ({error})") from None
    if text.count("{") + text.count("[") > MOST_DEPTH and _deeper(value, MOST_DEPTH):
        raise Ambiguous(f"it is nested deeper than {MOST_DEPTH} levels")
    if "\\u" in text and not _is_unicode(value):
        raise Ambiguous("it has half a surrogate pair, which is no character")
    return value


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Ambiguous(f"the member {repeated!r} stands twice in one object")
    return members


def _refuse(constant: str) -> NoReturn:
    raise Ambiguous(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse)


def _deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_deeper(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_deeper(item, levels - 1) for item in value)
    return False
