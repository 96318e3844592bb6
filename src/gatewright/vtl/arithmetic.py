"""`+ - * / %` as Velocity does them. A result that is None leaves the variable of a #set as it was."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_DOWN, Context, Decimal, DecimalException

from gatewright.vtl.equality import LONG_MAX, LONG_MIN, exact
from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.limits import LONG
from gatewright.vtl.runtime import Runtime
from gatewright.vtl.text import to_text

_MAX_BITS = 13_000  # of an integer; about 4000 digits
_MAX_DIGITS = 4_000
_EXACT = Context(prec=2 * _MAX_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_DOWN)
_NUMBERS = (int, float, Decimal)

Number = int | float | Decimal


def add(rt: Runtime, left: object, right: object) -> object:
    if type(left) is int and type(right) is int:
        return _bounded(left + right)
    if type(left) is str or type(right) is str:
        return _joined(rt, left, right)
    return _apply(left, right, operator.add, _EXACT.add)


def add_written(
    rt: Runtime, left: object, right: object, left_literal: str | None, right_literal: str | None
) -> object:
    """`+` of operands that may have no value: as text, such a one is how it is written."""
    if left is None and type(right) is str:
        left = left_literal
    elif right is None and type(left) is str:
        right = right_literal
    return add(rt, left, right)


def _joined(rt: Runtime, left: object, right: object) -> str | None:
    if left is None or right is None:
        return None
    one, other = to_text(left, rt.limits), to_text(right, rt.limits)
    if len(one) + len(other) > LONG:
        rt.built(len(one) + len(other))
    return one + other


def subtract(rt: Runtime, left: object, right: object) -> object:
    del rt
    return _apply(left, right, operator.sub, _EXACT.subtract)


def multiply(rt: Runtime, left: object, right: object) -> object:
    del rt
    return _apply(left, right, operator.mul, _EXACT.multiply)


def divide(rt: Runtime, left: object, right: object) -> object:
    del rt
    if _is_zero(right):
        return None
    return _apply(left, right, _divide, _divide_decimals)


def modulo(rt: Runtime, left: object, right: object) -> object:
    del rt
    if _is_zero(right):
        return None
    return _apply(left, right, _remainder, _no_remainder)


def _is_zero(value: object) -> bool:
    return type(value) in _NUMBERS and value == 0


def _apply(
    left: object,
    right: object,
    plain: Callable[[Number, Number], Number],
    exact: Callable[[Decimal, Decimal], Decimal],
) -> object:
    if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
        return None
    if _is_exact(left, right):
        try:
            return _bounded_decimal(exact(_decimal(left), _decimal(right)))
        except DecimalException as fault:
            raise MethodFailed(f"ArithmeticException: {type(fault).__name__}") from fault
    try:
        result = plain(left, right)  # type: ignore[arg-type]
    except OverflowError:  # an integer that no double holds
        return None
    return _bounded(result) if type(result) is int else result


def _is_exact(left: object, right: object) -> bool:
    """Whether BigDecimal has to do it: one is in it, or a Double meets a BigInteger."""
    if type(left) is Decimal or type(right) is Decimal:
        return True
    return (type(left) is float and _is_big(right)) or (type(right) is float and _is_big(left))


def _is_big(value: object) -> bool:
    return isinstance(value, int) and not LONG_MIN <= value <= LONG_MAX


def _bounded(value: int) -> int:
    if value.bit_length() > _MAX_BITS:
        raise LimitExceeded(f"an integer has more than {_MAX_DIGITS} digits")
    return value


def _bounded_decimal(value: Decimal) -> Decimal:
    if len(value.as_tuple().digits) > _MAX_DIGITS:
        raise LimitExceeded(f"a decimal number has more than {_MAX_DIGITS} digits")
    return value


def _decimal(value: object) -> Decimal:
    """Velocity takes the double of all but BigIntegers."""
    assert isinstance(value, _NUMBERS)
    return Decimal(value) if _is_big(value) or isinstance(value, Decimal) else exact(float(value))


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return float(left) / float(right)


def _divide_decimals(left: Decimal, right: Decimal) -> Decimal:
    """BigDecimal keeps the scale of the left side."""
    scale = left.as_tuple().exponent
    assert isinstance(scale, int)
    return _EXACT.quantize(_EXACT.divide(left, right), Decimal((0, (1,), scale)))


def _no_remainder(left: Decimal, right: Decimal) -> Decimal:
    raise MethodFailed("ArithmeticException: Cannot calculate the modulo of BigDecimals.")


def _remainder(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        if _is_big(left) or _is_big(right):
            return _big_remainder(left, right)
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return math.nan if math.isinf(left) else math.fmod(left, right)


def _big_remainder(left: int, right: int) -> int:
    """BigInteger's `mod`, which is never negative."""
    if right < 0:
        raise MethodFailed("ArithmeticException: BigInteger: modulus not positive")
    return left % right
