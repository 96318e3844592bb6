"""Models: JSON Schema draft 4, compiled, with references to the API's other models. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import orjson

from gatewright.catalog.api import Document
from gatewright.gateway.method_request.schema_messages import Schemas, messages

MODEL_BYTES = 400 * 1024  # one model's schema
REGEX_BYTES = 1024 * 1024  # one compiled pattern
# The whole list of problems is told of bodies this small; of others the first. Explaining a problem takes a
# thousand times as long as checking a member, so that a body made of problems would hold up the worker.
DETAILED_BYTES = 2048
DETAILED_MEMBERS = 64
UNREADABLE = "Unknown error parsing request body"

_EVERY_SCHEMA = "https://apigateway.amazonaws.com/restapis/{api_id}/models/"
# A regular expression engine whose time is linear in the input: it has no look-around and no back-references.
_PATTERNS = jsonschema_rs.RegexOptions(size_limit=REGEX_BYTES)
# Formats of other drafts, which the engine would check all the same.
_UNCHECKED = {name: lambda _value: True for name in ("date", "idn-email", "time")}


class ModelSchema:
    """One model, ready to check bodies."""

    __slots__ = ("_schemas", "_validator")

    def __init__(self, schemas: Schemas) -> None:
        """Raises ValueError when the schema cannot be enforced."""
        self._schemas = schemas
        self._validator = jsonschema_rs.Draft4Validator(
            schemas.root,
            registry=jsonschema_rs.Registry(schemas.others.items(), draft=jsonschema_rs.Draft4),
            pattern_options=_PATTERNS,
            formats=_UNCHECKED,
            validate_formats=True,
            offline=True,
        )

    def problems(self, body: bytes) -> list[str] | None:
        """What is wrong with a body, in the service's words; None when nothing is. An empty body stands for
        an empty object."""
        try:
            instance = orjson.loads(body or b"{}")
            self._validator.validate(instance)
        except jsonschema_rs.ValidationError as first:
            return self._explained(instance, body, first) if body else [UNREADABLE]
        except ValueError:  # not JSON, or nested more deeply than can be checked
            return [UNREADABLE]
        return None

    def _explained(self, instance: Any, body: bytes, first: jsonschema_rs.ValidationError) -> list[str]:
        small = len(body) <= DETAILED_BYTES and body.count(b",") <= DETAILED_MEMBERS
        return messages(self._validator.iter_errors(instance) if small else [first], self._schemas)


def compile_model(name: str, models: Mapping[str, Document], api_id: str) -> ModelSchema:
    """Raises ValueError naming the model and the reason why it cannot be enforced."""
    base = _EVERY_SCHEMA.format(api_id=api_id)
    try:
        root, others = _reachable(name, models, base)
        return ModelSchema(Schemas(root, others))
    except orjson.JSONEncodeError:
        raise ValueError(f"model {name}: the schema is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"model {name}: {_first_line(error)}") from None


def _reachable(name: str, models: Mapping[str, Document], base: str) -> tuple[Any, dict[str, Any]]:
    """A model's schema, and by address those of the models it refers to, at any remove."""
    reference = re.compile(re.escape(base.encode()) + rb"([A-Za-z0-9]+)")
    root = _parsed(name, models)
    others: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        for match in reference.finditer(orjson.dumps(waiting.pop())):
            address = base + match[1].decode()
            if address not in others:
                others[address] = _parsed(match[1].decode(), models)
                waiting.append(others[address])
    return root, others


def _parsed(name: str, models: Mapping[str, Document]) -> Any:
    model = models.get(name)
    if model is None:
        raise ValueError(f"there is no model named {name}")
    text = model.get("schema") or "{}"
    if len(text.encode()) > MODEL_BYTES:
        raise ValueError(
            f"the schema of {name} has {len(text.encode())} bytes; at most {MODEL_BYTES} are allowed"
        )
    schema = orjson.loads(text)
    if isinstance(schema, dict):
        schema.pop("$schema", None)  # whatever it says, the dialect is draft 4
    return schema


def _first_line(error: ValueError) -> str:
    text = str(error).partition("\n")[0]
    if text.endswith('is not a "regex"'):
        return f"{text} that runs in linear time: look-around and back-references are not supported"
    return text
