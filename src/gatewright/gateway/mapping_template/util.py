"""`$util`: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import unquote_plus

from gatewright.jsonpath import json_smart
from gatewright.vtl import SCALAR, HostObject, Method, MethodFailed, to_text

_MALFORMED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})").search


class _JavaScript(dict[int, str]):
    """commons-lang's escapeJavaScript, by code point; what is beyond ASCII is written as UTF-16 units."""

    def __missing__(self, point: int) -> str:
        if point < 0x80:
            return chr(point)
        if point < 0x10000:
            return f"\\u{point:04X}"
        point -= 0x10000
        return f"\\u{0xD800 + (point >> 10):04X}\\u{0xDC00 + (point & 0x3FF):04X}"


_ESCAPES = _JavaScript(
    {point: f"\\u{point:04X}" for point in range(0x20)}
    | {ord(character): "\\" + character for character in "\\\"'/"}
    | {0x08: "\\b", 0x0C: "\\f", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}
)


_PLAIN = frozenset((string.ascii_letters + string.digits + "-_.*").encode())
_URL = {byte: chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in range(256)} | {0x20: "+"}


def escape_java_script(text: str) -> str:
    return text.translate(_ESCAPES)


def url_encode(text: str) -> str:
    """application/x-www-form-urlencoded, as java.net.URLEncoder writes it."""
    return text.encode("utf-8", "replace").decode("latin-1").translate(_URL)


def url_decode(text: str) -> str:
    """Raises MethodFailed for an escape that is none."""
    if _MALFORMED_ESCAPE(text):
        raise MethodFailed("urlDecode: a % is not followed by two hexadecimal digits")
    return unquote_plus(text)


def base64_encode(text: str) -> str:
    return binascii.b2a_base64(text.encode("utf-8", "replace"), newline=False).decode()


def base64_decode(text: str) -> str:
    """Raises MethodFailed for what is not base64."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError as error:
        raise MethodFailed(f"base64Decode: {error}") from None


def parse_json(text: str) -> object:
    """Raises MethodFailed for what json-smart cannot read."""
    try:
        return json_smart.parse(text)
    except json_smart.ParseError as error:
        raise MethodFailed(f"parseJson: {error}") from None


def _of_text(function: Callable[[str], object]) -> Method:
    """A number or a Boolean is taken as its text."""
    return Method(lambda _util, value: function(to_text(value)), (SCALAR,))


class Util(HostObject):
    """`$util`: functions only."""

    __slots__ = ()
    methods: ClassVar = {
        "escapeJavaScript": _of_text(escape_java_script),
        "parseJson": _of_text(parse_json),
        "urlEncode": _of_text(url_encode),
        "urlDecode": _of_text(url_decode),
        "base64Encode": _of_text(base64_encode),
        "base64Decode": _of_text(base64_decode),
    }


UTIL = Util()
