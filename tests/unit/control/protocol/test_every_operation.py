"""Every operation of the models: what botocore sends for it is routed to it and read back as it was meant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.serialize import create_serializer

from gatewright.control.protocol.parsing import parse
from gatewright.control.protocol.routes import Match, Routes
from gatewright.control.protocol.service import Service, services
from gatewright.wire.types import Headers

OPERATIONS = [(service, operation) for service in services().values() for operation in service.operations]
ROUTES = {name: Routes(service.operations) for name, service in services().items()}
SAMPLES: dict[str, Any] = {
    "string": "a/b c%é+&=~",
    "integer": 7,
    "long": 7,
    "double": 0.5,
    "float": 0.5,
    "boolean": True,
    "blob": b"\x00bytes",
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
}


def test_api_gateway_has_all_its_operations() -> None:
    assert sum(service.name == "apigateway" for service, _ in OPERATIONS) == 124


@pytest.mark.parametrize(
    ("service", "operation"), OPERATIONS, ids=[f"{s.name}-{o.name}" for s, o in OPERATIONS]
)
@pytest.mark.parametrize("whole", [False, True], ids=["required members", "all members"])
def test_what_botocore_sends_is_read_back(service: Service, operation: OperationModel, whole: bool) -> None:
    params = sample(operation.input_shape, whole, ()) if operation.input_shape else {}
    match, read = send(service, operation, params)
    assert match.operation.name == operation.name
    assert plain(read) == plain(received(operation, params))


def send(service: Service, operation: OperationModel, params: dict[str, Any]) -> tuple[Match, dict[str, Any]]:
    sent = create_serializer("rest-json", include_validation=False).serialize_to_request(params, operation)
    path, _, constants = sent["url_path"].partition("?")
    query = "&".join(part for part in (constants, urlencode(sent["query_string"], doseq=True)) if part)
    match = ROUTES[service.name].find(sent["method"], path, query)
    assert match is not None, f"no route for {sent['method']} {sent['url_path']}"
    headers = Headers([(name.encode(), str(value).encode()) for name, value in sent["headers"].items()])
    body = sent["body"]
    return match, parse(match, headers, body.encode() if isinstance(body, str) else bytes(body))


def sample(shape: Shape, whole: bool, above: tuple[str, ...]) -> Any:
    """A value of the shape, with its required members or all; a shape inside itself is left out."""
    if isinstance(shape, StructureShape):
        required = shape.metadata.get("required", [])
        return {
            name: sample(member, whole, (*above, shape.name))
            for name, member in shape.members.items()
            if (whole or name in required) and member.name not in above
        }
    if isinstance(shape, ListShape):
        return [] if shape.member.name in above else [sample(shape.member, whole, above)] * 2
    if isinstance(shape, MapShape):
        return {"a/b": sample(shape.value, whole, above)}
    if shape.type_name == "string" and "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    return SAMPLES[shape.type_name]


def received(operation: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
    """What must arrive: a payload is there even when it is empty."""
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape else None
    if shape is None or payload is None or payload in params:
        return params
    return {**params, payload: b"" if shape.members[payload].type_name == "blob" else {}}


def plain(params: dict[str, Any]) -> Any:
    """Comparable JSON: times as epoch seconds, bytes as text."""
    return json.loads(
        json.dumps(
            params, default=lambda value: value.timestamp() if isinstance(value, datetime) else repr(value)
        )
    )
