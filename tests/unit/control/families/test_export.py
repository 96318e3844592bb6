"""GetExport: what is in which export, in Amazon's order, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from tests.support.exported_api import INVOKE, OK, Draft, export
from tests.support.management import PARTITION

from .conftest import Refused

EXTENSION = "x-amazon-apigateway-"
STAGE = {"stageName": "prod", "exportType": "swagger"}


@pytest.fixture(scope="module")
def draft(client: Any) -> Draft:
    draft = Draft(
        client,
        description="all of them",
        version='1.0 "x"',
        binaryMediaTypes=["image/png"],
        minimumCompressionSize=0,
        apiKeySource="AUTHORIZER",
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    draft.fill()
    deployment = client.create_deployment(restApiId=draft.id, stageName="prod")["id"]
    client.create_stage(restApiId=draft.id, stageName="docs", deploymentId=deployment)
    draft.document()
    # A stage exports what was deployed.
    later = draft.method("/pets", "DELETE")
    client.put_integration(**later, type="MOCK", requestTemplates=OK)
    return draft


MEMBERS: list[tuple[str, str, str, str]] = [
    ("", "swagger", "", "swagger info host basePath schemes paths securityDefinitions definitions"),
    ("", "oas30", "", "openapi info servers paths components"),
    ("", "swagger", "/info", "description version title"),
    ("", "oas30", "/info", "title description version"),
    ("", "oas30", "/components", "schemas securitySchemes"),
    ("", "swagger", "/paths", "/pets /pets/{id}"),
    ("", "oas30", "/paths", "/pets /pets/{id}"),
    ("", "swagger", "/paths/~1pets", "post"),
    ("", "oas30", "/paths/~1pets~1{id}", "x-amazon-apigateway-any-method"),
    ("", "swagger", "/paths/~1pets/post", "operationId consumes produces parameters responses security"),
    ("", "oas30", "/paths/~1pets/post", "operationId parameters requestBody responses security"),
    ("", "swagger", "/paths/~1pets/post/responses/200", "description schema headers"),
    ("", "oas30", "/paths/~1pets/post/responses/200", "description headers content"),
    ("", "oas30", "/paths/~1pets/post/responses/400", "description content"),
    ("", "swagger", "/paths/~1pets/post/responses/400", "description"),
    (
        "apigateway",
        "swagger",
        "",
        "swagger info host basePath schemes paths securityDefinitions definitions "
        "x-amazon-apigateway-gateway-responses x-amazon-apigateway-request-validators "
        "x-amazon-apigateway-api-key-source x-amazon-apigateway-binary-media-types "
        "x-amazon-apigateway-minimum-compression-size",
    ),
    (
        "apigateway",
        "swagger",
        "/paths/~1pets/post",
        "operationId consumes produces parameters responses security x-amazon-apigateway-request-validator "
        "x-amazon-apigateway-integration",
    ),
    (
        "apigateway",
        "oas30",
        "/paths/~1pets/post",
        "operationId parameters requestBody responses security x-amazon-apigateway-request-validator "
        "x-amazon-apigateway-integration",
    ),
    (
        "integrations",
        "oas30",
        "/paths/~1pets/post/x-amazon-apigateway-integration",
        "type httpMethod uri responses requestParameters requestTemplates passthroughBehavior "
        "contentHandling timeoutInMillis",
    ),
]


def at(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


@pytest.mark.parametrize(("extensions", "kind", "pointer", "members"), MEMBERS)
def test_members_stand_in_amazons_order(
    draft: Draft, extensions: str, kind: str, pointer: str, members: str
) -> None:
    assert " ".join(at(export(draft, kind, extensions), pointer)) == members


VALUES: list[tuple[str, str, Any]] = [
    ("swagger", "/info", {"description": "all of them", "version": '1.0 "x"', "title": "pets"}),
    ("swagger", "/basePath", "/prod"),
    ("swagger", "/schemes", ["https"]),
    ("oas30", "/servers/0/variables", {"basePath": {"default": "prod"}}),
    ("swagger", "/paths/~1pets/post/consumes", ["application/json", "text/plain"]),
    ("swagger", "/paths/~1pets/post/produces", ["application/json", "text/xml"]),
    (
        "swagger",
        "/paths/~1pets/post/parameters",
        [
            {"name": "x-who", "in": "header", "required": True, "type": "string"},
            {"name": "dry", "in": "query", "required": False, "type": "string"},
            {"in": "body", "name": "Pet", "required": True, "schema": {"$ref": "#/definitions/Pet"}},
        ],
    ),
    (
        "oas30",
        "/paths/~1pets/post/parameters",
        [
            {"name": "x-who", "in": "header", "required": True, "schema": {"type": "string"}},
            {"name": "dry", "in": "query", "schema": {"type": "string"}},
        ],
    ),
    (
        "oas30",
        "/paths/~1pets/post/requestBody",
        {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
            "required": True,
        },
    ),
    (
        "swagger",
        "/paths/~1pets/post/responses/200",
        {
            "description": "200 response",
            "schema": {"$ref": "#/definitions/Pet"},
            "headers": {"x-id": {"type": "string"}},
        },
    ),
    ("oas30", "/paths/~1pets/post/responses/400", {"description": "400 response", "content": {}}),
    ("swagger", "/paths/~1pets/post/security", [{"token": []}, {"api_key": []}]),
    ("swagger", f"/paths/~1pets~1{{id}}/{EXTENSION}any-method/security", [{"sigv4_": []}]),
    ("swagger", f"/paths/~1pets~1{{id}}/{EXTENSION}any-method/responses", {}),
    (
        "oas30",
        "/components/schemas/Pet",
        {
            "type": "object",
            "properties": {
                "why": {"$ref": "#/components/schemas/Error"},
                "tag": {"$ref": "#/components/schemas/Pet/definitions/tag"},
            },
            "definitions": {"tag": {"type": "string"}},
        },
    ),
    ("swagger", "/securityDefinitions/token", {"type": "apiKey", "name": "Auth", "in": "header"}),
    ("swagger", "/securityDefinitions/sigv4", {"type": "apiKey", "name": "Unused", "in": "header"}),
    ("swagger", "/securityDefinitions/sigv4_", {"type": "apiKey", "name": "Authorization", "in": "header"}),
    ("swagger", "/securityDefinitions/api_key", {"type": "apiKey", "name": "x-api-key", "in": "header"}),
]

EXTENDED: list[tuple[str, str, str, Any]] = [
    (
        "authorizers",
        "swagger",
        "/securityDefinitions/token",
        {
            "type": "apiKey",
            "name": "Auth",
            "in": "header",
            f"{EXTENSION}authtype": "custom",
            f"{EXTENSION}authorizer": {
                "authorizerUri": INVOKE,
                "identityValidationExpression": "a.*",
                "authorizerResultTtlInSeconds": 0,
                "type": "token",
            },
        },
    ),
    (
        "integrations,authorizers",
        "oas30",
        f"/components/securitySchemes/sigv4/{EXTENSION}authorizer",
        {
            "authorizerUri": INVOKE,
            "identitySource": "method.request.header.a,context.identity.sourceIp",
            "type": "request",
        },
    ),
    ("apigateway", "oas30", f"/components/securitySchemes/sigv4_/{EXTENSION}authtype", "awsSigv4"),
    (
        "integrations",
        "oas30",
        f"/paths/~1pets/post/{EXTENSION}integration",
        {
            "type": "http",
            "httpMethod": "PUT",
            "uri": "http://backend/${stageVariables.x}",
            "responses": {
                "default": {
                    "statusCode": "200",
                    "responseParameters": {"method.response.header.x-id": "'1'"},
                },
                "4..": {"statusCode": "400", "responseTemplates": {"text/xml": None}},
            },
            "requestParameters": {"integration.request.header.a": "'b'"},
            "requestTemplates": {"text/plain": "x"},
            "passthroughBehavior": "never",
            "contentHandling": "CONVERT_TO_TEXT",
            "timeoutInMillis": 1000,
        },
    ),
    (
        " integrations ,",
        "swagger",
        f"/paths/~1pets~1{{id}}/{EXTENSION}any-method/{EXTENSION}integration",
        {"type": "mock", "requestTemplates": OK, "passthroughBehavior": "when_no_match"},
    ),
    ("integrations", "swagger", f"/{EXTENSION}binary-media-types", ["image/png"]),
    ("apigateway", "swagger", f"/{EXTENSION}minimum-compression-size", 0),
    ("apigateway", "swagger", f"/{EXTENSION}api-key-source", "AUTHORIZER"),
    (
        "apigateway",
        "oas30",
        f"/{EXTENSION}request-validators",
        {"all": {"validateRequestParameters": False, "validateRequestBody": True}},
    ),
    ("apigateway", "oas30", f"/paths/~1pets/post/{EXTENSION}request-validator", "all"),
    (
        "apigateway",
        "oas30",
        f"/{EXTENSION}gateway-responses",
        {
            "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.a": "'b'"}},
            "THROTTLED": {
                "statusCode": 420,
                "responseParameters": {},
                "responseTemplates": {"application/json": '{"message":$context.error.messageString}'},
            },
        },
    ),
]


@pytest.mark.parametrize(
    ("extensions", "kind", "pointer", "value"), [("", *case) for case in VALUES] + EXTENDED
)
def test_an_api_is_told(draft: Draft, extensions: str, kind: str, pointer: str, value: Any) -> None:
    document = export(draft, kind, extensions)
    if pointer.startswith("/servers/0"):
        pointer, document = pointer.removeprefix("/servers/0"), document["servers"][0]
    assert at(document, pointer) == value


@pytest.mark.parametrize("kind", ["swagger", "oas30"])
@pytest.mark.parametrize("extensions", ["", "postman"])
def test_nothing_of_amazons_stands_in_a_plain_export(draft: Draft, kind: str, extensions: str) -> None:
    """A path item has no other place for ANY."""
    told = json.dumps(export(draft, kind, extensions, "docs"))
    assert told.replace(f"{EXTENSION}any-method", "").count("x-amazon-") == 0


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/info/description", "documented"),
        ("/x-mine", 1),
        ("/paths/~1pets/post/summary", "add"),
        ("/paths/~1pets/post/tags", ["t"]),
        ("/paths/~1pets/post/responses/200/description", "done"),
        ("/paths/~1pets/post/responses/400/description", "400 response"),
        ("/paths/~1pets/post/responses/200/headers/x-id/description", "its id"),
    ],
)
@pytest.mark.parametrize("kind", ["swagger", "oas30"])
def test_documentation_stands_with_what_it_speaks_of(
    draft: Draft, kind: str, pointer: str, value: Any
) -> None:
    assert at(export(draft, kind, stage="docs"), pointer) == value


def test_documentation_stands_where_each_form_has_a_place(draft: Draft) -> None:
    three, two = export(draft, "oas30", stage="docs"), export(draft, "swagger", stage="docs")
    assert three["paths"]["/pets"]["summary"] == "pets"
    assert list(two["paths"]["/pets"]) == ["post"]
    assert "other" not in three["paths"]["/pets"]["post"]
    assert three["paths"]["/pets"]["post"]["requestBody"]["description"] == "a pet"
    assert [one.get("description") for one in two["paths"]["/pets"]["post"]["parameters"]] == [
        None,
        "do nothing",
        "a pet",
    ]
    assert three["components"]["schemas"]["Pet"]["description"] == "a beast"
    assert three["components"]["securitySchemes"]["token"]["description"] == "who"


@pytest.mark.parametrize("kind", ["swagger", "oas30"])
@pytest.mark.parametrize("extensions", ["documentation", "apigateway"])
def test_the_documentation_extension_has_every_part(draft: Draft, kind: str, extensions: str) -> None:
    member = f"{EXTENSION}documentation"
    told = export(draft, kind, extensions, "docs")[member]
    assert (told["version"], len(told["documentationParts"])) == ("v1", 9)
    assert {
        "location": {"type": "METHOD", "path": "/pets"},
        "properties": {"summary": "add", "tags": ["t"], "other": 1},
    } in told["documentationParts"]
    assert member not in export(draft, kind, extensions)


@pytest.mark.parametrize("kind", ["swagger", "oas30"])
def test_yaml_says_the_same(draft: Draft, kind: str) -> None:
    answer = draft.client.get_export(
        restApiId=draft.id,
        stageName="docs",
        exportType=kind,
        accepts="application/yaml",
        parameters={"extensions": "apigateway"},
    )
    assert yaml.safe_load(answer["body"].read()) == export(draft, kind, "apigateway", "docs")
    assert answer["contentDisposition"] == f'attachment; filename="{kind}_1.0 _x_.yaml"'


def test_what_the_answer_says_of_itself(draft: Draft) -> None:
    answer = draft.client.get_export(restApiId=draft.id, **STAGE)
    assert answer["contentType"] == "application/octet-stream"
    assert answer["contentDisposition"] == 'attachment; filename="swagger_1.0 _x_.json"'
    assert answer["body"].read().startswith(b'{\n  "swagger" : "2.0",\n')


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"exportType": "raml"},
            "BadRequestException",
            "Invalid export type specified: raml. Valid options are oas30, swagger",
        ),
        (
            {"parameters": {"extensions": "apigateway,x"}},
            "BadRequestException",
            "Invalid extensions specified: x. Valid options are integrations, apigateway, authorizers, "
            "documentation, postman",
        ),
        (
            {"accepts": "text/html"},
            "BadRequestException",
            "Invalid Accept header specified: text/html. Valid options are application/json, "
            "application/yaml",
        ),
        ({"stageName": "none"}, "NotFoundException", "Invalid stage identifier specified"),
        (
            {"restApiId": "unknown"},
            "NotFoundException",
            f"Invalid API identifier specified {PARTITION.account}:unknown",
        ),
    ],
)
def test_refusals(draft: Draft, refused: Refused, given: Any, code: str, message: str) -> None:
    params = {"restApiId": draft.id, **STAGE, **given}
    assert refused(draft.client.get_export, **params) == (code, message)
