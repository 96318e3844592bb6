"""Method calls: one function a place in a template, which remembers what each type of target has to offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.limits import LONG
from gatewright.vtl.methods.table import methods_of
from gatewright.vtl.runtime import Runtime
from gatewright.vtl.values import HostObject, JavaArray, JavaCollection, JavaList, JavaSet, Kinds, Method

_CALLS = 8  # from one look at the time to the next

Call = Callable[..., object]


def call_site(name: str, count: int) -> Call:
    """A function of the rendering, the target and `count` arguments; None where no method fits them."""
    if count == 0:
        return _without_arguments(name)
    if count == 1:
        return _with_one_argument(name)
    if count == 2:
        return _with_two_arguments(name)
    return _with_arguments(name, count)


def _without_arguments(name: str) -> Call:
    found: dict[type, Method | None] = {}

    def call(rt: Runtime, target: object) -> object:
        kind = type(target)
        if kind is not str:
            rt.calls += 1
            if not rt.calls % _CALLS:
                rt.check_time()
        elif len(target) > LONG:  # type: ignore[arg-type]  # mypy does not narrow by a variable's type
            rt.check_time()
        if kind not in found:
            found[kind] = next(iter(methods_of(kind, name, 0)), None)
        method = found[kind]
        if method is None:
            return None
        function = method.function
        result = function(rt, target) if method.bounded else function(target)
        return _counted(rt, result) if type(result) in _COUNTED else result

    return call


def _with_one_argument(name: str) -> Call:
    found: dict[type, tuple[tuple[Kinds, Callable[..., object], bool], ...]] = {}

    def call(rt: Runtime, target: object, argument: object) -> object:
        kind = type(target)
        if kind is not str:
            rt.calls += 1
            if not rt.calls % _CALLS:
                rt.check_time()
        elif len(target) > LONG:  # type: ignore[arg-type]  # mypy does not narrow by a variable's type
            rt.check_time()
        if kind not in found:
            methods = methods_of(kind, name, 1)
            found[kind] = tuple((method.parameters[0], method.function, method.bounded) for method in methods)
        for kinds, function, bounded in found[kind]:
            if kinds is None or type(argument) in kinds:
                result = function(rt, target, argument) if bounded else function(target, argument)
                if type(result) is str and len(result) <= LONG:
                    return result
                return _counted(rt, result) if type(result) in _COUNTED else result
        _check_arguments(kind, name)
        return None

    return call


def _with_two_arguments(name: str) -> Call:
    found: dict[type, tuple[tuple[Kinds, Kinds, Callable[..., object], bool], ...]] = {}

    def call(rt: Runtime, target: object, one: object, two: object) -> object:
        rt.calls += 1
        if not rt.calls % _CALLS:
            rt.check_time()
        kind = type(target)
        if kind not in found:
            found[kind] = tuple(
                (method.parameters[0], method.parameters[1], method.function, method.bounded)
                for method in methods_of(kind, name, 2)
            )
        for first, second, function, bounded in found[kind]:
            if (first is None or type(one) in first) and (second is None or type(two) in second):
                result = function(rt, target, one, two) if bounded else function(target, one, two)
                return _counted(rt, result) if type(result) in _COUNTED else result
        _check_arguments(kind, name)
        return None

    return call


def _with_arguments(name: str, count: int) -> Call:
    found: dict[type, tuple[Method, ...]] = {}

    def call(rt: Runtime, target: object, *arguments: object) -> object:
        rt.check_time()
        kind = type(target)
        methods = found.get(kind)
        if methods is None:
            methods = found[kind] = methods_of(kind, name, count)
        for method in methods:
            if fits(method, arguments):
                function = method.function
                result = function(rt, target, *arguments) if method.bounded else function(target, *arguments)
                return _counted(rt, result) if type(result) in _COUNTED else result
        _check_arguments(kind, name)
        return None

    return call


def _check_arguments(kind: type, name: str) -> None:
    """Arguments that fit no method have no value, but Velocity tries a method that takes none, and fails."""
    if not issubclass(kind, HostObject) and methods_of(kind, name, 0):
        raise MethodFailed(f"IllegalArgumentException: {name}() takes no arguments")


_NEW_LISTS = frozenset({JavaList, JavaArray, JavaSet, JavaCollection})
_COUNTED = _NEW_LISTS | {str}


def _counted(rt: Runtime, result: Any) -> object:
    """Counts what a method made; a list that a document holds was not made by it."""
    if type(result) is not str:
        rt.built_list(len(result))
    elif len(result) > LONG:
        rt.built(len(result))
    return result


def fits(method: Method, arguments: tuple[object, ...]) -> bool:
    return all(
        kinds is None or type(argument) in kinds
        for kinds, argument in zip(method.parameters, arguments, strict=False)
    )
