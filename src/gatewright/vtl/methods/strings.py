"""String and Character."""

from __future__ import annotations

from collections.abc import Callable

from gatewright.vtl import formatting, regexes
from gatewright.vtl.bounds import Bounds
from gatewright.vtl.equality import equals
from gatewright.vtl.errors import MethodFailed
from gatewright.vtl.methods.common import ANYTHING, fail_comparison
from gatewright.vtl.text import to_text
from gatewright.vtl.units import from_units, unit_length, units
from gatewright.vtl.values import (
    ANY,
    INTEGER,
    STRING,
    JavaArray,
    JavaChar,
    JavaCollection,
    JavaList,
    JavaSet,
    Kinds,
    Method,
    Methods,
)

COLLECTION: Kinds = frozenset({list, JavaList, JavaSet, JavaCollection})
_TRIMMED = "".join(map(chr, range(0x21)))


def char_at(text: str, index: int) -> JavaChar:
    whole = units(text)
    if not 0 <= index < len(whole):
        raise MethodFailed(
            f"StringIndexOutOfBoundsException: index {index} of a string of length {len(whole)}"
        )
    return JavaChar(whole[index])


def code_point_at(text: str, index: int) -> int:
    whole = units(text)
    char_at(text, index)
    return ord(from_units(whole[index : index + 2])[0])


def substring_from(text: str, begin: int) -> str:
    return substring(text, begin, unit_length(text))


def substring(text: str, begin: int, end: int) -> str:
    whole = units(text)
    if not 0 <= begin <= end <= len(whole):
        raise MethodFailed(
            f"StringIndexOutOfBoundsException: begin {begin}, end {end}, length {len(whole)} in substring"
        )
    return from_units(whole[begin:end])


def index_of(text: str, part: str, start: int = 0) -> int:
    return units(text).find(units(part), max(start, 0)) if start <= len(text) * 2 else _past_end(text, part)


def _past_end(text: str, part: str) -> int:
    return -1 if part else unit_length(text)


def last_index_of(text: str, part: str) -> int:
    return units(text).rfind(units(part))


def last_index_of_from(text: str, part: str, start: int) -> int:
    return units(text).rfind(units(part), 0, start + len(units(part))) if start >= 0 else -1


def of_code(function: Callable[..., int]) -> Callable[..., int]:
    """The method for a string, of the character of a code."""

    def call(text: str, code: int, *start: int) -> int:
        return function(text, chr(code), *start) if 0 <= code <= 0x10FFFF else -1

    return call


def compare_to(text: str, other: str) -> int:
    one, two = units(text), units(other)
    for left, right in zip(one, two, strict=False):
        if left != right:
            return ord(left) - ord(right)
    return len(one) - len(two)


def compare_to_ignore_case(text: str, other: str) -> int:
    return compare_to(text.upper().lower(), other.upper().lower())


def equals_ignore_case(text: str, other: str) -> bool:
    return compare_to_ignore_case(text, other) == 0


def concat(rt: Bounds, text: str, other: str) -> str:
    rt.check_string(len(text) + len(other))
    return text + other


