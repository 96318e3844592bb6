"""A model's schema: JSON schema draft 4, which may refer to other models of its API by URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson

from gatewright.aws.errors import BadRequest
from gatewright.catalog import keys
from gatewright.catalog.api import Document
from gatewright.control.operation import Call
from gatewright.openapi.content_types import is_json

MOST_BYTES = 400 * 1024  # Amazon's quota

_DRAFT_4 = "http://json-schema.org/draft-04/schema#"
_MODEL_URL = re.compile(
    r"https://apigateway\.amazonaws\.com/restapis/(?P<api>[^/#]+)/models/(?P<name>[^/#]+)"
)


def check_schema(call: Call, api: str, model: Document) -> None:
    """Refuse a model whose schema is none; only JSON content types are held to JSON schema."""
    schema = model["schema"]
    if not schema:
        raise BadRequest("Model schema must have at least 1 property or array items defined")
    if len(schema.encode()) > MOST_BYTES:
        raise BadRequest(f"Invalid model specified: the schema must have at most {MOST_BYTES} bytes")
    if not is_json(model["contentType"]):
        return
    parsed = _parse(schema)
    if not _is_draft_4(parsed):
        raise _invalid("Invalid model schema specified")
    for reference in _references(parsed):
        _check_reference(call, api, model["name"], reference)


def references(api: str, schema: str) -> set[str]:
    """The names of the API's models that a stored schema refers to."""
    matches = (_MODEL_URL.fullmatch(reference) for reference in _references(_parse_any(schema)))
    return {match["name"] for match in matches if match is not None and match["api"] == api}


def flattened(call: Call, api: str, model: Document) -> str:
    """The schema with every model it refers to, near or far, under its `definitions`."""
    schemas: dict[str, str] = {model["name"]: model["schema"]}
    waiting = references(api, model["schema"])
    if not waiting:
        return str(model["schema"])
    to_itself = False
    while waiting:
        name = waiting.pop()
        to_itself = to_itself or name == model["name"]
        if name not in schemas:
            schemas[name] = (call.tx.get(keys.model(api, name)) or {"schema": "{}"})["schema"]
            waiting |= references(api, schemas[name])
    definitions = {name: _localised(orjson.loads(schema)) for name, schema in sorted(schemas.items())}
    flat: Document = definitions.pop(model["name"])
    if to_itself:
        definitions[model["name"]] = {"$ref": "#"}
    flat["definitions"] = {**flat.get("definitions", {}), **definitions}
    return orjson.dumps(flat).decode()


def _parse(schema: str) -> Any:
    try:
        return orjson.loads(schema)
    except orjson.JSONDecodeError:
        raise _invalid("Invalid model schema specified") from None


def _parse_any(schema: str) -> Any:
    try:
        return orjson.loads(schema)
    except orjson.JSONDecodeError:
        return None


def _is_draft_4(schema: Any) -> bool:
    """Whatever `$schema` says, the service reads draft 4."""
    return isinstance(schema, dict) and jsonschema_rs.meta.is_valid({**schema, "$schema": _DRAFT_4})


def _check_reference(call: Call, api: str, name: str, reference: str) -> None:
    if reference.startswith("#"):
        return
    match = _MODEL_URL.fullmatch(reference)
    if match is None:
        raise _invalid(f"Model reference must be in canonical form: {reference}")
    known = match["api"] == api and (
        match["name"] == name or call.tx.get(keys.model(api, match["name"])) is not None
    )
    if not known:
        raise _invalid(f"Invalid model reference specified: {reference}")


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _localised(schema: Any) -> Any:
    """A copy in which references to models are references to definitions."""
    if isinstance(schema, dict):
        return {
            key: _local_reference(value) if key == "$ref" and isinstance(value, str) else _localised(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_localised(value) for value in schema]
    return schema


def _local_reference(reference: str) -> str:
    match = _MODEL_URL.fullmatch(reference)
    return reference if match is None else f"#/definitions/{match['name']}"


def _invalid(error: str) -> BadRequest:
    return BadRequest(f"Invalid model specified: Validation Result: warnings : [], errors : [{error}]")
