"""YAML as the value JSON would have: names are texts, dates stay texts, only true and false are booleans.

`yes`, `no`, `on` and `off` are texts too, and so is a number with a leading zero, which may be an account's.
Built from the parser's events, so that depth and what aliases stand for are bounded before anything is made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from gatewright.openapi.importing.bounds import MOST_DEPTH, MOST_EXPANDED, Unreadable

LOADER = yaml.CSafeLoader  # libyaml's: ten times faster than the one in Python

_NULL = re.compile(r"|~|null|Null|NULL")
_BOOLEAN = re.compile(r"(?:(true|True|TRUE)|false|False|FALSE)")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,19})")
_OTHER_INTEGER = re.compile(r"0x[0-9a-fA-F]{1,16}|0o[0-7]{1,21}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"


def read_yaml(text: str) -> Any:
    """Raises `Unreadable`."""
    try:
        return _Reader(yaml.parse(text, Loader=LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(
            f"the document is not YAML: {error.problem}", mark.line + 1 if mark else None
        ) from None
    except yaml.YAMLError as error:
        raise Unreadable(f"the document is not YAML: {str(error).splitlines()[0]}") from None


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}  # value, weight
        self._weight = 0

    def document(self) -> Any:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise Unreadable("the document is empty", 1)
        value = self._value(next(self._events), 0)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise Unreadable("there is more than one YAML document", line_of_event(after))
        return value

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._weight
        self._add(1 + len(getattr(event, "value", "")), event)
        if depth > MOST_DEPTH:
            raise Unreadable(f"the document is nested deeper than {MOST_DEPTH} levels", line_of_event(event))
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(event, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(event, depth)
        else:
            value = _scalar(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._weight - before)
        return value

    def _alias(self, event: Any) -> Any:
        """What stands at an anchor. Inside itself an anchor is not known yet, so there are no circles."""
        if event.anchor not in self._anchors:
            raise Unreadable(f"the alias {event.anchor[:80]!r} has no anchor before it", line_of_event(event))
        value, weight = self._anchors[event.anchor]
        self._add(weight, event)
        return value

    def _add(self, weight: int, event: Any) -> None:
        self._weight += weight
        if self._weight > MOST_EXPANDED:
            raise Unreadable(f"the aliases stand for more than {MOST_EXPANDED} bytes", line_of_event(event))

    def _sequence(self, event: Any, depth: int) -> list[Any]:
        _check_tag(event, "seq")
        items = []
        while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(item, depth + 1))
        return items

    def _mapping(self, event: Any, depth: int) -> dict[str, Any]:
        _check_tag(event, "map")
        members: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            name = self._name(key)
            value = self._value(next(self._events), depth + 1)
            if name == _MERGE and key.implicit[0]:
                _take_in(merged, value, key)
            elif name in members:
                raise Unreadable(f"the member {name[:80]!r} stands twice in one mapping", line_of_event(key))
            else:
                members[name] = value
        return {**merged, **members}

    def _name(self, event: Any) -> str:
        """A member's name as it is written: `200` is a name like any other."""
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable("a member's name must be a text", line_of_event(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = (event.value, 1 + len(event.value))
        self._add(1 + len(event.value), event)
        return str(event.value)


def _take_in(merged: dict[str, Any], value: Any, key: Any) -> None:
    """Merge what `<<` names: one mapping, or several, of which the first wins."""
    mappings = value if isinstance(value, list) else [value]
    for mapping in mappings:
        if not isinstance(mapping, dict):
            raise Unreadable("`<<` takes a mapping or a list of mappings", line_of_event(key))
        for name, item in mapping.items():
            merged.setdefault(name, item)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag in (None, "!"):
        return _plain(text) if event.implicit[0] else text
    if event.tag == f"{_TAG}str":
        return text
    value = _plain(text)
    kinds = {"int": int, "float": int | float, "bool": bool, "null": type(None)}
    kind = kinds.get(event.tag.removeprefix(_TAG))
    if kind is None or not isinstance(value, kind):
        raise Unreadable(f"the tag {event.tag[:80]!r} cannot be read here", line_of_event(event))
    return value


def _plain(text: str) -> Any:
    """The value of a text without quotes."""
    if _NULL.fullmatch(text):
        return None
    if boolean := _BOOLEAN.fullmatch(text):
        return boolean[1] is not None
    if _INTEGER.fullmatch(text) or _OTHER_INTEGER.fullmatch(text):
        integer = int(text, 0)
        return integer if -(2**63) <= integer < 2**64 else float(integer)  # as JSON is read
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _check_tag(event: Any, kind: str) -> None:
    if event.tag not in (None, "!", _TAG + kind):
        raise Unreadable(f"the tag {event.tag[:80]!r} cannot be read here", line_of_event(event))


def line_of_event(event: Any) -> int:
    """The line, from 1, on which what the parser saw begins."""
    return int(event.start_mark.line) + 1
