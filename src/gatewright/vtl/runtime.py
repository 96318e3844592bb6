"""What compiled templates call while they run. Nothing else can be reached from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

from gatewright.jsonpath.java_numbers import double_text
from gatewright.vtl.equality import compare_numbers, java_class, loosely_equal
from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.limits import LONG, Limits
from gatewright.vtl.methods.table import properties_of
from gatewright.vtl.text import to_text
from gatewright.vtl.values import (
    ForeachScope,
    HostObject,
    JavaArray,
    JavaClass,
    JavaCollection,
    JavaIterator,
    JavaList,
    JavaSet,
    MapValue,
    map_key,
)

_MEASURED_EVERY = 256  # pieces of output between two looks at their length
_BUILT_STRINGS = 10  # strings of the greatest length that a template may make
_BUILT_LISTS = 20  # collections of the greatest length that a template may make


int_text = int.__repr__


class StopRendering(Exception):
    """`#stop`."""


class BreakLoop(Exception):
    """`#break` inside a string, on its way to the loop around the string."""


class Runtime:
    """One rendering: its output, what it has used of its limits."""

    __slots__ = (
        "built_chars",
        "built_items",
        "deadline",
        "depth",
        "evaluator",
        "iterations",
        "limits",
        "macros",
        "measured",
        "out",
        "printed_chars",
    )

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.deadline = limits.clock() + limits.seconds
        self.out: list[str] = []
        self.measured = _MEASURED_EVERY
        self.built_chars = 0
        self.built_items = 0
        self.printed_chars = 0
        self.iterations = 0
        self.depth = 0
        self.macros: dict[str, Macro] = {}
        self.evaluator: Callable[[Runtime, str], Body] | None = None

    def check_time(self) -> None:
        if self.limits.clock() > self.deadline:
            raise LimitExceeded(f"the template ran for more than {self.limits.seconds:g} seconds")

    def check_string(self, length: int) -> None:
        if length > self.limits.string_chars:
            raise LimitExceeded(f"a string is longer than {self.limits.string_chars} characters")

    def check_items(self, count: int) -> None:
        if count > self.limits.collection_items:
            raise LimitExceeded(f"a collection has more than {self.limits.collection_items} items")

    def check_output(self) -> None:
        """Fails where the output is too long; `measured` is the number of pieces from which to look again."""
        if sum(map(len, self.out)) > self.limits.output_chars:
            raise LimitExceeded(f"the output is longer than {self.limits.output_chars} characters")
        self.measured = len(self.out) + max(_MEASURED_EVERY, len(self.out))

    def printed(self, length: int) -> None:
        """Counts a long piece of output."""
        self.printed_chars += length
        if self.printed_chars > self.limits.output_chars:
            raise LimitExceeded(f"the output is longer than {self.limits.output_chars} characters")

    def built(self, length: int) -> None:
        """Counts a long string: many of them may be kept."""
        self.check_string(length)
        self.built_chars += length
        if self.built_chars > _BUILT_STRINGS * self.limits.string_chars:
            most = _BUILT_STRINGS * self.limits.string_chars
            raise LimitExceeded(f"long strings of together more than {most} characters were built")

    def built_list(self, count: int) -> None:
        """Counts the items of a new list or map: many of them may be kept."""
        self.check_items(count)
        self.built_items += count
        if self.built_items > _BUILT_LISTS * self.limits.collection_items:
            most = _BUILT_LISTS * self.limits.collection_items
            raise LimitExceeded(f"collections of together more than {most} items were built")

    def enter(self, what: str) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            raise LimitExceeded(f"{what}: more than {self.limits.depth} macros and blocks inside one another")
        self.check_time()

    def leave(self) -> None:
        self.depth -= 1


Body = Callable[[Runtime, "Context", list[str]], None]


class Context:
    """The variables of a rendering, for templates whose macros and blocks share them."""

    __slots__ = ("variables",)

    def __init__(self, variables: dict[str, object]) -> None:
        self.variables = variables

    def get(self, name: str) -> object:
        return self.variables.get(name)

    def put(self, name: str, value: object) -> None:
        self.variables[name] = value

    def restore(self, name: str, value: object) -> None:
        """Sets back what a loop replaced; None was no variable."""
        if value is None:
            self.variables.pop(name, None)
        else:
            self.put(name, value)


class MacroContext(Context):
    """What a macro sees: its arguments, evaluated anew at each use, before the variables around it."""

    __slots__ = ("arguments", "outer", "rt")

    def __init__(self, rt: Runtime, outer: Context, arguments: dict[str, Callable[[], object]]) -> None:
        super().__init__({})
        self.rt = rt
        self.outer = outer
        self.arguments = arguments

    def get(self, name: str) -> object:
        value = self.variables.get(name)
        if value is not None:
            return value
        argument = self.arguments.get(name)
        if argument is None:
            return self.outer.get(name)
        self.rt.check_time()  # arguments can be made of arguments, which multiplies
        return argument()

    def put(self, name: str, value: object) -> None:
        if name in self.arguments:
            self.variables[name] = value
        else:
            self.outer.put(name, value)

    def restore(self, name: str, value: object) -> None:
        if value is not None:
            self.put(name, value)
        elif self.variables.pop(name, None) is None:
            self.outer.restore(name, None)


class Macro:
    """A defined macro."""

    __slots__ = ("body", "name", "parameters")

    def __init__(self, name: str, parameters: tuple[str, ...], body: Body) -> None:
        self.name = name
        self.parameters = parameters
        self.body = body


class Block(HostObject):
    """What #define stores: a piece of template that is rendered wherever it is printed."""

    __slots__ = ("body", "context", "depth", "rt")
    java_class = "org.apache.velocity.runtime.directive.Block$Reference"

    def __init__(self, rt: Runtime, context: Context, body: Body) -> None:
        self.rt = rt
        self.context = context
        self.body = body
        self.depth = 0

    def render(self, context: Context, out: list[str]) -> bool:
        """False where the block is inside itself for the second time: Velocity prints its name then."""
        if self.depth == 2:
            return False
        self.depth += 1
        self.rt.enter("#define")
        try:
            self.body(self.rt, context, out)
        except BreakLoop:
            pass
        finally:
            self.rt.leave()
            self.depth -= 1
        return True

    def get(self, name: str) -> object:
        return JavaClass(self.java_class) if name in ("class", "Class") else None

    def text(self) -> str:
        out: list[str] = []
        self.render(self.context, out)
        return joined(self.rt, "".join(out))


