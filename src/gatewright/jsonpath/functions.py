"""The functions a path can end with (`$.prices.sum()`), as Jayway's newer releases define them.

Each takes the value before it and its arguments' values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from gatewright.jsonpath.errors import MISSING, PathError
from gatewright.jsonpath.json_smart import dumps

Arguments = list[object]


def _numbers(value: object, arguments: Arguments) -> list[float]:
    """As Java doubles: those in the list, and the arguments. Raises PathError where there is none."""
    candidates = list(value) if isinstance(value, list) else []
    for argument in arguments:
        candidates.extend(argument if isinstance(argument, list) else [argument])
    found = [_double(candidate) for candidate in candidates if _is_number(candidate)]
    if not found:
        raise PathError("Aggregation function attempted to calculate value using empty array")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _double(value: object) -> float:
    assert isinstance(value, (int, float, Decimal))
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _minimum(value: object, arguments: Arguments) -> object:
    return min(_numbers(value, arguments))


def _maximum(value: object, arguments: Arguments) -> object:
    return max(_numbers(value, arguments))


def _sum(value: object, arguments: Arguments) -> object:
    return sum(_numbers(value, arguments), 0.0)


def _average(value: object, arguments: Arguments) -> object:
    numbers = _numbers(value, arguments)
    return sum(numbers) / len(numbers)


def _standard_deviation(value: object, arguments: Arguments) -> object:
    numbers = _numbers(value, arguments)
    mean = sum(numbers) / len(numbers)
    squares = sum(number * number for number in numbers) / len(numbers)
    return math.sqrt(max(squares - mean * mean, 0.0)) if math.isfinite(squares) else math.nan


def _length(value: object, arguments: Arguments) -> object:
    measured = arguments[0] if arguments and isinstance(arguments[0], list) else value
    return len(measured) if isinstance(measured, (list, dict)) else None


def _keys(value: object, arguments: Arguments) -> object:
    return list(value) if isinstance(value, dict) else None


def _concatenate(value: object, arguments: Arguments) -> object:
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    given = (argument for argument in arguments if argument is not None and argument is not MISSING)
    texts += (argument if isinstance(argument, str) else dumps(argument) for argument in given)
    return "".join(texts)


def _append(value: object, arguments: Arguments) -> object:
    return [*value, *arguments] if isinstance(value, list) else value


def _first(value: object, arguments: Arguments) -> object:
    return _item(value, 0)


def _last(value: object, arguments: Arguments) -> object:
    return _item(value, -1)


def _index(value: object, arguments: Arguments) -> object:
    position = arguments[0] if arguments else None
    if not isinstance(position, int):
        raise PathError("index() needs a whole number as its argument")
    return _item(value, position)


def _item(value: object, index: int) -> object:
    if not isinstance(value, list):
        raise PathError("Aggregation function attempted to calculate value using empty array")
    if not -len(value) <= index < len(value):
        raise PathError(f"Target index:{index} larger than object count:{len(value)}")
    return value[index]


FUNCTIONS: dict[str, Callable[[object, Arguments], object]] = {
    "min": _minimum,
    "max": _maximum,
    "avg": _average,
    "stddev": _standard_deviation,
    "sum": _sum,
    "length": _length,
    "size": _length,
    "keys": _keys,
    "concat": _concatenate,
    "append": _append,
    "first": _first,
    "last": _last,
    "index": _index,
}
