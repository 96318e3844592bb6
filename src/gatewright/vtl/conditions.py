"""The comparisons of expressions."""

from __future__ import annotations

from decimal import Decimal

from gatewright.vtl.equality import compare_numbers, loosely_equal
from gatewright.vtl.runtime import Runtime

_SCALARS = frozenset({str, int, float, bool, Decimal})
_COMPARED_AS_PYTHON_DOES = frozenset({str, int, bool})


def equal(rt: Runtime, left: object, right: object) -> bool:
    """`==`."""
    if type(left) is type(right) and type(left) in _COMPARED_AS_PYTHON_DOES:
        return left == right
    if type(left) not in _SCALARS or type(right) not in _SCALARS:
        rt.check_time()
    return loosely_equal(left, right)


def less(left: object, right: object) -> bool:
    if type(left) is int and type(right) is int:
        return left < right
    order = compare_numbers(left, right)
    return order is not None and order < 0


def greater(left: object, right: object) -> bool:
    if type(left) is int and type(right) is int:
        return left > right
    order = compare_numbers(left, right)
    return order is not None and order > 0


def at_most(left: object, right: object) -> bool:
    order = compare_numbers(left, right)
    return order is not None and order <= 0


def at_least(left: object, right: object) -> bool:
    order = compare_numbers(left, right)
    return order is not None and order >= 0
