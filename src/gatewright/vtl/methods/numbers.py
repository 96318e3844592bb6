"""Integer, Long, BigInteger, Double, BigDecimal and Boolean."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from gatewright.jsonpath.java_numbers import double_text
from gatewright.vtl.equality import (
    INT_MAX,
    INT_MIN,
    LONG_MAX,
    LONG_MIN,
    compare_numbers,
    equals,
    exact,
    java_class,
)
from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.methods.common import ANYTHING, fail_comparison, int32
from gatewright.vtl.values import ANY, BOOLEAN, INTEGER, STRING, Kinds, Method, Methods

_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?")

Number = int | float | Decimal


def int_value(number: Number) -> int:
    """Narrowed as Java does: integers wrap around, doubles stop at the ends."""
    if isinstance(number, float):
        return _clamped(number, INT_MIN, INT_MAX)
    return int32(_whole(number))


def long_value(number: Number) -> int:
    if isinstance(number, float):
        return _clamped(number, LONG_MIN, LONG_MAX)
    return (_whole(number) + 2**63) % 2**64 - 2**63


def _whole(number: int | Decimal) -> int:
    """Without its fraction, and without the upper digits of a very large one, which do not count."""
    if isinstance(number, int):
        return number
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return 0
    kept = digits if exponent >= 0 else digits[:exponent]
    whole = int("".join(map(str, kept)) or "0") * pow(10, max(exponent, 0), 2**64)
    return -whole if sign else whole


def _clamped(number: float, least: int, most: int) -> int:
    if math.isnan(number):
        return 0
    if math.isinf(number):
        return most if number > 0 else least
    return max(least, min(most, int(number)))


def double_value(number: Number) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def compare(number: Number, other: Number) -> int:
    order = compare_numbers(number, other)
    return order if order is not None else 0


def parse_int(number: int, text: str) -> int | None:
    """Of Integer only."""
    return _parsed(text, INT_MIN, INT_MAX) if INT_MIN <= number <= INT_MAX else None


def parse_long(number: int, text: str) -> int | None:
    """Of Long only."""
    return _parsed(text, LONG_MIN, LONG_MAX) if java_class(number) == "java.lang.Long" else None


def value_of_text(number: int, text: str) -> int | None:
    """`valueOf` of an Integer or a Long; BigInteger has none for strings."""
    kind = java_class(number)
    if kind == "java.math.BigInteger":
        return None
    return parse_int(number, text) if kind == "java.lang.Integer" else parse_long(number, text)


def value_of_integer(number: int, value: int) -> int | None:
    """An int for an Integer, a long for the others."""
    narrow = java_class(number) == "java.lang.Integer"
    return value if (INT_MIN <= value <= INT_MAX if narrow else LONG_MIN <= value <= LONG_MAX) else None


def compare_integers(number: int, other: int) -> int:
    if java_class(number) != java_class(other):
        fail_comparison(number, other)
    return compare(number, other)


def _parsed(text: str, least: int, most: int) -> int:
    if _WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
        raise MethodFailed(f'NumberFormatException: For input string: "{text}"')
    return int(text)


def parse_double(target: object, text: str) -> float:
    del target
    stripped = text.strip()
    if _DOUBLE.fullmatch(stripped) is None:
        raise MethodFailed(f'NumberFormatException: For input string: "{text}"')
    return float(stripped.rstrip("fFdD"))


def _of_two(function: Callable[[int, int], int]) -> Callable[[int, int, int], int | None]:
    """A static method of Integer or Long on two numbers of that class; BigInteger has none."""

    def call(target: int, one: int, other: int) -> int | None:
        fit = _is_static(target, one) and _is_static(target, other)
        return function(one, other) if fit else None

    return call


def _is_static(target: int, number: int) -> bool:
    is_big = java_class(target) == "java.math.BigInteger"
    return not is_big and value_of_integer(target, number) is not None


def to_hex(target: int, number: int) -> str | None:
    bits = _bits(target, number)
    return None if bits is None else f"{bits:x}"


def to_binary(target: int, number: int) -> str | None:
    bits = _bits(target, number)
    return None if bits is None else f"{bits:b}"


def _bits(target: int, number: int) -> int | None:
    """32 of them for an Integer, 64 for a Long; the others have none."""
    if not _is_static(target, number):
        return None
    return number % (2**32 if java_class(target) == "java.lang.Integer" else 2**64)


def decimal_of(target: Decimal, number: int | float) -> Decimal | None:
    """`valueOf` of a BigDecimal, which takes a long or a double."""
    del target
    if isinstance(number, float):
        exact(number)  # fails for what is not finite
        return Decimal(double_text(number))
    return Decimal(number) if LONG_MIN <= number <= LONG_MAX else None


def parse_boolean(target: object, text: str) -> bool:
    del target
    return text.lower() == "true"


def same(target: object, value: object) -> object:
    del target
    return value


_DOUBLES: Kinds = frozenset({float})
_REAL: Kinds = frozenset({int, float})
_DECIMALS: Kinds = frozenset({Decimal})
_NUMBERS: Methods = {
    **ANYTHING,
    "intValue": (Method(int_value),),
    "longValue": (Method(long_value),),
    "doubleValue": (Method(double_value),),
    "floatValue": (Method(double_value),),
    "shortValue": (Method(lambda number: (int_value(number) + 2**15) % 2**16 - 2**15),),
    "byteValue": (Method(lambda number: (int_value(number) + 2**7) % 2**8 - 2**7),),
    "equals": (Method(equals, (ANY,)),),
}
INTEGERS: Methods = {
    **_NUMBERS,
    "compareTo": (Method(compare_integers, (INTEGER,)), Method(fail_comparison, (ANY,))),
    "compare": (Method(_of_two(compare), (INTEGER, INTEGER)),),
    "parseInt": (Method(parse_int, (STRING,)),),
    "parseLong": (Method(parse_long, (STRING,)),),
    "valueOf": (Method(value_of_text, (STRING,)), Method(value_of_integer, (INTEGER,))),
    "toString": (*ANYTHING["toString"], Method(lambda target, number: str(number), (INTEGER,))),
    "toHexString": (Method(to_hex, (INTEGER,)),),
    "toBinaryString": (Method(to_binary, (INTEGER,)),),
    "max": (Method(_of_two(max), (INTEGER, INTEGER)),),
    "min": (Method(_of_two(min), (INTEGER, INTEGER)),),
}
DOUBLES: Methods = {
    **_NUMBERS,
    "compareTo": (Method(compare, (_DOUBLES,)), Method(fail_comparison, (ANY,))),
    "parseDouble": (Method(parse_double, (STRING,)),),
    "valueOf": (Method(parse_double, (STRING,)), Method(lambda target, number: float(number), (_REAL,))),
    "max": (Method(lambda target, one, other: float(max(one, other)), (_REAL, _REAL)),),
    "min": (Method(lambda target, one, other: float(min(one, other)), (_REAL, _REAL)),),
    "compare": (Method(lambda target, one, other: compare(one, other), (_REAL, _REAL)),),
    "isNaN": (Method(lambda number: number != number),),
    "isInfinite": (Method(math.isinf),),
}
DECIMALS: Methods = {
    **_NUMBERS,
    "compareTo": (Method(compare, (_DECIMALS,)), Method(fail_comparison, (ANY,))),
    "valueOf": (Method(decimal_of, (_REAL,)),),
}
BOOLEANS: Methods = {
    **ANYTHING,
    "booleanValue": (Method(lambda value: value),),
    "compareTo": (
        Method(lambda value, other: int(value) - int(other), (BOOLEAN,)),
        Method(fail_comparison, (ANY,)),
    ),
    "parseBoolean": (Method(parse_boolean, (STRING,)),),
    "valueOf": (Method(parse_boolean, (STRING,)), Method(same, (BOOLEAN,))),
}
