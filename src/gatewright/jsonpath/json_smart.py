"""json-smart's JSON: its lenient reader and its two writers, on orjson's speed wherever the two agree.

Values are plain: dict, list, str, int, float, bool, None, and `Decimal` for more than 18 characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import orjson

from gatewright.jsonpath.json_writer import scalar, write
from gatewright.jsonpath.lenient_reader import MAX_DEPTH, LenientReader
from gatewright.jsonpath.lenient_scalars import LITERALS, ParseError, read_decimal

__all__ = ["ParseError", "dumps", "parse", "to_string"]

MAX_LENIENT_LENGTH = 1_000_000  # characters, for which the lenient reader holds its worker up for a second

# A number that orjson may round, or something like it in a text: its first digit and 17 characters more.
_long_number = re.compile(r"[0-9][-+.0-9eE]{17}").search
# Most texts are passed over without it: what numbers are made of becomes `0`, the rest a blank. Of 18 such
# characters in a row six are seen by a look at each third.
_number_bytes = bytes(ord("0") if byte in b"-+.0123456789eE" else ord(" ") for byte in range(256))
_long_run, _thirds_of_long_run = b"0" * 18, b"0" * 6
# The same for the exponents in orjson's text.
_exponent_bytes = bytes(
    ord("e") if byte == ord("e") else ord("0") if byte in b"-+0123456789" else ord(" ") for byte in range(256)
)

# Floats in orjson's text that Java writes with an exponent: from 1e7 up, below 1e-3, and those that have one.
_java_floats = re.compile(rb"[:,\[]-?(?:[0-9]{8,}\.|0\.000|[0-9](?:\.[0-9]+)?e)").search
# What is in such a float. Each pattern begins with one byte, so that texts without it are passed over fast.
_large_or_exponent = re.compile(rb"\.(?:(?<=[0-9]{8}\.)|[0-9]+e[-+0-9])").search
_one_digit_exponent = re.compile(rb"e(?:(?<=[:,\[][0-9]e)|(?<=[:,\[]-[0-9]e))[-+0-9]").search
# In UTF-8, the characters from U+0080 to U+009F and from U+2000 to U+20FF: json-smart escapes them.
_escaped_latin = re.compile(rb"\xc2[\x80-\x9f]").search
_escaped_punctuation = re.compile(rb"\xe2[\x80-\x83]").search


def parse(text: str) -> object:
    """The value of JSON text, read as leniently as json-smart does; a repeated key keeps its first place.

    Raises ParseError, also for nesting deeper than 400 levels, integers of more than 4300 digits, and text of
    more than 1,000,000 characters that is no strict JSON.
    """
    if "\x7f" not in text or "\\" not in text:  # json-smart drops U+007F from texts with escapes
        try:
            value = _strict(text)
        except (ValueError, RecursionError):
            pass
        else:
            if len(text) <= 2 * MAX_DEPTH or not _is_deep(value):
                return value
    if len(text) > MAX_LENIENT_LENGTH:
        message = f"Text of {len(text)} characters is no strict JSON: lenient reading ends at position"
        raise ParseError(f"{message} {MAX_LENIENT_LENGTH}.", MAX_LENIENT_LENGTH)
    return LenientReader(text).read()


def _strict(text: str) -> object:
    if _may_hold_long_number(text) and _long_number(text):
        return _keeps_decimals(text)
    try:
        return orjson.loads(text)
    except ValueError:  # also for halves of surrogate pairs and numbers as large as 1e400
        if len(text) <= MAX_LENIENT_LENGTH:
            raise
        return _keeps_decimals(text)


def _may_hold_long_number(text: str) -> bool:
    encoded = text.encode("utf-8", "replace")
    if encoded[::3].translate(_number_bytes).find(_thirds_of_long_run) < 0:
        return False
    return encoded.translate(_number_bytes).find(_long_run) >= 0


def _constant(name: str) -> object:
    """`NaN`, or `Infinity` and `-Infinity`, which are texts to json-smart: refused here."""
    return LITERALS[name]


_keeps_decimals = json.JSONDecoder(parse_float=read_decimal, parse_constant=_constant).decode


def dumps(value: object) -> str:
    """Compact JSON text as `$input.json` writes it; `/` is not escaped.

    Raises TypeError for what has no JSON form and ValueError for what is nested too deep, or in itself.
    """
    if not isinstance(value, (dict, list, str)):
        return scalar(value)
    try:
        encoded = orjson.dumps(value)
    except (
        TypeError
    ):  # big integers, Decimals, NaN, lone surrogates, keys that are no strings, over 254 levels
        return write(value)
    text = encoded.decode()
    if _has_java_escapes(encoded, text) or (type(value) is not str and _has_java_floats(encoded, text)):
        return write(value)
    return text


def to_string(value: object) -> str:
    r"""JSON text as a `JSONArray` prints itself: as `dumps`, and `/` is written `\/`."""
    return dumps(value).replace("/", "\\/")


# Both look for what is rare, in the form of the text that is searched faster: most texts hold none of it.


def _has_java_escapes(encoded: bytes, text: str) -> bool:
    if "\x7f" in text or ("\\" in text and "\\u00" in text):  # json-smart's hex digits are upper case
        return True
    return not text.isascii() and bool(_escaped_latin(encoded) or _escaped_punctuation(encoded))


def _has_java_floats(encoded: bytes, text: str) -> bool:
    if "." in text and ("0.000" in text or _large_or_exponent(encoded)):
        return _java_floats(encoded) is not None
    exponents = encoded.translate(_exponent_bytes).find(b"0e0") >= 0
    return exponents and _one_digit_exponent(encoded) is not None and _java_floats(encoded) is not None


def _is_deep(value: object) -> bool:
    try:
        orjson.dumps(value)  # the quickest way to know: it writes at most 254 levels
    except TypeError:
        return _is_deeper(value)
    return False


def _is_deeper(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            nested for container in level for nested in _nested(container) if isinstance(nested, (dict, list))
        ]
        if not level:
            return False
    return True


def _nested(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()
