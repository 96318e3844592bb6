"""Documents that are small as texts and large as definitions."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.openapi.importing.definition import MOST_MESSAGES, Options, Refused
from gatewright.openapi.importing.document import define
from gatewright.openapi.importing.variables import replace_variables

AUTHORIZER = "x-amazon-apigateway-authorizer"
INTEGRATION = "x-amazon-apigateway-integration"


def document(**more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", **more}


def big_integration(size: int) -> dict[str, Any]:
    return {INTEGRATION: {"type": "mock", "requestTemplates": {"a/a": "x" * size}}}


TOO_LARGE = [
    (
        document(paths={f"/{n // 100}/{n}": {} for n in range(10_000)}),
        "The document has more than 10000 resources.",
    ),
    (
        document(paths={f"/{n}": {"get": {}, "put": {}} for n in range(5_001)}),
        "The document has more than 10000 methods.",
    ),
    (
        document(paths={f"/{n}": {"$ref": "#/x"} for n in range(30)}, x={"get": big_integration(1_000_000)}),
        "The document defines more than 20971520 bytes with what its methods share.",
    ),
    (
        document(
            security=[{"a": ["s" * 1_000_000]}],
            components={"securitySchemes": {"a": {AUTHORIZER: {"type": "jwt"}}}},
            paths={f"/{n}": {"get": {}} for n in range(30)},
        ),
        "The document defines more than 20971520 bytes with what its methods share.",
    ),
    (
        document(components={"securitySchemes": {f"a{n}": {AUTHORIZER: {}} for n in range(501)}}),
        "The document has more than 500 authorizers.",
    ),
]


@pytest.mark.parametrize(("large", "message"), TOO_LARGE)
def test_what_is_too_large_is_refused(large: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as raised:
        define(large, Options("api"))
    assert str(raised.value) == message


def test_a_base_path_that_is_too_long_is_told_once() -> None:
    written = {"swagger": "2.0", "basePath": "/a" * 60, "paths": {f"/{n}": {"get": {}} for n in range(9)}}
    definition = define(written, Options("api", "prepend"))
    assert definition.methods == []
    assert list(definition.errors) == [
        f"Unable to create resource at path '{'/a' * 60}…': A path may have 50 parts and 4096 characters"
    ]


def test_messages_are_bounded() -> None:
    parameters = [{"name": f"{n}{'x' * 5_000}", "in": "cookie"} for n in range(MOST_MESSAGES + 5)]
    definition = define(document(paths={"/a": {"get": {"parameters": parameters}}}), Options("api"))
    assert len(definition.warnings) == MOST_MESSAGES
    assert max(map(len, definition.warnings)) == 2_000


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")]
)
def test_variables(region: str, partition: str) -> None:
    text = b"a: ${AWS::Partition}:${AWS::Region}:${AWS::AccountId}:${AWS::Else}"
    replaced = f"a: {partition}:{region}:1:${{AWS::Else}}"
    assert replace_variables(text, "1", region) == replaced.encode()
