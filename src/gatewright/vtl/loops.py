"""Collections: what #foreach goes through, ranges, and the literals of templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.runtime import Runtime
from gatewright.vtl.values import JavaArray, JavaCollection, JavaIterator, JavaList, JavaSet, MapValue

_CHANGED = "ConcurrentModificationException: #foreach goes through a collection that changed"
NOTHING: Sequence[object] = ()
_SEQUENCES = (JavaList, list, JavaArray, JavaSet, JavaCollection)


def loop_items(rt: Runtime, value: object) -> Sequence[object]:
    """What #foreach goes through, counted; `NOTHING` for what is no collection."""
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
        return NOTHING
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
    changing = source.owner if isinstance(source, JavaSet | JavaCollection) else source
    follows = not isinstance(source, JavaSet)
    if not isinstance(changing, dict):
        yield from _guarded_list(items)
        return
    size = len(changing)
    for item in list(changing) if follows else items:
        if len(changing) != size:
            raise MethodFailed(_CHANGED)
        yield changing.get(item) if follows else item


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


def counted(rt: Runtime, collection: list[object] | dict[object, object]) -> object:
    """A list or map that is written out in the template."""
    rt.built_list(len(collection))
    return collection
