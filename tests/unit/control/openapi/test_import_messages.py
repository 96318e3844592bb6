"""What an import says: each warning, each line of an error, each refusal of a whole document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Import, Refused

CASES = yaml.safe_load(Path(__file__).with_name("messages.yaml").read_text())


@pytest.mark.parametrize("case", CASES["warnings"])
def test_warnings(make: Import, refused: Refused, case: dict[str, Any]) -> None:
    document, warnings = case["document"].encode(), case["warnings"]
    assert make(document)["warnings"] == warnings
    message = "Warnings found during import:\n\t" + "\n\t".join(warnings)
    assert refused(make, document, failOnWarnings=True) == ("BadRequestException", message)


def test_a_method_that_cannot_be_authorized_is_not_made(client: Any, make: Import) -> None:
    schemes = {"a": {"type": "apiKey", "x-amazon-apigateway-authtype": "custom"}}
    document = {
        "swagger": "2.0",
        "info": {"title": "t"},
        "paths": {"/a": {"get": {"security": [{"a": []}]}}},
        "securityDefinitions": schemes,
    }
    resources = client.get_resources(restApiId=make(document)["id"])["items"]
    assert [resource["path"] for resource in resources if "resourceMethods" in resource] == []


def test_sams_word_for_an_open_method(client: Any, make: Import) -> None:
    document = {
        "swagger": "2.0",
        "info": {"title": "t"},
        "paths": {"/a": {"get": {"security": [{"NONE": []}]}}},
    }
    api = make(document)
    assert "warnings" not in api
    resources = client.get_resources(restApiId=api["id"], embed=["methods"])["items"]
    (method,) = (each["resourceMethods"]["GET"] for each in resources if "resourceMethods" in each)
    assert method["authorizationType"] == "NONE"


@pytest.mark.parametrize("case", CASES["errors"])
def test_errors(make: Import, refused: Refused, case: dict[str, Any]) -> None:
    code, message = refused(make, case["document"].encode())
    first, *lines = message.split("\n\t")
    assert (code, first) == ("BadRequestException", "Errors found during import:")
    assert len(lines) == len(case["errors"])
    for line, error in zip(lines, case["errors"], strict=True):
        assert line.startswith(error)


@pytest.mark.parametrize("case", CASES["malformed"])
def test_malformed_parts(make: Import, refused: Refused, case: dict[str, Any]) -> None:
    message = f"Unable to parse API definition because of a malformed {case['what']}."
    assert refused(make, case["document"].encode()) == ("BadRequestException", message)


def would(thing: str) -> str:
    return f"OpenAPI 3.1: {thing} in model 'A' would be refused by Amazon API Gateway."


SCHEMAS_31: list[tuple[str, Any, list[str]]] = [
    ("type: [string, 'null']", {"type": ["string", "null"]}, ["a list of types"]),
    ("{properties: {a: {const: 5}}}", {"properties": {"a": {"enum": [5]}}}, ["'const'"]),
    (
        "{exclusiveMinimum: 1, minimum: 0, exclusiveMaximum: 9}",
        {"minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": True},
        ["a number as 'exclusiveMinimum'", "a number as 'exclusiveMaximum'"],
    ),
    ("{exclusiveMinimum: 1, minimum: 2}", {"minimum": 2}, ["a number as 'exclusiveMinimum'"]),
    ("{exclusiveMinimum: true, minimum: 2}", {"minimum": 2, "exclusiveMinimum": True}, []),
    (
        "{items: true, not: false, additionalProperties: false, examples: [1]}",
        {"items": {}, "not": {"not": {}}, "additionalProperties": False},
        ["a boolean as a schema"],
    ),
    (
        "{allOf: [true], properties: {a: false}}",
        {"allOf": [{}], "properties": {"a": {"not": {}}}},
        ["a boolean as a schema"],
    ),
    (
        "{dependentRequired: {a: [b]}, if: {}, prefixItems: []}",
        {"dependencies": {"a": ["b"]}},
        ["'if', which is not enforced,", "'prefixItems', which is not enforced,", "'dependentRequired'"],
    ),
    (
        "{properties: {a: {$ref: '#/components/schemas/A', description: d, minProperties: 1}}}",
        {"properties": {"a": {"allOf": [{"$ref": "self"}, {"minProperties": 1}]}}},
        ["a schema beside '$ref'"],
    ),
]


@pytest.mark.parametrize(("schema", "stored", "things"), SCHEMAS_31)
def test_schemas_of_openapi_3_1(
    client: Any, make: Import, schema: str, stored: Any, things: list[str]
) -> None:
    written = yaml.safe_load(schema)
    api = make({"openapi": "3.1.0", "info": {"title": "t"}, "components": {"schemas": {"A": written}}})
    text = client.get_model(restApiId=api["id"], modelName="A")["schema"]
    url = f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/A"
    assert yaml.safe_load(text.replace(url, "self")) == stored
    version = "OpenAPI 3.1.0 is read here, but Amazon API Gateway refuses it."
    assert api["warnings"] == [version, *map(would, things)]


def test_roots_of_openapi_3_1(make: Import) -> None:
    text = b"openapi: 3.1.0\ninfo: {title: t}\nwebhooks: {a: {post: {}}}\njsonSchemaDialect: x"
    assert make(text)["warnings"][1:] == [
        "OpenAPI 3.1: 'webhooks' would be refused by Amazon API Gateway. Ignoring.",
        "OpenAPI 3.1: 'jsonSchemaDialect' would be refused by Amazon API Gateway. Ignoring.",
    ]
