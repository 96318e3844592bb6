"""What a client can call, as an OpenAPI 3.0.1 export says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatewright.openapi.exporting.source import ANY_METHOD

Document = dict[str, Any]

ANY_TYPE: Document = {}  # the schema of a body of which nothing is known
_MEMBERS = ("get", "put", "post", "delete", "options", "head", "patch", ANY_METHOD)
_BODILESS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Parameter:
    """`place` is `path`, `query` or `header`. A greedy path parameter's value may hold slashes."""

    name: str
    place: str
    required: bool


@dataclass(frozen=True, slots=True)
class Body:
    schema: Document
    content_type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """`verb` is ANY where the caller chooses; `result` the schema of a successful answer."""

    name: str | None
    verb: str
    path: str
    about: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    result: Document

    def at(self, place: str) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.place == place]


@dataclass(frozen=True, slots=True)
class Interface:
    title: str
    about: str
    operations: tuple[Operation, ...]
    schemas: dict[str, Document]


def interface(document: Document) -> Interface:
    info = document["info"]
    return Interface(
        title=info.get("title", ""),
        about=info.get("description", ""),
        operations=tuple(
            _operation(path, member, operation)
            for path, item in document["paths"].items()
            for member, operation in item.items()
            if member in _MEMBERS
        ),
        schemas=document["components"].get("schemas", {}),
    )


def _operation(path: str, member: str, operation: Document) -> Operation:
    verb = "ANY" if member == ANY_METHOD else member.upper()
    return Operation(
        name=operation.get("operationId"),
        verb=verb,
        path=path,
        about="\n\n".join(operation[part] for part in ("summary", "description") if part in operation),
        parameters=_parameters(path, operation),
        body=_body(verb, operation.get("requestBody")),
        result=_result(operation["responses"]),
    )


def _parameters(path: str, operation: Document) -> tuple[Parameter, ...]:
    """Those of the path first, whether they were declared or not."""
    in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    declared = [
        Parameter(entry["name"], entry["in"], entry.get("required", False))
        for entry in operation.get("parameters", ())
        if entry["in"] != "path"
    ]
    return (*(Parameter(name, "path", True) for name in in_path), *declared)


def _body(verb: str, request: Document | None) -> Body | None:
    if request is None:
        return None if verb in _BODILESS else Body(ANY_TYPE, "application/json", required=False)
    content = request["content"]
    content_type = "application/json" if "application/json" in content else next(iter(content))
    return Body(content[content_type]["schema"], content_type, required=True)


def _result(responses: Document) -> Document:
    """What the first success that has a JSON model answers."""
    for status, response in responses.items():
        schema: Document | None = response["content"].get("application/json", {}).get("schema")
        if status.startswith("2") and schema is not None:
            return schema
    return ANY_TYPE
