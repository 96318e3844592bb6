"""Lists, arrays, the sets and collections that maps give, and iterators."""

from __future__ import annotations

from gatewright.vtl.bounds import Bounds
from gatewright.vtl.equality import equals
from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.methods.common import ANYTHING, NO_VALUE, checked_index, clear
from gatewright.vtl.values import (
    ANY,
    INTEGER,
    JavaArray,
    JavaCollection,
    JavaIterator,
    JavaList,
    JavaSet,
    Kinds,
    MapEntry,
    Method,
    Methods,
    map_key,
)

COLLECTIONS: Kinds = frozenset({list, JavaList, JavaArray, JavaSet, JavaCollection})


def get(items: list[object], index: int) -> object:
    return items[checked_index(index, len(items))]


def position(rt: Bounds, items: list[object], value: object) -> int:
    """Of the first equal item; -1 where there is none."""
    nested = isinstance(value, list | dict)
    for index, item in enumerate(items):
        if nested:
            rt.check_time()  # one comparison can be of many items
        if item is value or equals(value, item):
            return index
    return -1


def last_position(rt: Bounds, items: list[object], value: object) -> int:
    reverse = position(rt, items[::-1], value)
    return -1 if reverse < 0 else len(items) - 1 - reverse


def contains(rt: Bounds, items: list[object], value: object) -> bool:
    return position(rt, items, value) >= 0


def contains_all(rt: Bounds, items: list[object], values: list[object]) -> bool:
    for value in values:
        rt.check_time()
        if not contains(rt, items, value):
            return False
    return True


def add(rt: Bounds, items: list[object], value: object) -> bool:
    rt.check_items(len(items) + 1)
    items.append(value)
    return True


def insert(rt: Bounds, items: list[object], index: int, value: object) -> str:
    rt.check_items(len(items) + 1)
    items.insert(checked_index(index, len(items) + 1), value)
    return NO_VALUE


def add_all(rt: Bounds, items: list[object], values: list[object]) -> bool:
    rt.check_items(len(items) + len(values))
    rt.built_list(len(values))
    items.extend(values)
    return bool(values)


def insert_all(rt: Bounds, items: list[object], index: int, values: list[object]) -> bool:
    rt.check_items(len(items) + len(values))
    rt.built_list(len(values))
    checked_index(index, len(items) + 1)
    items[index:index] = values
    return bool(values)


def remove_at(items: list[object], index: int) -> object:
    return items.pop(checked_index(index, len(items)))


def remove(rt: Bounds, items: list[object], value: object) -> bool:
    index = position(rt, items, value)
    if index >= 0:
        del items[index]
    return index >= 0


def remove_all(rt: Bounds, items: list[object], values: list[object]) -> bool:
    return _keep(rt, items, values, False)


def retain_all(rt: Bounds, items: list[object], values: list[object]) -> bool:
    return _keep(rt, items, values, True)


def _keep(rt: Bounds, items: list[object], values: list[object], listed: bool) -> bool:
    kept: list[object] = []
    for item in items:
        rt.check_time()
        if contains(rt, values, item) is listed:
            kept.append(item)
    changed = len(kept) != len(items)
    items[:] = kept
    return changed


def set_at(items: list[object], index: int, value: object) -> object:
    checked_index(index, len(items))
    old, items[index] = items[index], value
    return old


def sub_list(items: list[object], begin: int, end: int) -> JavaList:
    if not 0 <= begin <= end <= len(items):
        raise MethodFailed(f"IndexOutOfBoundsException: subList({begin}, {end}) of a list of {len(items)}")
    return JavaList(items[begin:end])


def array(items: list[object]) -> JavaArray:
    return JavaArray(items)


def refuse(items: list[object], *arguments: object) -> bool:
    raise MethodFailed(
        "UnsupportedOperationException: nothing can be added to it, and no item of an array removed"
    )


def refuse_all(items: list[object], values: list[object]) -> bool:
    return refuse(items) if values else False


def refuse_clearing(items: JavaArray) -> str:
    return str(refuse(items)) if items else NO_VALUE


def refuse_removal(rt: Bounds, items: JavaArray, value: object) -> bool:
    return refuse(items) if contains(rt, items, value) else False


def set_remove(rt: Bounds, items: JavaSet, value: object) -> bool:
    """Out of the set and out of the map it was taken from."""
    found = remove(rt, items, value)
    if found and items.owner is not None:
        key = value.key if isinstance(value, MapEntry) else value
        items.owner.pop(map_key(key), None)
    return found


_READ: Methods = {
    **ANYTHING,
    "size": (Method(len),),
    "isEmpty": (Method(lambda items: not items),),
    "contains": (Method(contains, (ANY,), bounded=True),),
    "containsAll": (Method(contains_all, (COLLECTIONS,), bounded=True),),
    "iterator": (Method(JavaIterator),),
    "toArray": (Method(array),),
}
_INDEXED: Methods = {
    "get": (Method(get, (INTEGER,)),),
    "indexOf": (Method(position, (ANY,), bounded=True),),
    "lastIndexOf": (Method(last_position, (ANY,), bounded=True),),
    "subList": (Method(sub_list, (INTEGER, INTEGER)),),
    "set": (Method(set_at, (INTEGER, ANY)),),
}
LIST: Methods = {
    **_READ,
    **_INDEXED,
    "add": (Method(add, (ANY,), bounded=True), Method(insert, (INTEGER, ANY), bounded=True)),
    "addAll": (
        Method(add_all, (COLLECTIONS,), bounded=True),
        Method(insert_all, (INTEGER, COLLECTIONS), bounded=True),
    ),
    "remove": (Method(remove_at, (INTEGER,)), Method(remove, (ANY,), bounded=True)),
    "removeAll": (Method(remove_all, (COLLECTIONS,), bounded=True),),
    "retainAll": (Method(retain_all, (COLLECTIONS,), bounded=True),),
    "clear": (Method(clear),),
}
_FIXED: Methods = {
    "add": (Method(refuse, (ANY,)),),
    "addAll": (Method(refuse_all, (COLLECTIONS,)),),
}
ARRAY: Methods = {
    **_READ,
    **_INDEXED,
    **_FIXED,
    "add": (Method(refuse, (ANY,)), Method(refuse, (INTEGER, ANY))),
    "clear": (Method(refuse_clearing),),
    "remove": (Method(refuse, (INTEGER,)), Method(refuse_removal, (ANY,), bounded=True)),
}
SET: Methods = {**_READ, **_FIXED, "remove": (Method(set_remove, (ANY,), bounded=True),)}
COLLECTION: Methods = {**_READ, **_FIXED}
ITERATOR: Methods = {
    "hasNext": (Method(JavaIterator.has_next),),
    "next": (Method(JavaIterator.next),),
}
