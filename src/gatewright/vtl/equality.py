"""Java's `equals`, and the `==`, `<` and `>` that Velocity makes of it."""

from __future__ import annotations

import math
from decimal import Decimal

from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.text import to_text
from gatewright.vtl.values import (
    HostObject,
    JavaArray,
    JavaChar,
    JavaClass,
    JavaCollection,
    JavaList,
    JavaSet,
    MapEntry,
)

_MAX_COMPARED = 100_000  # items of two values that are compared
_MAX_DEPTH = 200
INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


def java_class(value: object) -> str:
    """The name of the value's Java class."""
    kind = type(value)
    if kind is int:
        return _integer_class(value)  # type: ignore[arg-type]  # mypy does not narrow by a variable's type
    name = _CLASSES.get(kind)
    if name is not None:
        return name
    return value.java_class if isinstance(value, HostObject) else "java.lang.Object"


def _integer_class(value: int) -> str:
    if INT_MIN <= value <= INT_MAX:
        return "java.lang.Integer"
    return "java.lang.Long" if LONG_MIN <= value <= LONG_MAX else "java.math.BigInteger"


_CLASSES: dict[type, str] = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    float: "java.lang.Double",
    Decimal: "java.math.BigDecimal",
    dict: "java.util.LinkedHashMap",
    list: "net.minidev.json.JSONArray",
    JavaList: JavaList.java_class,
    JavaArray: JavaArray.java_class,
    JavaSet: JavaSet.java_class,
    JavaCollection: JavaCollection.java_class,
    JavaChar: "java.lang.Character",
    MapEntry: "java.util.LinkedHashMap$Entry",
    JavaClass: "java.lang.Class",
}
_LISTS = (list, JavaList)
_NUMBERS = (int, float, Decimal)


class _Comparison:
    def __init__(self) -> None:
        self.compared = 0

    def equal(self, left: object, right: object, depth: int) -> bool:
        self.compared += 1
        if self.compared > _MAX_COMPARED or depth > _MAX_DEPTH:
            raise LimitExceeded(
                f"values of more than {_MAX_COMPARED} items or {_MAX_DEPTH} levels are compared"
            )
        if left is right:
            return True
        if type(left) in _LISTS and type(right) in _LISTS:
            return self._lists(left, right, depth)  # type: ignore[arg-type]
        if type(left) is not type(right):
            return False
        if isinstance(left, dict) and isinstance(right, dict):
            return self._maps(left, right, depth)
        if isinstance(left, JavaSet) and isinstance(right, JavaSet):
            return len(left) == len(right) and all(
                any(self.equal(item, other, depth + 1) for other in right) for item in left
            )
        return self._scalars(left, right)

    def _lists(self, left: list[object], right: list[object], depth: int) -> bool:
        return len(left) == len(right) and all(
            self.equal(one, other, depth + 1) for one, other in zip(left, right, strict=True)
        )

    def _maps(self, left: dict[object, object], right: dict[object, object], depth: int) -> bool:
        return len(left) == len(right) and all(
            key in right and self.equal(value, right[key], depth + 1) for key, value in left.items()
        )

    def _scalars(self, left: object, right: object) -> bool:
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            return left == right and left.as_tuple().exponent == right.as_tuple().exponent
        if isinstance(left, MapEntry) and isinstance(right, MapEntry):
            return self.equal(left.key, right.key, 1) and self.equal(left.value, right.value, 1)
        if isinstance(left, float) and isinstance(right, float):
            return left == right or (left != left and right != right)
        return isinstance(left, str | int | JavaClass) and left == right


def equals(left: object, right: object) -> bool:
    """`left.equals(right)`: of one class and the same value, lists and maps item by item."""
    return _Comparison().equal(left, right, 0)


def loosely_equal(left: object, right: object) -> bool:
    """Velocity's `==`: numbers by value, values of one class by `equals`, others by their text."""
    if type(left) is str and type(right) is str:
        return left == right
    if left is None or right is None:
        return left is right
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return compare_numbers(left, right) == 0
    if type(left) is type(right) or (type(left) in _LISTS and type(right) in _LISTS):
        return equals(left, right)
    return to_text(left) == to_text(right)


def compare_numbers(left: object, right: object) -> int | None:
    """Below, equal or above zero; None where one of them is no number."""
    if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
        return None
    one, other = _comparable(left, right)
    if one < other:
        return -1
    return 1 if one > other else 0


def _comparable(left: object, right: object) -> tuple[Decimal | float | int, Decimal | float | int]:
    assert isinstance(left, _NUMBERS)
    assert isinstance(right, _NUMBERS)
    if isinstance(left, float) and type(right) is not float:
        return (exact(left), right) if _is_exact(right) else (left, float(right))
    if isinstance(right, float) and type(left) is not float:
        return (left, exact(right)) if _is_exact(left) else (float(left), right)
    return left, right


def _is_exact(number: Decimal | float | int) -> bool:
    """A BigDecimal or BigInteger, with which Java makes a BigDecimal of a double."""
    return isinstance(number, Decimal) or not LONG_MIN <= number <= LONG_MAX


def exact(number: float) -> Decimal:
    if not math.isfinite(number):
        raise MethodFailed(f"NumberFormatException: {number} is no decimal number")
    return Decimal(number)
