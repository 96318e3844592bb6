"""Properties and elements of values."""

from __future__ import annotations

from gatewright.vtl.equality import java_class
from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.methods.table import properties_of
from gatewright.vtl.runtime import Runtime
from gatewright.vtl.values import ForeachScope, HostObject, JavaArray, JavaClass, JavaList, MapValue, map_key


def get_property(target: object, name: str) -> object:
    """`target.name`; None where there is none."""
    if target is None:
        return None
    if type(target) is dict:
        return JavaClass(java_class(target)) if name in ("class", "Class") else target.get(name)
    if isinstance(target, HostObject):
        return target.get(name)
    kind: type = type(target)
    getter = properties_of(kind).get(name)
    if getter is not None:
        return getter(target)
    if type(target) is ForeachScope:
        return target.entries.get(name)
    return None


_INDEXED = (list, JavaList, JavaArray)


def get_index(target: object, key: object) -> object:
    """`target[key]`; a negative index of a list counts from its end."""
    kind = type(target)
    if type(key) is int and key < 0:
        key = _from_end(target, key)
    if kind is dict:
        return target.get(map_key(key))  # type: ignore[attr-defined]  # mypy does not narrow by a variable's type
    if kind in _INDEXED:
        return target[_list_index(target, key)] if type(key) is int else None  # type: ignore[index, arg-type]
    if isinstance(target, HostObject):
        return target.get(key) if type(key) is str else None
    if kind is ForeachScope:
        return target.entries.get(map_key(key))  # type: ignore[attr-defined]
    return None


def _from_end(target: object, index: int) -> int:
    if target is None:
        return index
    if isinstance(target, dict | list):
        return index + len(target)
    if isinstance(target, MapValue):
        return index + len(list(target.keys()))
    raise MethodFailed(f"index {index} counts from the end of a value that has no size()")


def _list_index(items: list[object], index: int) -> int:
    if not 0 <= index < len(items):
        raise MethodFailed(f"IndexOutOfBoundsException: index {index} for a size of {len(items)}")
    return index


def set_property(rt: Runtime, target: object, name: str, value: object) -> None:
    """`#set($target.name = value)`; what has no such property ignores it."""
    if type(target) is dict:
        rt.check_items(len(target))
        target[name] = value
    elif isinstance(target, MapValue):
        target.put(name, value)
    elif type(target) is ForeachScope:
        target.entries[name] = value


def set_index(rt: Runtime, target: object, key: object, value: object) -> None:
    """`#set($target[key] = value)`."""
    kind = type(target)
    if type(key) is int and key < 0:
        key = _from_end(target, key)
    if kind in _INDEXED:
        if type(key) is int and kind is not JavaArray:
            target[_list_index(target, key)] = value  # type: ignore[index, arg-type]
    elif kind is dict:
        rt.check_items(len(target))  # type: ignore[arg-type]
        target[map_key(key)] = value  # type: ignore[index]
    elif type(key) is str:
        set_property(rt, target, key, value)
