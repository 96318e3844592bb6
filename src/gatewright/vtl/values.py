"""The values of templates that Python has no type for.

Java's String, Boolean, Integer, Long, BigInteger, Double, BigDecimal and null are str, bool, int, float,
Decimal and None. A LinkedHashMap is a dict. A plain list is json-smart's JSONArray, which prints as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from gatewright.vtl.errors import LimitExceeded, MethodFailed

_MAX_KEY_ITEMS = 10_000
_MAX_KEY_DEPTH = 100


class JavaList(list[object]):
    """An ArrayList: `[a, b]` in a template, a range."""

    __slots__ = ()
    java_class = "java.util.ArrayList"


class JavaArray(list[object]):
    """A String[], as `split` gives it: it can be indexed and looped over, but not grown."""

    __slots__ = ()
    java_class = "[Ljava.lang.String;"


class JavaSet(list[object]):
    """What `keySet()` and `entrySet()` give, as it was when asked: no index. `remove` reaches the map."""

    __slots__ = ("owner",)
    java_class = "java.util.LinkedHashMap$LinkedKeySet"

    def __init__(self, items: list[object], owner: dict[object, object] | None = None) -> None:
        super().__init__(items)
        self.owner = owner


class JavaCollection(list[object]):
    """What `values()` gives, as it was when asked: no index. A loop over it follows the map."""

    __slots__ = ("owner",)
    java_class = "java.util.LinkedHashMap$LinkedValues"

    def __init__(self, owner: dict[object, object]) -> None:
        super().__init__(owner.values())
        self.owner = owner


class JavaChar(str):
    """A Character."""

    __slots__ = ()


class MapEntry:
    """One entry of a map, as `entrySet()` holds it; its value is what the map has now."""

    __slots__ = ("_last", "_owner", "key")

    def __init__(self, key: object, value: object, owner: dict[object, object]) -> None:
        self.key = key
        self._last = value
        self._owner = owner

    @property
    def value(self) -> object:
        self._last = self._owner.get(map_key(self.key), self._last)
        return self._last

    @value.setter
    def value(self, value: object) -> None:
        self._last = self._owner[map_key(self.key)] = value


@dataclass(frozen=True, slots=True)
class JavaClass:
    """A class, of which templates see the names and nothing else."""

    name: str

    @property
    def simple_name(self) -> str:
        if self.name == "[Ljava.lang.String;":
            return "String[]"
        return self.name.rpartition(".")[2].rpartition("$")[2]


class JavaIterator:
    """What `iterator()` gives: `hasNext()`, `next()`, and #foreach takes what is left."""

    __slots__ = ("index", "items")

    def __init__(self, items: list[object]) -> None:
        self.items = items
        self.index = 0

    def has_next(self) -> bool:
        return self.index < len(self.items)

    def next(self) -> object:
        if not self.has_next():
            raise MethodFailed("the iterator has no more elements")
        self.index += 1
        return self.items[self.index - 1]


class JavaKey:
    """A key that Python would take for another's equal (1, 1.0 and true) or cannot hash (a list)."""

    __slots__ = ("_frozen", "value")

    def __init__(self, value: object) -> None:
        self.value = value
        self._frozen = frozen(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JavaKey) and self._frozen == other._frozen

    def __hash__(self) -> int:
        return hash(self._frozen)

    def __str__(self) -> str:
        from gatewright.vtl.text import to_text

        return "null" if self.value is None else to_text(self.value)


def frozen(value: object) -> object:
    """Something hashable that is equal for equal values, as they are now.

    Raises LimitExceeded for a value of too many items or levels.
    """
    return _Freezer().freeze(value, 0)


class _Freezer:
    def __init__(self) -> None:
        self._items = 0

    def freeze(self, value: object, depth: int) -> object:
        self._items += 1
        if self._items > _MAX_KEY_ITEMS or depth > _MAX_KEY_DEPTH:
            raise LimitExceeded(f"a key has more than {_MAX_KEY_ITEMS} items or {_MAX_KEY_DEPTH} levels")
        if isinstance(value, list):
            return ("list", tuple(self.freeze(item, depth + 1) for item in value))
        if isinstance(value, dict):
            entries = ((key, self.freeze(item, depth + 1)) for key, item in value.items())
            return ("map", frozenset(entries))
        if value is None or isinstance(value, str | int | float | Decimal):
            return (type(value), value, value.as_tuple() if isinstance(value, Decimal) else None)
        return (type(value), id(value))


def map_key(key: object) -> object:
    """The key as a dict holds it."""
    return key if type(key) is str or type(key) is int else JavaKey(key)


def key_value(key: object) -> object:
    """The key as a template sees it."""
    return key.value if type(key) is JavaKey else key


Kinds = frozenset[type] | None

STRING: Kinds = frozenset({str})
INTEGER: Kinds = frozenset({int})
BOOLEAN: Kinds = frozenset({bool})
NUMBER: Kinds = frozenset({int, float, Decimal})
SCALAR: Kinds = frozenset({str, int, float, bool, Decimal})
ANY: Kinds = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method that templates may call, as `function(target, *arguments)`.

    Each argument's exact type must be one of the parameter's kinds (`STRING`, `SCALAR`, `ANY`, …); the last
    `optional` parameters may be left out. Nothing else is converted: a call that does not fit has no value,
    as in Java. `bounded`: the function takes the rendering (a `Runtime`, for its limits) before the target.
    """

    function: Callable[..., object]
    parameters: tuple[Kinds, ...] = ()
    optional: int = 0
    bounded: bool = False

    def takes(self, count: int) -> bool:
        return len(self.parameters) - self.optional <= count <= len(self.parameters)


Methods = Mapping[str, tuple[Method, ...]]


class HostObject:
    """Base of what the embedding program puts into a template.

    `methods` lists what templates may call; nothing else of the object can be reached. Properties and indexes
    ask `get`. A method that cannot answer raises `MethodFailed`, which fails the template where it was
    called.
    """

    __slots__ = ()
    methods: ClassVar[Mapping[str, Method | tuple[Method, ...]]] = {}
    java_class: ClassVar[str] = "java.lang.Object"

    def get(self, name: str) -> object:
        """The property or element called `name`; None where there is none."""
        del name
        return None

    def text(self) -> str:
        """How it prints."""
        return ""

    def __str__(self) -> str:
        return self.text()


class MapValue(HostObject):
    """A Java Map whose entries are computed when they are asked for.

    Subclasses give `keys` and `get`; writable ones also `put`. Every method of a Java Map works on them.
    """

    __slots__ = ()
    java_class: ClassVar[str] = "java.util.Collections$UnmodifiableMap"

    def keys(self) -> Iterator[str]:
        return iter(())

    def put(self, name: str, value: object) -> object:
        """Sets an entry and gives the value it had."""
        del value
        raise MethodFailed(f"cannot set {name!r}: this map is read-only")

    def snapshot(self) -> dict[object, object]:
        """Its entries now."""
        return {name: self.get(name) for name in self.keys()}

    def text(self) -> str:
        from gatewright.vtl.text import to_text

        return to_text(self.snapshot())


class ForeachScope:
    """`$foreach`: where a loop stands. It is a map, too, in which templates may keep things."""

    __slots__ = ("entries", "index", "parent", "size")

    def __init__(self, size: int, parent: object) -> None:
        self.index = -1
        self.size = size
        self.parent = parent
        self.entries: dict[object, object] = {}

    def has_next(self) -> bool:
        return self.index + 1 < self.size
