"""An operation's result as status, header fields and body."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import orjson
from botocore.model import OperationModel, Shape, StructureShape

from gatewright.catalog.api import Document
from gatewright.control.protocol.service import Service
from gatewright.wire.types import Field, Response, render_fields

JSON: Field = (b"Content-Type", b"application/json")
_LINE_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


def serialise(
    service: Service, operation: OperationModel, result: Document | None, request_id: str
) -> Response:
    """The answer to a call that went well."""
    status: int = operation.http.get("responseCode", 200)
    fields: list[Field] = [request_id_field(request_id)]
    shape = operation.output_shape
    if shape is None or result is None:
        return Response(status, render_fields(fields))
    for name, member in shape.members.items():
        location, value = member.serialization.get("location"), result.get(name)
        if location == "statusCode" and value is not None:
            status = value
        elif location == "header" and value is not None:
            fields.append(header_field(member.serialization.get("name", name), value))
    body = _Writer(service).body(shape, result)
    if body and not any(name.lower() == b"content-type" for name, _ in fields):
        fields.append(JSON)
    return Response(status, render_fields(fields), body)


def request_id_field(request_id: str) -> Field:
    return (b"x-amzn-RequestId", request_id.encode())


def header_field(name: str, value: object) -> Field:
    """A header field whose value cannot end its line."""
    return (name.encode(), str(value).translate(_LINE_BREAKS).encode())


class _Writer:
    """Writes values as their shapes say; what a shape does not have is left out."""

    def __init__(self, service: Service) -> None:
        self._whole_seconds = service.whole_seconds

    def body(self, shape: StructureShape, result: Document) -> bytes:
        payload = shape.serialization.get("payload")
        if payload is None:
            inside = any("location" not in member.serialization for member in shape.members.values())
            return orjson.dumps(self._structure(shape, result)) if inside else b""
        member, value = shape.members[payload], result.get(payload)
        if value is None:
            return b""
        if member.type_name == "blob":
            return bytes(value)
        return orjson.dumps(self._value(member, value))

    def _value(self, shape: Shape, value: Any) -> Any:
        writer = _WRITERS.get(shape.type_name)
        return value if writer is None or value is None else writer(self, shape, value)

    def _structure(self, shape: StructureShape, value: Document) -> Document:
        return {
            member.serialization.get("name", name): self._value(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None and "location" not in member.serialization
        }

    def _map(self, shape: Any, value: Document) -> Document:
        return {key: self._value(shape.value, item) for key, item in value.items()}

    def _list(self, shape: Any, value: list[Any]) -> list[Any]:
        return [self._value(shape.member, item) for item in value]

    def _timestamp(self, _shape: Shape, value: float) -> float:
        return int(value) if self._whole_seconds else value

    def _blob(self, _shape: Shape, value: bytes) -> str:
        return b64encode(value).decode()

    def _float(self, _shape: Shape, value: float) -> float:
        return float(value)


# By the type of a shape; values of the other types are written as they are.
_WRITERS: dict[str, Callable[[_Writer, Any, Any], Any]] = {
    "structure": _Writer._structure,
    "map": _Writer._map,
    "list": _Writer._list,
    "timestamp": _Writer._timestamp,
    "blob": _Writer._blob,
    "float": _Writer._float,
    "double": _Writer._float,
}
