"""Documentation parts: locations, filters, import."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys

from .conftest import Documents, Refused

TEXT = '{\n\t"description" : "é"\n}'
UNKNOWN_PART = ("NotFoundException", "Invalid Documentation part identifier specified")
NO_API = ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")
NO_IMPORTER = ("BadRequestException", "Unable to build importer with provided input.")

Make = Callable[..., Any]


@pytest.fixture
def make(client: Any, api: str) -> Make:
    def make(properties: str = TEXT, **location: str) -> Any:
        return shown(
            client.create_documentation_part(restApiId=api, location=location, properties=properties)
        )

    return make


def document(*parts: Any, **members: Any) -> bytes:
    extension = {"x-amazon-apigateway-documentation": {"documentationParts": list(parts)}}
    return json.dumps({"openapi": "3.0.1", **extension, **members}).encode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"type": "API"}, {"type": "API"}),
        ({"type": "MODEL", "name": "Pet"}, {"type": "MODEL", "name": "Pet"}),
        ({"type": "RESOURCE"}, {"type": "RESOURCE", "path": "/"}),
        ({"type": "METHOD", "method": "GET"}, {"type": "METHOD", "path": "/", "method": "GET"}),
        (
            {"type": "RESPONSE_HEADER", "name": "x", "statusCode": "200", "path": "/a"},
            {"type": "RESPONSE_HEADER", "path": "/a", "statusCode": "200", "name": "x"},
        ),
    ],
)
def test_a_part_comes_back_with_its_path_and_its_very_text(
    client: Any, api: str, make: Make, given: dict[str, str], kept: dict[str, str]
) -> None:
    made = make(**given)
    assert made == {"id": made["id"], "location": kept, "properties": TEXT}
    assert len(made["id"]) == 6
    assert shown(client.get_documentation_part(restApiId=api, documentationPartId=made["id"])) == made


@pytest.mark.parametrize(
    ("location", "message"),
    [
        (
            {"type": "API", "name": "x"},
            "[Location type: API cannot have path, method, statusCode or name defined.]",
        ),
        (
            {"type": "MODEL", "name": "x", "path": "/"},
            "[Location type: MODEL cannot have path, method or statusCode defined.]",
        ),
        (
            {"type": "RESPONSE", "name": "x"},
            "[Location type: RESPONSE cannot have name defined.]",
        ),
        ({"type": "MODEL"}, "[Location type: MODEL must have name defined.]"),
        (
            {"type": "METHOD", "path": "pets"},
            "[Location type: METHOD must have a path that begins with '/', not 'pets'.]",
        ),
        (
            {"type": "METHOD", "method": "get"},
            "[Location type: METHOD cannot have method 'get'. Valid options are GET, PUT, POST, DELETE, "
            "PATCH, OPTIONS, HEAD, ANY, *.]",
        ),
    ],
)
def test_a_location_that_does_not_fit_its_type_is_refused(
    client: Any, api: str, refused: Refused, location: dict[str, str], message: str
) -> None:
    answer = refused(client.create_documentation_part, restApiId=api, location=location, properties="{}")
    assert answer == ("BadRequestException", message)


def test_an_unknown_type_is_named_with_the_known_ones(client: Any, api: str, refused: Refused) -> None:
    code, message = refused(
        client.create_documentation_part, restApiId=api, location={"type": "X"}, properties="{}"
    )
    assert code == "ValidationException"
    assert "Value 'X' at 'createDocumentationPartInput.location.type'" in message
    assert "[RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER," in message


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("", "Documentation part properties must be non-empty"),
        ("[1]", "Documentation part properties must be a JSON object"),
        ("{", "Documentation part properties must be a JSON object"),
    ],
)
def test_properties_must_be_an_object(
    client: Any, api: str, make: Make, refused: Refused, properties: str, message: str
) -> None:
    bad = ("BadRequestException", message)
    location = {"type": "API"}
    assert (
        refused(client.create_documentation_part, restApiId=api, location=location, properties=properties)
        == bad
    )
    where = {"restApiId": api, "documentationPartId": make(type="API")["id"]}
    change = replace("/properties", properties)
    assert refused(client.update_documentation_part, **where, patchOperations=change) == bad


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ({"type": "API"}, {"type": "API"}, "type 'API'"),
        (
            {"type": "METHOD", "path": "/pets"},
            {"type": "METHOD", "path": "/pets", "method": "*"},
            "type 'METHOD', path '/pets', method '*'",
        ),
    ],
)
def test_a_location_has_one_part(
    client: Any, api: str, make: Make, refused: Refused, first: Any, second: Any, named: str
) -> None:
    make(**first)
    answer = refused(client.create_documentation_part, restApiId=api, location=second, properties="{}")
    assert answer == (
        "ConflictException",
        f"Documentation part already exists for the specified location: {named}.",
    )


def test_updates_and_deletion(client: Any, api: str, make: Make, refused: Refused) -> None:
    where = {"restApiId": api, "documentationPartId": make(type="API")["id"]}
    changed = client.update_documentation_part(**where, patchOperations=replace("/properties", '{"a": 1}'))
    assert changed["properties"] == '{"a": 1}'
    for operation, message in (
        (
            patch("replace", "/x", "1"),
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/properties]",
        ),
        (
            patch("add", "/properties", "{}"),
            "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
        ),
    ):
        answer = refused(client.update_documentation_part, **where, patchOperations=[operation])
        assert answer == ("BadRequestException", message)
    client.delete_documentation_part(**where)
    for operation in (client.get_documentation_part, client.delete_documentation_part):
        assert refused(operation, **where) == UNKNOWN_PART


def test_of_an_api_that_is_not_there(client: Any, refused: Refused) -> None:
    location = {"type": "API"}
    where = {"restApiId": "unknown"}
    assert refused(client.create_documentation_part, **where, location=location, properties="{}") == NO_API
    assert refused(client.get_documentation_parts, **where) == NO_API
    assert refused(client.delete_documentation_part, **where, documentationPartId="x") == NO_API
    assert refused(client.get_documentation_part, **where, documentationPartId="x") == UNKNOWN_PART
    assert refused(client.import_documentation_parts, **where, body=document()) == NO_API


def test_filters(client: Any, api: str, make: Make) -> None:
    names = {
        make(type="API")["id"]: "api",
        make(type="METHOD", path="/pets")["id"]: "pets",
        make(type="METHOD", path="/pets/dogs")["id"]: "dogs",
        make(type="QUERY_PARAMETER", path="/pets", name="q")["id"]: "q",
    }

    def found(**asked: Any) -> set[str]:
        return {names[part["id"]] for part in client.get_documentation_parts(restApiId=api, **asked)["items"]}

    assert found() == {"api", "pets", "dogs", "q"}
    assert found(type="METHOD") == {"pets", "dogs"}
    assert found(path="/pets") == {"pets", "dogs", "q"}
    assert found(nameQuery="q", locationStatus="DOCUMENTED") == {"q"}
    page = client.get_documentation_parts(restApiId=api, limit=3)
    rest = client.get_documentation_parts(restApiId=api, limit=3, position=page["position"])
    assert {part["id"] for part in (*page["items"], *rest["items"])} == set(names)


def test_what_nobody_has_described(client: Any, api: str, root: str, make: Make) -> None:
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(
        **where, authorizationType="NONE", requestParameters={"method.request.querystring.q": True}
    )
    client.put_method_response(
        **where,
        statusCode="200",
        responseModels={"application/json": "Empty"},
        responseParameters={"method.response.header.x": True},
    )
    make(type="METHOD", method="GET")
    make(type="MODEL", name="Error")
    left = client.get_documentation_parts(restApiId=api, locationStatus="UNDOCUMENTED")["items"]
    method = {"path": "/", "method": "GET"}
    response = {**method, "statusCode": "200"}
    assert [part["location"] for part in left] == [
        {"type": "API"},
        {"type": "MODEL", "name": "Empty"},
        {"type": "QUERY_PARAMETER", **method, "name": "q"},
        {"type": "RESOURCE", "path": "/"},
        {"type": "RESPONSE", **response},
        {"type": "RESPONSE_BODY", **response},
        {"type": "RESPONSE_HEADER", **response, "name": "x"},
    ]


def test_an_import_merges_or_overwrites(client: Any, api: str, make: Make) -> None:
    old = make(type="API")["id"]
    other = make(type="MODEL", name="Pet")["id"]
    body = document(
        {"location": {"type": "API"}, "properties": {"info": {"description": "é"}}},
        {"location": {"type": "RESPONSE", "statusCode": 404}, "properties": {"a": 1}},
    )
    merged = client.import_documentation_parts(restApiId=api, body=body)
    assert merged["ids"][0] == old
    assert "warnings" not in merged
    parts = {part["id"]: part for part in client.get_documentation_parts(restApiId=api)["items"]}
    assert set(parts) == {old, other, merged["ids"][1]}
    assert json.loads(parts[old]["properties"]) == {"info": {"description": "é"}}
    assert parts[merged["ids"][1]]["location"] == {"type": "RESPONSE", "path": "/", "statusCode": "404"}

    anew = client.import_documentation_parts(restApiId=api, body=body, mode="overwrite")["ids"]
    assert {part["id"] for part in client.get_documentation_parts(restApiId=api)["items"]} == set(anew)
    assert old not in anew


def test_yaml_is_read_too(client: Any, api: str) -> None:
    body = b"""swagger: "2.0"
