"""Methods of every value, and what the tables share."""

from __future__ import annotations

import struct
from decimal import Decimal

from gatewright.vtl.bounds import Bounds
from gatewright.vtl.equality import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, equals, java_class
from gatewright.vtl.errors import LimitExceeded, MethodFailed
from gatewright.vtl.text import to_text
from gatewright.vtl.units import units
from gatewright.vtl.values import ANY, JavaClass, JavaKey, JavaSet, MapEntry, Method, Methods

_MAX_HASHED = 100_000
NO_VALUE = ""  # of a void method, on which Velocity can call others


def int32(value: int) -> int:
    """Wrapped around as a Java int."""
    return (value + 2**31) % 2**32 - 2**31


def hash_code(value: object) -> int:
    """Java's `hashCode`; the same on every run."""
    return _Hasher().hash(value, 0)


class _Hasher:
    def __init__(self) -> None:
        self._hashed = 0

    def hash(self, value: object, depth: int) -> int:
        self._hashed += 1
        if self._hashed > _MAX_HASHED or depth > 200:
            raise LimitExceeded("a value is too large for hashCode")
        if isinstance(value, str):
            return string_hash(value)
        if isinstance(value, bool):
            return 1231 if value else 1237
        if isinstance(value, int):
            return _integer_hash(value)
        if isinstance(value, float):
            return _double_hash(value)
        if isinstance(value, JavaSet):
            return int32(sum(self.hash(item, depth + 1) for item in value))
        if isinstance(value, list):
            code = 1
            for item in value:
                code = int32(31 * code + self.hash(item, depth + 1))
            return code
        return self._other(value, depth)

    def _other(self, value: object, depth: int) -> int:
        if isinstance(value, dict):
            return int32(sum(self._entry(key, item, depth) for key, item in value.items()))
        if isinstance(value, MapEntry):
            return self._entry(value.key, value.value, depth)
        if isinstance(value, JavaKey):
            return self.hash(value.value, depth)
        if isinstance(value, Decimal):
            sign, digits, exponent = value.as_tuple()
            unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
            assert isinstance(exponent, int)
            return int32(31 * _big_hash(unscaled) - exponent)
        return 0

    def _entry(self, key: object, value: object, depth: int) -> int:
        return self.hash(key, depth + 1) ^ self.hash(value, depth + 1)


def string_hash(text: str) -> int:
    code = 0
    for unit in units(text):
        code = (31 * code + ord(unit)) & 0xFFFFFFFF
    return int32(code)


def _integer_hash(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    if LONG_MIN <= value <= LONG_MAX:
        bits = value & 0xFFFFFFFFFFFFFFFF
        return int32(bits ^ (bits >> 32))
    return _big_hash(value)


def _double_hash(value: float) -> int:
    bits = struct.unpack(">Q", struct.pack(">d", value))[0]
    return int32(bits ^ (bits >> 32))


def _big_hash(value: int) -> int:
    magnitude, code = abs(value), 0
    for shift in range(32 * ((magnitude.bit_length() - 1) // 32), -1, -32):
        code = (31 * code + ((magnitude >> shift) & 0xFFFFFFFF)) & 0xFFFFFFFF
    return int32(code if value >= 0 else -code)


def to_string(rt: Bounds, value: object) -> str:
    return to_text(value, rt.limits)


def get_class(value: object) -> JavaClass:
    return JavaClass(java_class(value))


def fail_comparison(target: object, other: object) -> object:
    """`compareTo` takes any object and fails for those of another class."""
    raise MethodFailed(f"ClassCastException: {java_class(other)} compared to {java_class(target)}")


def checked_index(index: int, size: int) -> int:
    if not 0 <= index < size:
        raise MethodFailed(f"IndexOutOfBoundsException: index {index} for a size of {size}")
    return index


def clear(items: list[object] | dict[object, object]) -> str:
    items.clear()
    return NO_VALUE


ANYTHING: Methods = {
    "toString": (Method(to_string, bounded=True),),
    "equals": (Method(equals, (ANY,)),),
    "hashCode": (Method(hash_code),),
    "getClass": (Method(get_class),),
}
