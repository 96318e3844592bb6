"""Model: the default ones, schemas, references, deletion."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from .conftest import Refused

NO_SCHEMA = "Model schema must have at least 1 property or array items defined"
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
LIST = "[/description, /schema]"


def invalid(error: str) -> str:
    return f"Invalid model specified: Validation Result: warnings : [], errors : [{error}]"


def url(api: str, name: str) -> str:
    return f"https://apigateway.amazonaws.com/restapis/{api}/models/{name}"


@pytest.fixture
def make(client: Any, api: str) -> Callable[..., Any]:
    def make(name: str, schema: Any = None, **given: Any) -> Any:
        text = schema if isinstance(schema, str) else json.dumps(schema or {})
        params = {"contentType": "application/json", "schema": text, **given}
        return shown(client.create_model(restApiId=api, name=name, **params))

    return make


def test_every_api_has_two(client: Any, api: str) -> None:
    models = client.get_models(restApiId=api)["items"]
    for model in models:
        assert len(model.pop("id")) == 6
        model["schema"] = json.loads(model["schema"])
    assert models == [
        {
            "name": "Empty",
            "description": "This is a default empty schema model",
            "contentType": "application/json",
            "schema": {"$schema": DRAFT_4, "title": "Empty Schema", "type": "object"},
        },
        {
            "name": "Error",
            "description": "This is a default error schema model",
            "contentType": "application/json",
            "schema": {
                "$schema": DRAFT_4,
                "title": "Error Schema",
                "type": "object",
                "properties": {"message": {"type": "string"}},
            },
        },
    ]


def test_a_model_comes_back_as_it_was_given(client: Any, api: str, make: Callable[..., Any]) -> None:
    schema = '{ "type" : "object",\n "properties": {"é": {"type": "string"}} }'
    made = make("Pet", schema, description="a pet", contentType="application/vnd.pet+json")
    assert made == {
        "id": made["id"],
        "name": "Pet",
        "description": "a pet",
        "contentType": "application/vnd.pet+json",
        "schema": schema,
    }
    assert shown(client.get_model(restApiId=api, modelName="Pet")) == made
    assert "description" not in make("Quiet", description="")


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"name": ""}, "BadRequestException", "Model name must be non-empty"),
        ({"name": "a-b"}, "BadRequestException", "Model name must be alphanumeric: a-b"),
        ({"name": "é"}, "BadRequestException", "Model name must be alphanumeric: é"),
        ({"name": "Empty"}, "ConflictException", "Model name already exists for this REST API"),
        ({"contentType": "json"}, "BadRequestException", "Invalid content type specified: json"),
        ({"schema": ""}, "BadRequestException", NO_SCHEMA),
        ({"schema": "", "contentType": "text/plain"}, "BadRequestException", NO_SCHEMA),
        ({"schema": None}, "BadRequestException", NO_SCHEMA),
        ({"schema": "{"}, "BadRequestException", invalid("Invalid model schema specified")),
        ({"schema": "[]"}, "BadRequestException", invalid("Invalid model schema specified")),
        ({"schema": '{"type": "wrong"}'}, "BadRequestException", invalid("Invalid model schema specified")),
        (
            {"schema": '{"properties": [1]}'},
            "BadRequestException",
            invalid("Invalid model schema specified"),
        ),
        (
            {"schema": '{"$schema": "http://json-schema.org/draft-07/schema#", "exclusiveMinimum": 3}'},
            "BadRequestException",
            invalid("Invalid model schema specified"),
        ),
        (
            {"schema": '{"$ref": "https://example.com/x"}'},
            "BadRequestException",
            invalid("Model reference must be in canonical form: https://example.com/x"),
        ),
        (
            {"schema": json.dumps({"items": {"$ref": url("other", "Empty")}})},
            "BadRequestException",
            invalid(f"Invalid model reference specified: {url('other', 'Empty')}"),
        ),
        (
            {"schema": json.dumps({"title": "x" * 410_000})},
            "BadRequestException",
            "Invalid model specified: the schema must have at most 409600 bytes",
        ),
    ],
)
def test_bad_models_are_refused(
    client: Any, api: str, refused: Refused, given: dict[str, Any], code: str, message: str
) -> None:
    params = {"name": "Pet", "contentType": "application/json", "schema": "{}", **given}
    answer = refused(client.create_model, restApiId=api, **{k: v for k, v in params.items() if v is not None})
    assert answer == (code, message)


def test_a_reference_needs_its_model(
    api: str, make: Callable[..., Any], client: Any, refused: Refused
) -> None:
    schema = json.dumps({"properties": {"other": {"$ref": url(api, "Later")}}})
    params = {"name": "Pet", "contentType": "application/json", "schema": schema}
    answer = refused(client.create_model, restApiId=api, **params)
    assert answer == (
        "BadRequestException",
        invalid(f"Invalid model reference specified: {url(api, 'Later')}"),
    )
    make("Later")
    assert client.create_model(restApiId=api, **params)["name"] == "Pet"


def test_models_may_refer_in_circles_and_come_flat(client: Any, api: str, make: Callable[..., Any]) -> None:
    make("B")
    a = {
        "properties": {"b": {"$ref": url(api, "B")}, "c": {"$ref": "#/definitions/c"}},
        "definitions": {"c": {}},
    }
    make("A", a)
    b = {"items": {"$ref": url(api, "A")}}
    client.update_model(restApiId=api, modelName="B", patchOperations=replace("/schema", json.dumps(b)))
    flat = json.loads(client.get_model(restApiId=api, modelName="A", flatten=True)["schema"])
    assert flat == {
        "properties": {"b": {"$ref": "#/definitions/B"}, "c": {"$ref": "#/definitions/c"}},
        "definitions": {"c": {}, "A": {"$ref": "#"}, "B": {"items": {"$ref": "#/definitions/A"}}},
    }
    stored = json.loads(client.get_model(restApiId=api, modelName="A")["schema"])
    assert stored == a


def test_an_xml_model_is_not_held_to_json(make: Callable[..., Any]) -> None:
    assert make("Pet", "<schema/>", contentType="application/xml")["schema"] == "<schema/>"


def test_a_template_is_made_of_a_model_and_what_it_refers_to(
    client: Any, api: str, make: Callable[..., Any], refused: Refused
) -> None:
    make("B", {"properties": {"n": {"type": "integer"}}})
    make("A", {"properties": {"b": {"$ref": url(api, "B")}}})
    make("Xml", "<x/>", contentType="application/xml")
    start = "#set($inputRoot = $input.path('$'))\n"
    for name, value in (("Empty", "{ }"), ("A", '{\n  "b" : {\n    "n" : 42\n  }\n}')):
        assert client.get_model_template(restApiId=api, modelName=name)["value"] == start + value
    assert refused(client.get_model_template, restApiId=api, modelName="Xml") == (
        "BadRequestException",
        "Cannot generate a template for model 'Xml': its content type is application/xml, and only JSON "
        "schemas say what a sample has",
    )
    unknown = ("NotFoundException", "Invalid model name specified: Pet")
    assert refused(client.get_model_template, restApiId=api, modelName="Pet") == unknown


def test_updates(client: Any, api: str, make: Callable[..., Any]) -> None:
    make("Pet", description="old")
    operations = replace("/description", "new") + replace("/schema", '{"type": "array"}')
    updated = client.update_model(restApiId=api, modelName="Pet", patchOperations=operations)
    assert (updated["description"], updated["schema"]) == ("new", '{"type": "array"}')
    updated = client.update_model(restApiId=api, modelName="Pet", patchOperations=replace("/description", ""))
    assert "description" not in updated


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/schema", ""), NO_SCHEMA),
        (replace("/schema"), NO_SCHEMA),
        (replace("/schema", '{"type": 1}'), invalid("Invalid model schema specified")),
        (
            replace("/name", "x"),
            f"Invalid patch path  '/name' specified for op 'replace'. Must be one of: {LIST}",
        ),
        (
            [patch("add", "/schema", "{}")],
            "Invalid patch path  '/schema' specified for op 'add'. Please choose supported operations",
        ),
    ],
)
def test_bad_updates(client: Any, api: str, refused: Refused, operations: Any, message: str) -> None:
    answer = refused(client.update_model, restApiId=api, modelName="Empty", patchOperations=operations)
    assert answer == ("BadRequestException", message)


def test_a_model_in_use_stays(
    client: Any, api: str, root: str, make: Callable[..., Any], refused: Refused
) -> None:
    test = client.create_resource(restApiId=api, parentId=root, pathPart="test")["id"]
    for name in ("InRequest", "InResponse", "InModel"):
        make(name)
    make("Referrer", {"items": {"$ref": url(api, "InModel")}})
    client.put_method(
        restApiId=api,
        resourceId=root,
        httpMethod="ANY",
        authorizationType="NONE",
        requestModels={"application/json": "InRequest"},
    )
    client.put_method(restApiId=api, resourceId=test, httpMethod="GET", authorizationType="NONE")
    client.put_method_response(
        restApiId=api,
        resourceId=test,
        httpMethod="GET",
        statusCode="200",
        responseModels={"application/json": "InResponse"},
    )
    for name, where in {
        "InRequest": "method request: //ANY",
        "InResponse": "method response: /test/GET",
        "InModel": "model: Referrer",
    }.items():
        answer = refused(client.delete_model, restApiId=api, modelName=name)
        assert answer == ("ConflictException", f"Cannot delete model '{name}', is referenced in {where}")
    client.delete_method(restApiId=api, resourceId=root, httpMethod="ANY")
    deleted = client.delete_model(restApiId=api, modelName="InRequest")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202


def test_default_models_can_be_deleted(client: Any, api: str, refused: Refused) -> None:
    client.delete_model(restApiId=api, modelName="Empty")
    missing = ("NotFoundException", "Invalid model name specified: Empty")
    assert refused(client.delete_model, restApiId=api, modelName="Empty") == missing
    assert refused(client.get_model, restApiId=api, modelName="Empty") == missing
    assert refused(client.update_model, restApiId=api, modelName="Empty") == missing


def test_an_unknown_api(client: Any, refused: Refused) -> None:
    missing = ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")
    params = {"name": "", "contentType": "application/json", "schema": "{}"}
    assert refused(client.create_model, restApiId="unknown", **params) == missing
    assert refused(client.get_models, restApiId="unknown") == missing
    answer = refused(client.get_model, restApiId="unknown", modelName="Pet")
    assert answer == ("NotFoundException", "Invalid model name specified: Pet")