x-amazon-apigateway-documentation:
  documentationParts:
  - location: {type: API}
    properties: {a: 1}
"""
    ids = client.import_documentation_parts(restApiId=api, body=body)["ids"]
    part = client.get_documentation_part(restApiId=api, documentationPartId=ids[0])
    assert part["properties"] == '{"a":1}'


def test_what_cannot_be_a_part_is_a_warning_or_ends_the_import(
    client: Any, api: str, refused: Refused
) -> None:
    good = {"location": {"type": "API"}, "properties": {"a": 1}}
    bad = {"location": {"type": "MODEL"}, "properties": {"a": 1}}
    body = document(good, bad, 7, {**good, "properties": 3})
    warnings = [
        "Unable to import documentation part 1: [Location type: MODEL must have name defined.]",
        "Unable to import documentation part 2: its location must have one of the types API, AUTHORIZER, "
        "MODEL, RESOURCE, METHOD, PATH_PARAMETER, QUERY_PARAMETER, REQUEST_HEADER, REQUEST_BODY, RESPONSE, "
        "RESPONSE_HEADER, RESPONSE_BODY",
        "Unable to import documentation part 3: its properties must be an object",
    ]
    answer = refused(client.import_documentation_parts, restApiId=api, body=body, failOnWarnings=True)
    assert answer == (
        "BadRequestException",
        "Warnings found during import:" + "".join(f"\n\t{warning}" for warning in warnings),
    )
    assert client.get_documentation_parts(restApiId=api)["items"] == []
    done = client.import_documentation_parts(restApiId=api, body=body)
    assert (len(done["ids"]), done["warnings"]) == (1, warnings)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"a: &a [*a]", b"\xff"])
def test_a_body_that_is_no_document_is_refused(client: Any, refused: Refused, body: bytes) -> None:
    """Whether the API is there is asked later, as for PutRestApi."""
    assert refused(client.import_documentation_parts, restApiId="unknown", body=body) == NO_IMPORTER


def test_an_api_has_2000_parts_at_most(client: Any, api: str) -> None:
    def part(number: int) -> dict[str, Any]:
        return {"location": {"type": "MODEL", "name": f"M{number}"}, "properties": {"a": 1}}

    done = client.import_documentation_parts(
        restApiId=api, body=document(*(part(number) for number in range(2001)))
    )
    assert len(done["ids"]) == 2000
    assert done["warnings"] == [
        "Unable to import documentation part 2000: Too many documentation parts: an API can have 2000 at "
        "most. Delete some first."
    ]


def test_parts_and_versions_go_with_their_api(client: Any, api: str, make: Make, document: Documents) -> None:
    part = make(type="API")["id"]
    client.create_documentation_version(restApiId=api, documentationVersion="1")
    kept = (
        keys.documentation_part(api, part),
        keys.documentation_version(api, "1"),
        keys.documentation_snapshot(api, "1"),
    )
    assert all(document(key) for key in kept)
    client.delete_rest_api(restApiId=api)
    assert not any(document(key) for key in kept)
