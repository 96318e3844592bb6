"""Steps -> functions from the values found so far to the values found next, in document order.

A step finds nothing in what it cannot be applied to. Where Jayway raises instead, `strict` steps do: those
behind definite steps only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gatewright.jsonpath.errors import PathError
from gatewright.jsonpath.run import CONTAINER_COST, Run
from gatewright.jsonpath.syntax import Index, Property, Slice

Values = list[object]
Select = Callable[[Values, Run], Values]
Accepts = Callable[[object, Run], bool]


def property_(step: Property) -> Select:
    (name,) = step.names

    def select(values: Values, run: Run) -> Values:
        return [value[name] for value in values if isinstance(value, dict) and name in value]

    return select


def merged_properties(step: Property) -> Select:
    """The last step of a path: one object of those names that are there."""
    names = step.names

    def select(values: Values, run: Run) -> Values:
        run.spend(len(values) * len(names))
        return [
            {name: value[name] for name in names if name in value}
            for value in values
            if isinstance(value, dict)
        ]

    return select


def each_property(step: Property) -> Select:
    names = step.names

    def select(values: Values, run: Run) -> Values:
        run.spend(len(values) * len(names))
        return [value[name] for value in values if isinstance(value, dict) for name in names if name in value]

    return select


def index(step: Index, strict: bool) -> Select:
    indexes = step.indexes

    def select(values: Values, run: Run) -> Values:
        run.spend(len(values) * len(indexes))
        found: Values = []
        for value in _arrays(values, strict):
            length = len(value)
            found.extend(value[position] for position in indexes if -length <= position < length)
        return found

    return select


def slice_(step: Slice, strict: bool) -> Select:
    start, stop = step.start, step.stop

    def select(values: Values, run: Run) -> Values:
        found: Values = []
        for value in _arrays(values, strict):
            found.extend(value[position] for position in _positions(start, stop, len(value)))
        run.spend(len(found))
        return found

    return select


def _positions(start: int | None, stop: int | None, length: int) -> range:
    """As Jayway's three kinds of slices: with both bounds given, negative ones are taken as they stand."""
    if stop is None:
        assert start is not None
        return range(max(start + length if start < 0 else start, 0), length)
    if start is None:
        return range(min(stop + length if stop < 0 else stop, length))
    return range(max(start, -length), min(stop, length))


def wildcard(values: Values, run: Run) -> Values:
    found: Values = []
    for value in values:
        if isinstance(value, dict):
            found.extend(value.values())
        elif isinstance(value, list):
            found.extend(value)
    run.spend(len(found))
    return found


def filter_(accepts: Accepts, strict: bool) -> Select:
    """An object is kept or dropped itself, of an array the items."""

    def select(values: Values, run: Run) -> Values:
        found: Values = []
        for value in values:
            candidates = value if isinstance(value, list) else [value] if isinstance(value, dict) else None
            if candidates is not None:
                run.spend(len(candidates))
                found.extend(candidate for candidate in candidates if accepts(candidate, run))
            elif strict:
                raise PathError(
                    f"The filter needs an object or an array; the document has {_kind(value)} there"
                )
        return found

    return select


def scan(select: Select, accepts: Accepts, last: bool) -> Select:
    """`select` on every container at every depth that `accepts` takes, parents first.

    A quirk of all Jayway's releases: where more steps follow, they get all items of an accepted array, not
    the selected ones; `$..[0].x` is the `x` of every item.
    """

    def scanned(values: Values, run: Run) -> Values:
        found: Values = []
        for value in values:
            for container in _containers(value, run):
                if accepts(container, run):
                    whole = isinstance(container, list) and not last
                    found.extend(wildcard([container], run) if whole else select([container], run))
        return found

    return scanned


def scan_property(step: Property) -> Select:
    (name,) = step.names

    def scanned(values: Values, run: Run) -> Values:
        found: Values = []
        for value in values:
            for container in _containers(value, run):
                if isinstance(container, dict) and name in container:
                    found.append(container[name])
        return found

    return scanned


def _containers(value: object, run: Run) -> Iterator[dict[str, object] | list[object]]:
    pending: list[object] = [value]
    while pending:
        container = pending.pop()
        if not isinstance(container, (dict, list)):
            continue
        run.spend(CONTAINER_COST + len(container))
        yield container
        children = container.values() if isinstance(container, dict) else container
        pending.extend(child for child in reversed(children) if isinstance(child, (dict, list)))


def _arrays(values: Values, strict: bool) -> Iterator[list[object]]:
    for value in values:
        if isinstance(value, list):
            yield value
        elif strict and value is not None:
            raise PathError(f"An index or a slice needs an array; the document has {_kind(value)} there")


def _kind(value: object) -> str:
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "an array"
    if value is None:
        return "null"
    return "a string" if isinstance(value, str) else "a boolean" if isinstance(value, bool) else "a number"