def joined(rt: Runtime, text: str) -> str:
    """The text of an interpolated string, counted if it is long."""
    if len(text) > LONG:
        rt.built(len(text))
    return text


def render_string(rt: Runtime, context: Context, body: Body) -> str:
    """An interpolated string with directives in it."""
    out: list[str] = []
    body(rt, context, out)
    return joined(rt, "".join(out))


Argument = tuple[Callable[[], object], str | None]


def call_macro(
    rt: Runtime,
    context: Context,
    out: list[str],
    name: str,
    arguments: tuple[Argument, ...],
    body: Body | None,
    source: str,
    invalid: str | None,
) -> None:
    """Renders a macro; where there is none of the name, the call prints as it is written."""
    macro = rt.macros.get(name)
    if macro is None:
        out.append(source)
        return
    if invalid is not None:
        raise MethodFailed(f"{invalid!r} is no argument for the macro #{name}")
    inner = MacroContext(rt, context, {})
    for parameter, (argument, written) in zip(macro.parameters, arguments, strict=False):
        inner.arguments[parameter] = argument
        inner.variables[f".literal.${parameter}"] = written
    if body is not None:
        inner.variables["bodyContent"] = Block(rt, context, body)
    rt.enter(f"#{name}")
    try:
        macro.body(rt, inner, out)
    except BreakLoop:
        pass
    finally:
        rt.leave()


def evaluate(rt: Runtime, context: Context, out: list[str], template: object) -> None:
    """`#evaluate`: renders text as a template among the same variables."""
    assert rt.evaluator is not None
    body = rt.evaluator(rt, text(rt, template))
    rt.enter("#evaluate")
    body(rt, context, out)
    rt.leave()


