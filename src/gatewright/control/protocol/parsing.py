"""A request's labels, query, header fields and body as the operation's input members."""

from __future__ import annotations

from typing import Any

import orjson
from botocore.model import ListShape, Shape, StructureShape

from gatewright.aws.errors import SerializationFailed
from gatewright.control.protocol.routes import Match, Query
from gatewright.control.protocol.values import from_json, from_text, members
from gatewright.wire.types import Headers


def parse(match: Match, headers: Headers, body: bytes) -> dict[str, Any]:
    """The input members that were sent, under the model's member names. Raises SerializationFailed."""
    shape = match.operation.input_shape
    if shape is None:
        return {}
    params: dict[str, Any] = {}
    for name in shape.members:
        value = _outside_body(shape, name, match, headers)
        if value is not None:
            params[name] = value
    return params | _body(shape, body)


def _outside_body(shape: StructureShape, name: str, match: Match, headers: Headers) -> Any:
    member = shape.members[name]
    wire_name = member.serialization.get("name", name)
    location = member.serialization.get("location")
    if location == "uri":
        return from_text(member, match.labels[wire_name])
    if location == "querystring":
        return _from_query(shape, member, wire_name, match.query)
    if location == "header":
        field = headers.get(wire_name.lower().encode())
        return None if field is None else from_text(member, field.decode("utf-8", "replace"))
    return None


def _from_query(shape: StructureShape, member: Shape, name: str, query: Query) -> Any:
    if member.type_name == "map":
        return _unclaimed(shape, query)
    values = [value for key, value in query if key == name]
    if not values:
        return None
    if isinstance(member, ListShape):
        return [from_text(member.member, value) for value in values]
    return from_text(member, values[-1])


def _unclaimed(shape: StructureShape, query: Query) -> dict[str, str] | None:
    """A map in the query has no name of its own: it takes the parameters no other member is named for."""
    claimed = {
        member.serialization.get("name", name)
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring" and member.type_name != "map"
    }
    return {key: value for key, value in query if key not in claimed} or None


def _body(shape: StructureShape, body: bytes) -> dict[str, Any]:
    payload = shape.serialization.get("payload")
    if payload is None:
        inside = {
            name: member for name, member in shape.members.items() if "location" not in member.serialization
        }
        return members(inside, _json_object(body)) if inside and body else {}
    member = shape.members[payload]
    if member.type_name == "blob":
        return {payload: body}
    return {payload: from_json(member, _json_object(body))} if body else {}


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SerializationFailed(f"The request body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise SerializationFailed("The request body must be a JSON object")
    return document
