"""Finds the method of a value by name, number and types of arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from gatewright.vtl.equality import java_class
from gatewright.vtl.methods.common import ANYTHING
from gatewright.vtl.methods.lists import ARRAY, COLLECTION, ITERATOR, LIST, SET
from gatewright.vtl.methods.maps import ENTRY, MAP, MAP_VALUE, SCOPE
from gatewright.vtl.methods.numbers import BOOLEANS, DECIMALS, DOUBLES, INTEGERS
from gatewright.vtl.methods.strings import CHARACTERS, STRINGS
from gatewright.vtl.values import (
    ForeachScope,
    HostObject,
    JavaArray,
    JavaChar,
    JavaClass,
    JavaCollection,
    JavaIterator,
    JavaList,
    JavaSet,
    MapEntry,
    MapValue,
    Method,
    Methods,
)

Getter = Callable[[object], object]

_CLASS: Methods = {
    "getName": (Method(lambda value: value.name),),
    "getSimpleName": (Method(lambda value: value.simple_name),),
}
_BY_TYPE: Mapping[type, Methods] = {
    str: STRINGS,
    JavaChar: CHARACTERS,
    int: INTEGERS,
    float: DOUBLES,
    Decimal: DECIMALS,
    bool: BOOLEANS,
    list: LIST,
    JavaList: LIST,
    JavaArray: ARRAY,
    JavaSet: SET,
    JavaCollection: COLLECTION,
    JavaIterator: ITERATOR,
    dict: MAP,
    MapEntry: ENTRY,
    ForeachScope: SCOPE,
    JavaClass: _CLASS,
}


def methods_of(kind: type, name: str, count: int) -> tuple[Method, ...]:
    """The methods called `name` that take `count` arguments, those first that fit best."""
    if issubclass(kind, HostObject):
        own = kind.methods.get(name, ())
        found = (own,) if isinstance(own, Method) else own
        if not found and issubclass(kind, MapValue):
            found = MAP_VALUE.get(name, ())
    else:
        found = _BY_TYPE.get(kind, {}).get(name, ())
    return tuple(method for method in (found or ANYTHING.get(name, ())) if method.takes(count))


@lru_cache(maxsize=64)
def properties_of(kind: type[object]) -> Mapping[str, Getter]:
    """The bean properties of a type: its getters without arguments, and its class."""
    getters: dict[str, Getter] = {}
    for name, methods in _BY_TYPE.get(kind, {}).items():
        getter = next((method.function for method in methods if method.takes(0) and not method.bounded), None)
        if getter is None:
            continue
        for prefix in ("get", "is"):
            if name.startswith(prefix) and name[len(prefix) :][:1].isupper():
                bean = name[len(prefix) :]
                getters.setdefault(bean, getter)
                getters.setdefault(bean[0].lower() + bean[1:], getter)
    getters["class"] = getters["Class"] = class_of
    return getters


def class_of(value: object) -> JavaClass:
    return JavaClass(java_class(value))