def emit(rt: Runtime, context: Context, out: list[str], value: object, prefix: str, unprinted: str) -> None:
    """Prints a value where it may be a block; a block prints without what stands before the reference."""
    if type(value) is not Block:
        out.append(prefix + text(rt, value))
    elif not value.render(context, out):
        out.append(unprinted)


def second(first: object, result: str) -> str:
    """An escaped reference: evaluated, since it may fail, but not printed."""
    del first
    return result


def text(rt: Runtime, value: object) -> str:
    """What prints for a value that is no string."""
    kind = type(value)
    if kind is int:
        return int_text(value)
    if value is None:
        return ""
    if kind is float:
        return double_text(value)  # type: ignore[arg-type]  # mypy does not narrow by a variable's type
    rt.check_time()
    printed = to_text(value, rt.limits)
    if len(printed) > LONG:
        rt.built(len(printed))
    return printed


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


_CHANGED = "ConcurrentModificationException: #foreach goes through a collection that changed"
_SEQUENCES = (JavaList, list, JavaArray, JavaSet, JavaCollection)


def loop_items(rt: Runtime, value: object) -> Sequence[object]:
    """What #foreach goes through, counted; nothing for what is no collection."""
    kind = type(value)
    if kind in _SEQUENCES:
        items: list[object] = value  # type: ignore[assignment]
    elif kind is dict:
        items = list(value.values())  # type: ignore[attr-defined]
    elif isinstance(value, MapValue):
        items = list(value.snapshot().values())
    elif isinstance(value, JavaIterator):
        items = list(islice(value.items, value.index, None))
        value.index = len(value.items)
    else:
        return ()
    rt.iterations += len(items)
    if len(items) > rt.limits.loop_iterations:
        raise LimitExceeded(
            f"#foreach over {len(items)} items; at most {rt.limits.loop_iterations} are allowed"
        )
    if rt.iterations > rt.limits.total_iterations:
        raise LimitExceeded(f"more than {rt.limits.total_iterations} iterations of all loops")
    rt.check_time()
    return items


def guarded(items: Sequence[object], source: object) -> Iterator[object]:
    """The items of a list or map that the loop's body may change: as in Java, the next item then fails."""
    changing = source.owner if isinstance(source, JavaSet) else source
    if not isinstance(changing, dict):
        yield from _guarded_list(items)
        return
    size = len(changing)
    for item in items:
        if len(changing) != size:
            raise MethodFailed(_CHANGED)
        yield item


def _guarded_list(items: Sequence[object]) -> Iterator[object]:
    size, index = len(items), 0
    while index != len(items):
        if len(items) != size:
            raise MethodFailed(_CHANGED)
        yield items[index]
        index += 1


def make_range(rt: Runtime, first: object, last: object) -> JavaList | None:
    """`[first..last]`; no value where an end is no integer."""
    if type(first) is not int or type(last) is not int:
        return None
    rt.built_list(abs(last - first) + 1)
    rt.check_time()
    return JavaList(range(first, last + 1) if first <= last else range(first, last - 1, -1))


_SCALARS = frozenset({str, int, float, bool, Decimal})


def equal(rt: Runtime, left: object, right: object) -> bool:
    """`==`."""
    if type(left) not in _SCALARS or type(right) not in _SCALARS:
        rt.check_time()
    return loosely_equal(left, right)


def counted(rt: Runtime, collection: list[object] | dict[object, object]) -> object:
    """A list or map that is written out in the template."""
    rt.built_list(len(collection))
    return collection


def less(left: object, right: object) -> bool:
    order = compare_numbers(left, right)
    return order is not None and order < 0


def greater(left: object, right: object) -> bool:
    order = compare_numbers(left, right)
    return order is not None and order > 0


def at_most(left: object, right: object) -> bool:
    order = compare_numbers(left, right)
    return order is not None and order <= 0


def at_least(left: object, right: object) -> bool:
    order = compare_numbers(left, right)
    return order is not None and order >= 0


def fail_include(name: object) -> None:
    raise MethodFailed(f"there is nothing to include or parse: {name}")