def replace(rt: Bounds, text: str, old: str, new: str) -> str:
    if len(new) > len(old):
        rt.check_string(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def replace_all(rt: Bounds, text: str, pattern: str, replacement: str) -> str:
    return regexes.replace(rt, text, pattern, replacement)


def replace_first(rt: Bounds, text: str, pattern: str, replacement: str) -> str:
    return regexes.replace(rt, text, pattern, replacement, first_only=True)


def split(rt: Bounds, text: str, pattern: str, limit: int = 0) -> JavaArray:
    return JavaArray(regexes.split(rt, text, pattern, limit))


def repeat(rt: Bounds, text: str, count: int) -> str:
    if count < 0:
        raise MethodFailed(f"IllegalArgumentException: count is negative: {count}")
    rt.check_string(len(text) * count)
    return text * count


def join(rt: Bounds, text: str, separator: str, parts: list[object]) -> str:
    del text
    strings = [_joined_part(part) for part in parts]
    rt.check_string(sum(map(len, strings)) + len(separator) * len(strings))
    return separator.join(strings)


def _joined_part(part: object) -> str:
    if part is None:
        return "null"
    if not isinstance(part, str):
        raise MethodFailed("ClassCastException: only strings can be joined")
    return part


def join_strings(rt: Bounds, text: str, separator: str, *parts: object) -> str:
    return join(rt, text, separator, list(parts))


def value_of(rt: Bounds, text: str, value: object) -> str:
    del text
    return "null" if value is None else to_text(value, rt.limits)


def format_(rt: Bounds, text: str, pattern: str, *arguments: object) -> str:
    del text
    return formatting.format_text(rt, pattern, arguments)


def starts_with_at(text: str, prefix: str, offset: int) -> bool:
    return offset >= 0 and units(text).startswith(units(prefix), offset)


def to_upper(text: str) -> str:
    return text.upper()


def char_equals(char: JavaChar, other: object) -> bool:
    return type(other) is JavaChar and str(char) == str(other)


def char_compare(char: JavaChar, other: JavaChar) -> int:
    return ord(char) - ord(other)


_CHAR: Kinds = frozenset({JavaChar})
_MANY = (ANY,) * 20

STRINGS: Methods = {
    **ANYTHING,
    "length": (Method(unit_length),),
    "isEmpty": (Method(lambda text: text == ""),),
    "isBlank": (Method(lambda text: text.strip() == ""),),
    "equals": (Method(equals, (ANY,)),),
    "equalsIgnoreCase": (Method(equals_ignore_case, (STRING,)),),
    "compareTo": (Method(compare_to, (STRING,)), Method(fail_comparison, (ANY,))),
    "compareToIgnoreCase": (Method(compare_to_ignore_case, (STRING,)),),
    "contains": (Method(lambda text, part: part in text, (STRING,)),),
    "contentEquals": (Method(lambda text, other: text == other, (STRING,)),),
    "startsWith": (
        Method(lambda text, prefix: text.startswith(prefix), (STRING,)),
        Method(starts_with_at, (STRING, INTEGER)),
    ),
    "endsWith": (Method(lambda text, suffix: text.endswith(suffix), (STRING,)),),
    "indexOf": (
        Method(index_of, (STRING, INTEGER), optional=1),
        Method(of_code(index_of), (INTEGER, INTEGER), optional=1),
    ),
    "lastIndexOf": (
        Method(last_index_of, (STRING,)),
        Method(last_index_of_from, (STRING, INTEGER)),
        Method(of_code(last_index_of), (INTEGER,)),
        Method(of_code(last_index_of_from), (INTEGER, INTEGER)),
    ),
    "substring": (Method(substring_from, (INTEGER,)), Method(substring, (INTEGER, INTEGER))),
    "subSequence": (Method(substring, (INTEGER, INTEGER)),),
    "charAt": (Method(char_at, (INTEGER,)),),
    "codePointAt": (Method(code_point_at, (INTEGER,)),),
    "concat": (Method(concat, (STRING,), bounded=True),),
    "replace": (
        Method(replace, (STRING, STRING), bounded=True),
        Method(replace, (_CHAR, _CHAR), bounded=True),
    ),
    "replaceAll": (Method(replace_all, (STRING, STRING), bounded=True),),
    "replaceFirst": (Method(replace_first, (STRING, STRING), bounded=True),),
    "matches": (Method(regexes.matches, (STRING,), bounded=True),),
    "split": (Method(split, (STRING, INTEGER), optional=1, bounded=True),),
    "repeat": (Method(repeat, (INTEGER,), bounded=True),),
    "toUpperCase": (Method(to_upper),),
    "toLowerCase": (Method(lambda text: text.lower()),),
    "trim": (Method(lambda text: text.strip(_TRIMMED)),),
    "strip": (Method(lambda text: text.strip()),),
    "intern": (Method(lambda text: text),),
    "valueOf": (Method(value_of, (ANY,), bounded=True),),
    "join": (
        Method(join, (STRING, COLLECTION), bounded=True),
        Method(join_strings, (STRING, *(STRING,) * 20), optional=20, bounded=True),
    ),
    "format": (Method(format_, (STRING, *_MANY), optional=20, bounded=True),),
}
CHARACTERS: Methods = {
    **ANYTHING,
    "equals": (Method(char_equals, (ANY,)),),
    "charValue": (Method(lambda char: char),),
    "compareTo": (Method(char_compare, (_CHAR,)), Method(fail_comparison, (ANY,))),
    "isDigit": (Method(lambda char, other: other.isdigit(), (_CHAR,)),),
    "isLetter": (Method(lambda char, other: other.isalpha(), (_CHAR,)),),
}
