"""What values print as: Java's toString."""

from __future__ import annotations

from decimal import Decimal

from gatewright.jsonpath import json_smart
from gatewright.jsonpath.java_numbers import decimal_text, double_text
from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.limits import DEFAULT_LIMITS, Limits
from gatewright.vtl.values import (
    ForeachScope,
    HostObject,
    JavaArray,
    JavaClass,
    JavaCollection,
    JavaIterator,
    JavaKey,
    JavaList,
    JavaSet,
    MapEntry,
)

_MAX_DEPTH = 200


def to_text(value: object, limits: Limits = DEFAULT_LIMITS) -> str:
    """The text of any value; null is empty.

    Raises LimitExceeded for a value of too many items, too deep, or with a longer text than `string_chars`.
    """
    if value is None:
        return ""
    simple = _simple(value)
    return simple if simple is not None else _Printer(limits).print(value)


def _simple(value: object) -> str | None:
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]  # mypy does not narrow by a variable's type
    if kind is int:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return double_text(value)  # type: ignore[arg-type]
    if kind is Decimal:
        return decimal_text(value)  # type: ignore[arg-type]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, HostObject):
        return value.text()
    return _opaque(value)


def _opaque(value: object) -> str | None:
    """What Java prints as a class and an address; here the address is always the same."""
    if type(value) is JavaClass:
        return f"class {value.name}"
    if type(value) is JavaArray:
        return "[Ljava.lang.String;@1"
    if type(value) is JavaIterator:
        return "java.util.Iterator@1"
    return None


class _Printer:
    """Prints one nested value within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._items = 0
        self._chars = 0
        self._pieces: list[str] = []

    def print(self, value: object) -> str:
        self._nested(value, 0)
        return "".join(self._pieces)

    def _add(self, piece: str) -> None:
        self._chars += len(piece)
        if self._chars > self._limits.string_chars:
            raise LimitExceeded(f"the text of a value is longer than {self._limits.string_chars} characters")
        self._pieces.append(piece)

    def _count(self, depth: int) -> None:
        self._items += 1
        if self._items > self._limits.collection_items:
            raise LimitExceeded(f"a value to print has more than {self._limits.collection_items} items")
        if depth > _MAX_DEPTH:
            raise LimitExceeded(f"a value to print is nested deeper than {_MAX_DEPTH} levels")

    def _value(self, value: object, depth: int, outer: object) -> None:
        self._count(depth)
        if value is None:
            self._add("null")
        elif value is outer:
            self._add("(this Map)" if isinstance(value, dict) else "(this Collection)")
        elif (simple := _simple(value)) is not None:
            self._add(simple)
        else:
            self._nested(value, depth)

    def _nested(self, value: object, depth: int) -> None:
        if isinstance(value, dict):
            self._map(value, depth)
        elif isinstance(value, JavaList | JavaSet | JavaCollection):
            self._list(value, depth)
        elif isinstance(value, list):
            self._json(value, depth)
        elif isinstance(value, MapEntry):
            self._entry(value.key, value.value, depth, value)
        elif isinstance(value, JavaKey):
            self._value(value.value, depth, value)
        elif isinstance(value, ForeachScope):
            self._map(value.entries, depth)
        else:
            raise MethodFailed(f"a value of type {type(value).__name__} cannot be printed")

    def _map(self, value: dict[object, object], depth: int) -> None:
        separator = "{"
        for key, item in value.items():
            self._add(separator)
            self._entry(key, item, depth + 1, value)
            separator = ", "
        self._add("}" if value else "{}")

    def _entry(self, key: object, value: object, depth: int, outer: object) -> None:
        self._value(key, depth, outer)
        self._add("=")
        self._value(value, depth, outer)

    def _list(self, value: list[object], depth: int) -> None:
        separator = "["
        for item in value:
            self._add(separator)
            self._value(item, depth + 1, value)
            separator = ", "
        self._add("]" if value else "[]")

    def _json(self, value: list[object], depth: int) -> None:
        plain = self._plain(value, depth)
        try:
            self._add(json_smart.to_string(plain))
        except ValueError as fault:
            raise MethodFailed(str(fault)) from fault

    def _plain(self, value: object, depth: int) -> object:
        """The value in JSON's own types, counted; the same object where nothing has to change."""
        self._count(depth)
        if isinstance(value, list):
            return [self._plain(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {
                key if type(key) is str else str(key): self._plain(item, depth + 1)
                for key, item in value.items()
            }
        if value is None or type(value) in (str, int, float, bool, Decimal):
            return value
        return to_text(value, self._limits)
