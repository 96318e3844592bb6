"""Maps: those of templates and documents, those that are computed, their entries, and `$foreach`."""

from __future__ import annotations

from collections.abc import Callable

from gatewright.vtl.bounds import Bounds
from gatewright.vtl.methods.common import ANYTHING, NO_VALUE, clear
from gatewright.vtl.methods.lists import contains
from gatewright.vtl.values import (
    ANY,
    ForeachScope,
    JavaCollection,
    JavaSet,
    Kinds,
    MapEntry,
    MapValue,
    Method,
    Methods,
    key_value,
    map_key,
)

Map = dict[object, object]
_MAPS: Kinds = frozenset({dict})


def get(entries: Map, key: object) -> object:
    return entries.get(map_key(key))


def get_or_default(entries: Map, key: object, default: object) -> object:
    return entries.get(map_key(key), default)


def contains_key(entries: Map, key: object) -> bool:
    return map_key(key) in entries


def contains_value(rt: Bounds, entries: Map, value: object) -> bool:
    return contains(rt, list(entries.values()), value)


def put(rt: Bounds, entries: Map, key: object, value: object) -> object:
    rt.check_items(len(entries))
    key = map_key(key)
    old = entries.get(key)
    entries[key] = value
    return old


def put_if_absent(rt: Bounds, entries: Map, key: object, value: object) -> object:
    old = get(entries, key)
    if old is None:
        put(rt, entries, key, value)
    return old


def put_all(rt: Bounds, entries: Map, other: Map) -> str:
    rt.check_items(len(entries) + len(other))
    rt.built_list(len(other))
    entries.update(other)
    return NO_VALUE


def replace(entries: Map, key: object, value: object) -> object:
    key = map_key(key)
    if key not in entries:
        return None
    old, entries[key] = entries[key], value
    return old


def remove(entries: Map, key: object) -> object:
    return entries.pop(map_key(key), None)


def key_set(entries: Map) -> JavaSet:
    return JavaSet([key_value(key) for key in entries], entries)


def values(entries: Map) -> JavaCollection:
    return JavaCollection(entries)


def entry_set(entries: Map) -> JavaSet:
    return JavaSet([MapEntry(key_value(key), value, entries) for key, value in entries.items()], entries)


def set_value(entry: MapEntry, value: object) -> object:
    old, entry.value = entry.value, value
    return old


def _of_snapshot(function: Callable[..., object]) -> Callable[..., object]:
    """The method of a plain map, on what a computed one holds now."""

    def call(target: MapValue, *arguments: object) -> object:
        return function(target.snapshot(), *arguments)

    return call


def value_get(target: MapValue, key: object) -> object:
    return target.get(key) if type(key) is str else None


def value_get_or_default(target: MapValue, key: object, default: object) -> object:
    return value_get(target, key) if value_contains_key(target, key) else default


def value_contains_key(target: MapValue, key: object) -> bool:
    return any(name == key for name in target.keys())  # noqa: SIM118  # it is no mapping of Python's


def value_contains_value(rt: Bounds, target: MapValue, value: object) -> bool:
    return contains_value(rt, target.snapshot(), value)


def value_put(target: MapValue, key: str, value: object) -> object:
    return target.put(key, value)


def value_put_all(target: MapValue, other: Map) -> str:
    for key, value in other.items():
        target.put(str(key), value)
    return NO_VALUE


def value_refuse(target: MapValue, *arguments: object) -> object:
    """Removing and clearing: computed maps have no way to."""
    return target.put(str(arguments[0]) if arguments else "", None)


def value_keys(target: MapValue) -> JavaSet:
    return JavaSet(list(target.keys()))


MAP: Methods = {
    **ANYTHING,
    "get": (Method(get, (ANY,)),),
    "getOrDefault": (Method(get_or_default, (ANY, ANY)),),
    "containsKey": (Method(contains_key, (ANY,)),),
    "containsValue": (Method(contains_value, (ANY,), bounded=True),),
    "put": (Method(put, (ANY, ANY), bounded=True),),
    "putIfAbsent": (Method(put_if_absent, (ANY, ANY), bounded=True),),
    "putAll": (Method(put_all, (_MAPS,), bounded=True),),
    "replace": (Method(replace, (ANY, ANY)),),
    "remove": (Method(remove, (ANY,)),),
    "clear": (Method(clear),),
    "keySet": (Method(key_set),),
    "values": (Method(values),),
    "entrySet": (Method(entry_set),),
    "size": (Method(len),),
    "isEmpty": (Method(lambda entries: not entries),),
}
MAP_VALUE: Methods = {
    **ANYTHING,
    "get": (Method(value_get, (ANY,)),),
    "getOrDefault": (Method(value_get_or_default, (ANY, ANY)),),
    "containsKey": (Method(value_contains_key, (ANY,)),),
    "containsValue": (Method(value_contains_value, (ANY,), bounded=True),),
    "put": (Method(value_put, (frozenset({str}), ANY)),),
    "putAll": (Method(value_put_all, (_MAPS,)),),
    "remove": (Method(value_refuse, (ANY,)),),
    "clear": (Method(value_refuse),),
    "keySet": (Method(value_keys),),
    "values": (Method(_of_snapshot(values)),),
    "entrySet": (Method(_of_snapshot(entry_set)),),
    "size": (Method(lambda target: len(list(target.keys()))),),
    "isEmpty": (Method(lambda target: not list(target.keys())),),
}
ENTRY: Methods = {
    **ANYTHING,
    "getKey": (Method(lambda entry: entry.key),),
    "getValue": (Method(lambda entry: entry.value),),
    "setValue": (Method(set_value, (ANY,)),),
}


def topmost(scope: ForeachScope) -> ForeachScope:
    while isinstance(scope.parent, ForeachScope):
        scope = scope.parent
    return scope


def depth(scope: ForeachScope) -> int:
    return 1 + depth(scope.parent) if isinstance(scope.parent, ForeachScope) else 1


def parent(scope: ForeachScope) -> ForeachScope | None:
    return scope.parent if isinstance(scope.parent, ForeachScope) else None


def _of_entries(function: Callable[..., object]) -> Callable[..., object]:
    def call(scope: ForeachScope, *arguments: object) -> object:
        return function(scope.entries, *arguments)

    return call


def _put_in_scope(rt: Bounds, scope: ForeachScope, key: object, value: object) -> object:
    return put(rt, scope.entries, key, value)


SCOPE: Methods = {
    **ANYTHING,
    "getIndex": (Method(lambda scope: scope.index),),
    "getCount": (Method(lambda scope: scope.index + 1),),
    "hasNext": (Method(ForeachScope.has_next),),
    "getHasNext": (Method(ForeachScope.has_next),),
    "isFirst": (Method(lambda scope: scope.index == 0),),
    "getFirst": (Method(lambda scope: scope.index == 0),),
    "isLast": (Method(lambda scope: not scope.has_next()),),
    "getLast": (Method(lambda scope: not scope.has_next()),),
    "getParent": (Method(parent),),
    "getTopmost": (Method(topmost),),
    "getDepth": (Method(depth),),
    "get": (Method(_of_entries(get), (ANY,)),),
    "put": (Method(_put_in_scope, (ANY, ANY), bounded=True),),
    "size": (Method(_of_entries(len)),),
    "containsKey": (Method(_of_entries(contains_key), (ANY,)),),
    "keySet": (Method(_of_entries(key_set)),),
}
