"""JSON and header text as the values a shape asks for, with AWS's words for what is of another type."""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from gatewright.aws.errors import SerializationFailed

_JAVA_CLASSES = {
    bool: "java.lang.Boolean",
    int: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
    float: "com.amazon.coral.value.json.numbers.TruncatingBigNumber",
    str: "java.lang.String",
}
_TARGETS = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "timestamp": "Date",
    "blob": "ByteBuffer",
}


def from_json(shape: Shape, value: Any) -> Any:
    """`value` as `shape` asks for it; members the shape does not have are left out, as AWS ignores them."""
    return _READERS[shape.type_name](shape, value)


def from_text(shape: Shape, text: str) -> Any:
    """A label, query parameter or header as `shape` asks for it."""
    if shape.type_name == "string":
        return text
    if shape.type_name == "boolean":
        return text.lower() == "true"
    if shape.type_name == "timestamp":
        return _timestamp(shape, text)
    try:
        return _number(shape, float(text) if "." in text else int(text))
    except ValueError:
        raise _mismatch(shape, text) from None


def _mismatch(shape: Shape, value: Any) -> SerializationFailed:
    if isinstance(value, dict):
        return SerializationFailed("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return SerializationFailed("Start of list found where not expected")
    given, wanted = _JAVA_CLASSES[type(value)], _TARGETS.get(shape.type_name)
    if wanted is None:
        return SerializationFailed("Unexpected field type")
    return SerializationFailed(f"class {given} can not be converted to an {wanted}")


def _structure(shape: StructureShape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(shape, value)
    return members(shape.members, value)


def members(shapes: Mapping[str, Shape], value: dict[str, Any]) -> dict[str, Any]:
    """The members of a structure that are there: found under their wire names, kept under the model's."""
    read: dict[str, Any] = {}
    for name, shape in shapes.items():
        given = value.get(shape.serialization.get("name", name))
        if given is not None:
            read[name] = from_json(shape, given)
    return read


def _map(shape: MapShape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(shape, value)
    return {key: None if item is None else from_json(shape.value, item) for key, item in value.items()}


def _list(shape: ListShape, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _mismatch(shape, value)
    return [from_json(shape.member, item) for item in value if item is not None]


def _string(shape: Shape, value: Any) -> str:
    if not isinstance(value, str):
        raise _mismatch(shape, value)
    return value


def _boolean(shape: Shape, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _mismatch(shape, value)
    return value


def _number(shape: Shape, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _mismatch(shape, value)
    return float(value) if shape.type_name in ("float", "double") else int(value)


def _timestamp(shape: Shape, value: Any) -> float:
    """Epoch seconds."""
    if isinstance(value, bool | dict | list):
        raise _mismatch(shape, value)
    try:
        seconds: float = parse_timestamp(value).timestamp()
    except (ValueError, OverflowError):
        raise _mismatch(shape, value) from None
    return seconds


def _blob(shape: Shape, value: Any) -> bytes:
    try:
        return b64decode(_string(shape, value), validate=True)
    except ValueError:
        raise SerializationFailed("The value of a binary member is not base64") from None


_READERS: dict[str, Callable[[Any, Any], Any]] = {
    "structure": _structure,
    "map": _map,
    "list": _list,
    "string": _string,
    "boolean": _boolean,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "timestamp": _timestamp,
    "blob": _blob,
}
