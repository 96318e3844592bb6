"""What a Lambda proxy function's output becomes: status, header fields and body, or 502."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson

from gatewright.gateway import content_handling, header_rules
from gatewright.gateway.errors import DEFAULT_5XX, INTERNAL, GatewayError, configuration_error
from gatewright.gateway.plan import MethodResponse
from gatewright.wire.types import Field

_MEMBERS = frozenset(("isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"))
_PRELUDE_MEMBERS = frozenset(("statusCode", "headers", "multiValueHeaders", "cookies"))
NAME_CHARACTERS = 256  # of a header's name: names are remembered
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_BREAKING = re.compile("[\r\n\0]")
_JSON_TYPE: Field = (b"Content-Type", b"application/json")


def parse(payload: bytes, accept_binary: bool) -> MethodResponse:
    """The response a payload describes. Every member may be missing.

    Raises GatewayError 502 naming the member that is wrong, and 500 for a binary body that is not base64.
    """
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise _malformed("it is not JSON") from None
    if not isinstance(answer, dict):
        raise _malformed("it is not a JSON object")
    if not answer.keys() <= _MEMBERS:
        raise _malformed(f"unknown member {min(answer.keys() - _MEMBERS)!r}")
    status = _status(answer.get("statusCode"))
    fields = header_rules.respond("AWS_PROXY", _fields(answer))
    if not any(name.lower() == b"content-type" for name, _ in fields):
        fields.insert(0, _JSON_TYPE)
    return MethodResponse(status, fields, _body(answer, accept_binary))


def parse_prelude(document: bytes) -> tuple[int, list[Field], int | None]:
    """Status, header fields and Content-Length that a streaming function says first. Raises GatewayError."""
    try:
        prelude = orjson.loads(document)
        if not isinstance(prelude, dict) or not prelude.keys() <= _PRELUDE_MEMBERS:
            raise _malformed(f"its prelude is no JSON object of {', '.join(sorted(_PRELUDE_MEMBERS))}")
        fields = _fields(prelude) + [(b"Set-Cookie", _value("cookies", one)) for one in _cookies(prelude)]
        status = _status(prelude.get("statusCode"))
    except orjson.JSONDecodeError:
        raise _bad_prelude("its prelude is not JSON") from None
    except GatewayError as error:
        raise _bad_prelude(error.detail) from None
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    fields = [field for field in fields if field[0].lower() != b"content-length"]
    if lengths and not lengths[-1].isdigit():
        raise _bad_prelude(f"Content-Length {lengths[-1]!r} is no length")
    fields = header_rules.respond("AWS_PROXY", fields)
    if not any(name.lower() == b"content-type" for name, _ in fields):
        fields.insert(0, _JSON_TYPE)
    return status, fields, int(lengths[-1]) if lengths else None


def _cookies(prelude: dict[str, Any]) -> list[Any]:
    cookies = prelude.get("cookies")
    if cookies is not None and type(cookies) is not list:
        raise _malformed(f"cookies {_shown(cookies)} is not an array")
    return cookies or []


def _bad_prelude(detail: str) -> GatewayError:
    return configuration_error("Malformed Lambda proxy response", detail=detail)


def _status(code: Any) -> int:
    """A final status. One below 200 only announces another, which would never come."""
    if code is None:
        return 200
    if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
        code = int(code)
    if type(code) is not int or not 200 <= code <= 599:
        raise _malformed(f"statusCode {_shown(code)} is not an integer between 200 and 599")
    return code


def _body(answer: dict[str, Any], accept_binary: bool) -> bytes:
    encoded = _is_base64(answer)
    body = answer.get("body")
    if body is None:
        return b""
    if type(body) is not str:
        raise _malformed(f"body {_shown(body)} is not a string")
    text = body.encode()
    return content_handling.decode_base64(text, traced=True) if encoded and accept_binary else text


def _is_base64(answer: dict[str, Any]) -> bool:
    flag = answer.get("isBase64Encoded")
    if flag is None or flag is False:
        return False
    if flag is True:
        return True
    if flag not in ("false", "true"):
        raise _malformed(f"isBase64Encoded {_shown(flag)} is not a boolean")
    return bool(flag == "true")


def _fields(answer: dict[str, Any]) -> list[Field]:
    """The values of `multiValueHeaders`, then those of `headers`, which adopt the spelling of the former."""
    fields: list[Field] = []
    spellings: dict[bytes, bytes] = {}
    multi = answer.get("multiValueHeaders")
    if multi is not None:
        fields = _multi_fields(multi)
        spellings = {name.lower(): name for name, _ in fields}
    single = answer.get("headers")
    if single is not None:
        if type(single) is not dict:
            raise _malformed(f"headers {_shown(single)} is not an object")
        for key, value in single.items():
            if value is not None:
                name = _name(key)
                fields.append((spellings.get(name.lower(), name) if spellings else name, _value(key, value)))
    return fields


def _multi_fields(multi: Any) -> list[Field]:
    if type(multi) is not dict:
        raise _malformed(f"multiValueHeaders {_shown(multi)} is not an object")
    fields = []
    for key, values in multi.items():
        name = _name(key)
        if type(values) is not list:
            raise _malformed(f"multiValueHeaders.{key} {_shown(values)} is not an array")
        fields += [(name, _value(key, value)) for value in values if value is not None]
    return fields


def _name(key: str) -> bytes:
    name = _encoded_name(key) if len(key) <= NAME_CHARACTERS else None
    if name is None:
        raise _malformed(f"{_shown(key)} is no header name")
    return name


@lru_cache(maxsize=1024)
def _encoded_name(key: str) -> bytes | None:
    return key.encode() if _NAME.fullmatch(key) else None


def _value(key: str, value: Any) -> bytes:
    if type(value) is not str:
        if not isinstance(value, bool | int | float):
            raise _malformed(f"header {key} {_shown(value)} is not a string")
        value = orjson.dumps(value).decode()
    if not value.isprintable() and _LINE_BREAKING.search(value):
        raise _malformed(f"header {key} has a value with a line break or a NUL character")
    return bytes(value, "utf-8")


def _shown(value: Any) -> str:
    """Enough of a wrong value to find it by."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # nested more deeply than can be written
        return "…"
    return text if len(text) <= 100 else text[:100] + "…"


def _malformed(detail: str) -> GatewayError:
    return GatewayError(
        DEFAULT_5XX,
        INTERNAL,
        reason="Execution failed due to configuration error: Malformed Lambda proxy response",
        detail=detail,
        status=502,
        traced=True,
    )
