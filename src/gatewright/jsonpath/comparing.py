"""Two values and an operator of a filter -> does it hold?

Jayway compares numbers as BigDecimals and texts character by character. A text and a number are compared
by the left one's type, as numbers only if the text is one. What is missing is never equal and never unequal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from gatewright.jsonpath.errors import MISSING
from gatewright.jsonpath.java_numbers import decimal_text, double_text
from gatewright.jsonpath.syntax import Operator

Number = int | Decimal

_big_decimal = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,9})?").fullmatch


def equal(left: object, right: object) -> bool:
    if isinstance(left, str):
        return left == right if isinstance(right, str) else left == number_text(right)
    left_number = _number(left)
    if left_number is not None:
        right_number = _number_in(right) if isinstance(right, str) else _number(right)
        return right_number is not None and left_number == right_number
    if isinstance(left, (dict, list)):
        return isinstance(right, (dict, list)) and _same(left, right)
    return left is right and left is not MISSING  # true, false, null


def _unequal(left: object, right: object) -> bool:
    """False for what cannot be compared: something missing, a container with a scalar."""
    if left is MISSING or right is MISSING:
        return False
    if isinstance(left, (dict, list)) != isinstance(right, (dict, list)):
        return left is None or right is None
    return not equal(left, right)


def _same_type(left: object, right: object) -> bool:
    """A stricter `==`: no text is equal to a number."""
    return isinstance(left, str) == isinstance(right, str) and equal(left, right)


def _order(left: object, right: object) -> int | None:
    """Negative, zero or positive; None where there is no order."""
    left_number = _number(left)
    right_number = _number_in(right) if isinstance(right, str) and left_number is not None else _number(right)
    if left_number is not None and right_number is not None:
        return (left_number > right_number) - (left_number < right_number)
    left_text = left if isinstance(left, str) else number_text(left)
    right_text = right if isinstance(right, str) else number_text(right)
    if left_text is None or right_text is None:
        return None
    return (left_text > right_text) - (left_text < right_text)


def number_text(value: object) -> str | None:
    """`BigDecimal.toString` of a number; None for anything else."""
    number = _number(value)
    if number is None:
        return None
    if isinstance(value, float):
        return decimal_text(Decimal(double_text(value)))
    return str(number) if isinstance(number, int) else decimal_text(number)


def _number(value: object) -> Number | None:
    """The number a BigDecimal would hold: a double counts as its printed digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return Decimal(float.__repr__(value)) if math.isfinite(value) else None
    return value if isinstance(value, (int, Decimal)) else None


def _number_in(text: str) -> Number | None:
    return Decimal(text) if _big_decimal(text) else None


def _same(left: object, right: object) -> bool:
    """Equal in every part, types included: 1 is not 1.0."""
    pairs = [(left, right)]
    for one, other in pairs:
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pairs.extend((value, other[key]) for key, value in one.items())
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pairs.extend(zip(one, other, strict=True))
        elif type(one) is not type(other) or one != other:
            return False
    return True


def _contains(values: object, wanted: object) -> bool:
    if isinstance(values, str):
        return isinstance(wanted, str) and wanted in values
    return isinstance(values, list) and any(equal(value, wanted) for value in values)


def _in(left: object, right: object) -> bool:
    return isinstance(right, list) and any(equal(left, value) for value in right)


def _not_in(left: object, right: object) -> bool:
    return not _in(left, right)


def _subset_of(left: object, right: object) -> bool:
    return isinstance(left, list) and all(_in(value, right) for value in left)


def _any_of(left: object, right: object) -> bool:
    return isinstance(left, list) and any(_in(value, right) for value in left)


def _none_of(left: object, right: object) -> bool:
    return isinstance(left, list) and not any(_in(value, right) for value in left)


def _all(left: object, right: object) -> bool:
    return isinstance(left, list) and isinstance(right, list) and all(_in(value, left) for value in right)


def _has_size(left: object, right: object) -> bool:
    return isinstance(left, (str, list)) and isinstance(right, int) and len(left) == right


def _is_empty(left: object, right: object) -> bool:
    return isinstance(left, (str, list, dict)) and isinstance(right, bool) and (not left) == right


def _ordered(accepted: Callable[[int], bool]) -> Callable[[object, object], bool]:
    def holds(left: object, right: object) -> bool:
        order = _order(left, right)
        return order is not None and accepted(order)

    return holds


OPERATORS: dict[Operator, Callable[[object, object], bool]] = {
    Operator.EQUAL: equal,
    Operator.NOT_EQUAL: _unequal,
    Operator.SAME: _same_type,
    Operator.NOT_SAME: lambda left, right: not _same_type(left, right),
    Operator.LESS: _ordered(lambda order: order < 0),
    Operator.LESS_OR_EQUAL: _ordered(lambda order: order <= 0),
    Operator.GREATER: _ordered(lambda order: order > 0),
    Operator.GREATER_OR_EQUAL: _ordered(lambda order: order >= 0),
    Operator.IN: _in,
    Operator.NOT_IN: _not_in,
    Operator.SUBSET_OF: _subset_of,
    Operator.ANY_OF: _any_of,
    Operator.NONE_OF: _none_of,
    Operator.ALL: _all,
    Operator.CONTAINS: _contains,
    Operator.SIZE: _has_size,
    Operator.EMPTY: _is_empty,
}
