"""PutRestApi: merging adds and replaces, overwriting also takes away; what stays keeps its id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.management import PARTITION

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog

from .conftest import Import, Refused

Everything = Callable[[str], dict[str, Any]]

P = "x-amazon-apigateway-"
LAMBDA = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:1:function:f/invocations"
)
MOCK = {f"{P}integration": {"type": "mock"}}


def authorizer(ttl: int) -> dict[str, Any]:
    extension = {"type": "token", "authorizerUri": LAMBDA, "authorizerResultTtlInSeconds": ttl}
    return {"type": "apiKey", "name": "Auth", "in": "header", f"{P}authorizer": extension}


FIRST: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "first", "description": "d", "version": "1"},
    "paths": {
        "/kept/{id}": {
            "get": {"security": [{"a": []}], f"{P}request-validator": "v", "responses": {"200": {}}, **MOCK},
            "put": MOCK,
        },
        "/gone/deep": {
            "get": {"parameters": [{"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Old"}}]}
        },
    },
    "definitions": {"Pet": {"type": "object", "description": "d"}, "Old": {"type": "object"}},
    "securityDefinitions": {"a": authorizer(1), "old": authorizer(1)},
    f"{P}request-validators": {"v": {"validateRequestBody": True}, "old": {}},
    f"{P}gateway-responses": {"THROTTLED": {"statusCode": "430"}, "DEFAULT_5XX": {"statusCode": "501"}},
    f"{P}binary-media-types": ["a/a", "b/b"],
    f"{P}minimum-compression-size": 10,
    f"{P}api-key-source": "AUTHORIZER",
    f"{P}documentation": {
        "documentationParts": [
            {"location": {"type": "API"}, "properties": "{}"},
            {"location": {"type": "MODEL", "name": "Old"}, "properties": "{}"},
        ]
    },
}  # fmt: skip
SECOND: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "second"},
    "paths": {"/kept/{id}": {"get": {"security": [{"a": []}], **MOCK}}, "/new": {"get": MOCK}},
    "components": {
        "schemas": {"Pet": {"type": "array"}},
        "securitySchemes": {"a": authorizer(2)},
    },
    f"{P}request-validators": {"v": {"validateRequestParameters": True}},
    f"{P}gateway-responses": {"THROTTLED": {"statusCode": "431"}},
    f"{P}binary-media-types": ["c/c", "b/b"],
    f"{P}documentation": {"documentationParts": [{"location": {"type": "API"}, "properties": {"new": 1}}]},
}


@pytest.fixture
def first(make: Import) -> Any:
    return make(FIRST, parameters={"endpointConfigurationTypes": "REGIONAL"})


def ids(client: Any, api: str) -> dict[str, str]:
    """The id of everything, by its name or path."""
    found = {}
    for operation in ("get_models", "get_request_validators", "get_authorizers", "get_resources"):
        for item in getattr(client, operation)(restApiId=api)["items"]:
            found[f"{operation} {item.get('path') or item['name']}"] = item["id"]
    return found


def documentation(catalog: Catalog, api: str) -> dict[str, str]:
    with catalog.read(PARTITION) as reader:
        parts = reader.list(keys.below("documentationpart", api))
        return {part["location"]["type"]: part["properties"] for _, part in parts}


def test_merging(client: Any, catalog: Catalog, first: Any, put: Import, everything: Everything) -> None:
    before, old_ids = everything(first["id"]), ids(client, first["id"])
    api = put(SECOND, restApiId=first["id"])
    assert api == {
        **first,
        "name": "second",
        "binaryMediaTypes": ["a/a", "b/b", "c/c"],
        "tags": {},
    }
    after = everything(api["id"])
    assert ids(client, api["id"]).items() >= old_ids.items()
    assert sorted(after["resources"]) == ["/", "/gone", "/gone/deep", "/kept", "/kept/{id}", "/new"]
    assert after["resources"]["/gone/deep"] == before["resources"]["/gone/deep"]
    kept = after["resources"]["/kept/{id}"]
    assert kept["PUT"] == before["resources"]["/kept/{id}"]["PUT"]
    assert "methodResponses" not in kept["GET"]
    assert "requestValidatorId" not in kept["GET"]
    assert kept["GET"]["authorizerId"] == "a"
    assert after["models"] == {"Pet": {"type": "array"}, "Old": {"type": "object"}}
    assert after["validators"] == {"v": (False, True), "old": (False, False)}
    assert after["authorizers"]["a"]["authorizerResultTtlInSeconds"] == 2
    assert after["authorizers"]["old"] == before["authorizers"]["old"]
    assert sorted(after["gateway_responses"]) == ["DEFAULT_5XX", "THROTTLED"]
    assert after["gateway_responses"]["THROTTLED"]["statusCode"] == "431"
    assert documentation(catalog, api["id"]) == {"API": '{"new":1}', "MODEL": "{}"}


def test_overwriting(client: Any, catalog: Catalog, first: Any, put: Import, everything: Everything) -> None:
    old_ids = ids(client, first["id"])
    api = put(SECOND, restApiId=first["id"], mode="overwrite")
    reset = ("description", "version", "minimumCompressionSize")
    assert api == {
        **{member: value for member, value in first.items() if member not in reset},
        "name": "second",
        "apiKeySource": "HEADER",
        "binaryMediaTypes": ["c/c", "b/b"],
        "tags": {},
    }
    after = everything(api["id"])
    assert sorted(after["resources"]) == ["/", "/kept", "/kept/{id}", "/new"]
    assert list(after["resources"]["/kept/{id}"]) == ["GET"]
    assert after["models"] == {"Pet": {"type": "array"}}
    assert "description" not in client.get_model(restApiId=api["id"], modelName="Pet")
    assert after["validators"] == {"v": (False, True)}
    assert list(after["authorizers"]) == ["a"]
    assert list(after["gateway_responses"]) == ["THROTTLED"]
    assert documentation(catalog, api["id"]) == {"API": '{"new":1}'}
    new_ids = ids(client, api["id"])
    del new_ids["get_resources /new"]
    assert old_ids.items() >= new_ids.items()


def test_documentation_that_is_ignored_stays(
    catalog: Catalog, first: Any, put: Import, everything: Everything
) -> None:
    put(SECOND, restApiId=first["id"], mode="overwrite", parameters={"ignore": "documentation"})
    assert documentation(catalog, first["id"]) == {"API": "{}", "MODEL": "{}"}


def test_a_merged_document_names_what_is_there(first: Any, put: Import, everything: Everything) -> None:
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Old"}}}},
        f"{P}request-validator": "v",
    }
    document = {
        "openapi": "3.0.1",
        "paths": {"/new": {"get": operation}},
        "components": {"schemas": {"Pets": schema}},
    }
    assert "warnings" not in put(document, restApiId=first["id"])
    method = everything(first["id"])["resources"]["/new"]["GET"]
    assert method["requestModels"] == {"application/json": "Old"}
    assert method["requestValidatorId"] == "v"
    assert put(document, restApiId=first["id"], mode="overwrite")["warnings"] == [
        "Reference to model 'Pet' not found. Ignoring.",
        "Reference to request validator 'v' not found. Ignoring.",
        "Reference to model 'Old' not found. Ignoring.",
    ]


def test_a_second_put_of_a_document_changes_nothing(
    client: Any, first: Any, put: Import, everything: Everything
) -> None:
    inline = {"content": {"application/json": {"schema": {"type": "object"}}}}
    document = {**SECOND, "paths": {"/a": {"get": {"requestBody": inline}}}}
    put(document, restApiId=first["id"], mode="overwrite")
    before = everything(first["id"]), ids(client, first["id"])
    for mode in ("merge", "overwrite"):
        put(document, restApiId=first["id"], mode=mode)
        assert (everything(first["id"]), ids(client, first["id"])) == before


def test_stages_are_left_alone(client: Any, catalog: Catalog, first: Any, put: Import) -> None:
    stage = {"stageName": "prod", "deploymentId": "d", "methodSettings": {}, "variables": {"a": "b"}}
    with catalog.write(PARTITION) as tx:
        tx.put(keys.stage(first["id"], "prod"), stage)
    before = client.get_stage(restApiId=first["id"], stageName="prod")
    put(SECOND, restApiId=first["id"], mode="overwrite")
    after = client.get_stage(restApiId=first["id"], stageName="prod")
    assert after["variables"] == before["variables"] == {"a": "b"}


def test_a_put_that_fails_changes_nothing(
    client: Any, first: Any, put: Import, refused: Refused, everything: Everything
) -> None:
    before = everything(first["id"]), client.get_rest_api(restApiId=first["id"])["name"]
    bad = {**SECOND, "paths": {"/new": {"get": MOCK}, "/b{ad": {}}}
    code, message = refused(put, bad, restApiId=first["id"], mode="overwrite")
    assert (code, message.splitlines()[0]) == ("BadRequestException", "Errors found during import:")
    warned = {**SECOND, "paths": {"/new": {"trace": {}}}}
    code, message = refused(put, warned, restApiId=first["id"], mode="overwrite", failOnWarnings=True)
    assert (code, message.splitlines()[0]) == ("BadRequestException", "Warnings found during import:")
    assert (everything(first["id"]), client.get_rest_api(restApiId=first["id"])["name"]) == before


def test_an_api_that_is_not_there(put: Import, refused: Refused) -> None:
    missing = ("NotFoundException", "Invalid API identifier specified 111122223333:none")
    assert refused(put, SECOND, restApiId="none") == missing
    assert refused(put, SECOND, restApiId="none", mode="overwrite") == missing
    code, message = refused(put, SECOND, restApiId="none", mode="replace")
    assert (code, "Value 'replace' at 'mode'" in message) == ("ValidationException", True)


def test_deleting_an_imported_api_takes_everything_along(client: Any, catalog: Catalog, first: Any) -> None:
    client.delete_rest_api(restApiId=first["id"])
    with catalog.read(PARTITION) as reader:
        left = [kind for kind in keys.API_KINDS if list(reader.list(keys.below(kind, first["id"])))]
    assert left == []
