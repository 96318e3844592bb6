"""ImportRestApi through boto3: whole documents, what is answered, what is refused and rolled back."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.management import PARTITION, client_of, running_management

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.context import Limits, Services

from .conftest import Import, Refused, body

Everything = Callable[[str], dict[str, Any]]

P = "x-amazon-apigateway-"
LAMBDA = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:1:function:f/invocations"
)
MODEL = "https://apigateway.amazonaws.com/restapis/{api}/models/"
SWAGGER: dict[str, Any] = json.loads(Path(__file__).with_name("everything.json").read_text())
TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
MOCK_MADE = {
    "type": "MOCK",
    "passthroughBehavior": "WHEN_NO_MATCH",
    "timeoutInMillis": 29000,
    "cacheNamespace": "its own",
    "cacheKeyParameters": [],
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
}


def test_a_swagger_document_with_everything(make: Import, everything: Everything) -> None:
    api = make(SWAGGER)
    assert everything(api["id"]) == {
        "models": {
            "Pet": {
                "description": "One",
                "type": "object",
                "properties": {"owner": {"$ref": f"{MODEL}Owner"}, "example": {"type": "string"}},
            },
            "Owner": {
                "type": "object",
                "properties": {"pets": {"type": "array", "items": {"$ref": f"{MODEL}Pet"}}},
            },
        },
        "validators": {"parameters": (False, True), "all": (True, True)},
        "authorizers": {
            "token": {
                "type": "TOKEN",
                "authType": "oauth2",
                "authorizerUri": LAMBDA,
                "authorizerCredentials": "arn:aws:iam::1:role/r",
                "identitySource": "method.request.header.Auth",
                "identityValidationExpression": "^x.*",
                "authorizerResultTtlInSeconds": 60,
            },
            "request": {
                "type": "REQUEST",
                "authType": "custom",
                "authorizerUri": LAMBDA,
                "identitySource": "method.request.header.a, method.request.querystring.b",
            },
            "pool": {
                "type": "COGNITO_USER_POOLS",
                "authType": "cognito_user_pools",
                "providerARNs": ["arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_a"],
                "identitySource": "method.request.header.Authorization",
            },
            "jwt": {
                "type": "JWT",
                "identitySource": "method.request.header.Authorization",
                "jwtConfiguration": {
                    "issuers": [{"issuer": "https://issuer.example", "audiences": ["a"]}],
                    "defaultAlgorithms": ["RS256"],
                },
            },
        },
        "gateway_responses": {
            "DEFAULT_4XX": {
                "responseParameters": {"gatewayresponse.header.X-Why": "'because'"},
                "responseTemplates": {"application/json": "{}"},
                "defaultResponse": False,
            },
            "UNAUTHORIZED": {
                "statusCode": "418",
                "responseParameters": {},
                "responseTemplates": TEMPLATES,
                "defaultResponse": False,
            },
        },
        "resources": {
            "/": {
                "POST": {
                    "httpMethod": "POST",
                    "authorizationType": "NONE",
                    "apiKeyRequired": False,
                    "requestModels": {"application/json": "Pet", "application/xml": "Pet"},
                    "requestValidatorId": "all",
                    "methodIntegration": {
                        "type": "AWS_PROXY",
                        "httpMethod": "POST",
                        "uri": LAMBDA,
                        "passthroughBehavior": "WHEN_NO_MATCH",
                        "timeoutInMillis": 29000,
                        "cacheNamespace": "its own",
                        "cacheKeyParameters": [],
                    },
                },
                "PUT": {
                    "httpMethod": "PUT",
                    "authorizationType": "AWS_IAM",
                    "apiKeyRequired": False,
                    "requestValidatorId": "all",
                },
                "DELETE": {
                    "httpMethod": "DELETE",
                    "authorizationType": "CUSTOM",
                    "apiKeyRequired": False,
                    "authorizerId": "token",
                    "requestValidatorId": "all",
                },
            },
            "/pets": {},
            "/pets/{id}": {
                "GET": {
                    "httpMethod": "GET",
                    "authorizationType": "COGNITO_USER_POOLS",
                    "apiKeyRequired": True,
                    "authorizerId": "pool",
                    "authorizationScopes": ["read", "write"],
                    "operationName": "getPet",
                    "requestParameters": {
                        "method.request.header.trace": False,
                        "method.request.querystring.limit": True,
                        "method.request.path.id": True,
                    },
                    "requestValidatorId": "parameters",
                    "methodResponses": {
                        "200": {
                            "statusCode": "200",
                            "responseParameters": {"method.response.header.X-Count": False},
                            "responseModels": {"application/json": "Pet"},
                        },
                        "404": {"statusCode": "404"},
                    },
                    "methodIntegration": {
                        "type": "HTTP",
                        "httpMethod": "GET",
                        "uri": "https://pets.example/${stageVariables.where}",
                        "connectionType": "INTERNET",
                        "credentials": "arn:aws:iam::111122223333:role/r",
                        "requestParameters": {
                            "integration.request.querystring.n": "method.request.querystring.limit"
                        },
                        "passthroughBehavior": "WHEN_NO_TEMPLATES",
                        "contentHandling": "CONVERT_TO_TEXT",
                        "timeoutInMillis": 1000,
                        "cacheNamespace": "mine",
                        "cacheKeyParameters": ["method.request.querystring.limit"],
                        "tlsConfig": {"insecureSkipVerification": True},
                        "integrationResponses": {
                            "200": {
                                "statusCode": "200",
                                "responseParameters": {
                                    "method.response.header.X-Count": "integration.response.header.n"
                                },
                                "responseTemplates": {"application/json": None, "text/plain": "x"},
                            },
                            "404": {
                                "statusCode": "404",
                                "selectionPattern": "4\\d\\d",
                                "contentHandling": "CONVERT_TO_BINARY",
                            },
                        },
                    },
                },
                "ANY": {
                    "httpMethod": "ANY",
                    "authorizationType": "AWS_IAM",
                    "apiKeyRequired": False,
                    "requestParameters": {
                        "method.request.header.trace": False,
                        "method.request.querystring.limit": False,
                        "method.request.path.id": True,
                    },
                    "requestValidatorId": "all",
                    "methodIntegration": MOCK_MADE,
                },
            },
        },
    }


def test_the_api_itself(make: Import) -> None:
    api = make(SWAGGER)
    policy = json.loads(json.loads(f'"{api.pop("policy")}"'))
    where = f"arn:aws:execute-api:us-east-1:111122223333:{api['id']}/*"
    assert policy["Statement"][0]["Resource"] == where
    assert len(api.pop("id")) == len(api.pop("rootResourceId")) == 10
    del api["createdDate"]
    assert api == {
        "name": "pets",
        "description": "All of them",
        "version": "1",
        "apiKeySource": "AUTHORIZER",
        "binaryMediaTypes": ["image/png", "*/*"],
        "minimumCompressionSize": 0,
        "securityPolicy": "TLS_1_2",
        "endpointAccessMode": "BASIC",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": True,
    }


def test_documentation_parts(make: Import, catalog: Catalog) -> None:
    def parts(**params: Any) -> list[dict[str, Any]]:
        with catalog.read(PARTITION) as reader:
            below = keys.below("documentationpart", make(SWAGGER, **params)["id"])
            found = [document for _, document in reader.list(below)]
        for part in found:
            assert len(part.pop("id")) == 6
        return sorted(found, key=lambda part: str(part["location"]["type"]))

    assert parts() == [
        {"location": {"type": "API"}, "properties": '{"info":{"description":"d"}}'},
        {"location": {"type": "METHOD", "method": "GET", "path": "/"}, "properties": "{ }"},
    ]
    assert parts(parameters={"ignore": "documentation"}) == []


OAS30 = b"""
openapi: 3.0.1
info: {title: pets, version: 2016-10-01}
servers:
  - url: https://example.com/{basePath}
    variables: {basePath: {default: /v1/api}}
    x-amazon-apigateway-endpoint-configuration:
      disableExecuteApiEndpoint: true
paths:
  /{proxy+}:
    get:
      responses:
        200: {$ref: '#/components/responses/Fine'}
        201:
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}
      x-amazon-apigateway-integration:
        $ref: '#/components/x-amazon-apigateway-integrations/mock'
  /pets:
    $ref: '#/x-paths/pets'
    put:
      parameters:
        - $ref: '#/components/parameters/Page'
      requestBody: {$ref: '#/components/requestBodies/Pet'}
x-paths:
  pets:
    delete: {}
components:
  schemas:
    Pet: {type: object}
  responses:
    Fine:
      content:
        application/json: {schema: {$ref: '#/components/schemas/Pet'}}
        text/plain: {}
  parameters:
    Page: {name: page, in: query, required: 'true'}
  requestBodies:
    Pet:
      content:
        application/json: {schema: {$ref: '#/components/schemas/Pet'}}
        application/x-www-form-urlencoded: {schema: {type: object, description: inline}}
  x-amazon-apigateway-integrations:
    mock: {type: MOCK, httpMethod: GET}
"""


def test_an_openapi_document_in_yaml(make: Import, everything: Everything) -> None:
    api = make(OAS30)
    assert api["version"] == "2016-10-01"
    assert api["disableExecuteApiEndpoint"] is True
    assert "warnings" not in api
    made = everything(api["id"])
    inline = [name for name in made["models"] if name != "Pet"]
    request_model, response_model = sorted(inline, key=lambda name: made["models"][name]["type"] == "array")
    assert made["models"][request_model] == {"type": "object", "description": "inline"}
    assert made["models"][response_model] == {"type": "array", "items": {"$ref": f"{MODEL}Pet"}}
    assert all(len(name) == 11 and name[:5] == "MODEL" for name in (request_model, response_model))
    resources = made["resources"]
    assert sorted(resources) == ["/", "/pets", "/{proxy+}"]
    get = resources["/{proxy+}"]["GET"]
    assert "requestParameters" not in get
    assert get["methodIntegration"]["type"] == "MOCK"
    assert get["methodResponses"] == {
        "200": {"statusCode": "200", "responseModels": {"application/json": "Pet"}},
        "201": {"statusCode": "201", "responseModels": {"application/json": response_model}},
    }
    put = resources["/pets"]["PUT"]
    assert put["requestParameters"] == {"method.request.querystring.page": True}
    assert put["requestModels"] == {
        "application/json": "Pet",
        "application/x-www-form-urlencoded": request_model,
    }
    assert "methodIntegration" not in resources["/pets"]["DELETE"]


def minimal(**more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.1", "info": {"title": "t"}, "paths": {}, **more}


def test_an_import_by_itself(make: Import, everything: Everything) -> None:
    api = make(minimal())
    assert not {"version", "description", "warnings"} & set(api)
    assert everything(api["id"]) == {
        "models": {},
        "validators": {},
        "authorizers": {},
        "gateway_responses": {},
        "resources": {"/": {}},
    }


@pytest.mark.parametrize(
    ("kind", "endpoint"),
    [
        ("EDGE", {"types": ["EDGE"], "ipAddressType": "ipv4"}),
        ("REGIONAL", {"types": ["REGIONAL"], "ipAddressType": "ipv4"}),
        ("PRIVATE", {"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-1"]}),
    ],
)
def test_endpoint_types(make: Import, kind: str, endpoint: Any) -> None:
    extension = {"vpcEndpointIds": ["vpce-1"]} if kind == "PRIVATE" else {}
    document = minimal(**{f"{P}endpoint-configuration": extension})
    made = make(document, parameters={"endpointConfigurationTypes": kind})
    assert made["endpointConfiguration"] == endpoint


def test_ip_address_types(make: Import, refused: Refused) -> None:
    def document(kind: str) -> dict[str, Any]:
        return minimal(servers=[{"url": "/", f"{P}endpoint-configuration": {"ipAddressType": kind}}])

    assert make(document("dualstack"))["endpointConfiguration"]["ipAddressType"] == "dualstack"
    message = "ipAddressType must be either ipv4 or dualstack."
    assert refused(make, document("ipv5")) == ("BadRequestException", message)


def test_which_security_counts(make: Import, everything: Everything) -> None:
    document = minimal(
        security=[{"sigv4": []}],
        components={"securitySchemes": {"sigv4": {f"{P}authtype": "awsSigv4"}}},
        paths={
            "/root": {"get": {}, "put": {"security": None}},
            "/none": {
                "get": {"security": []},
                "put": {"security": [{}]},
                "post": {f"{P}auth": {"type": "none"}},
            },
        },
    )
    resources = everything(make(document)["id"])["resources"]
    found = {path: {method["authorizationType"] for method in resources[path].values()} for path in resources}
    assert found == {"/": set(), "/root": {"AWS_IAM"}, "/none": {"NONE"}}


BASES: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"swagger": "2.0", "basePath": "/a/b/c"}, "ignore", ["/", "/e"]),
    ({"swagger": "2.0", "basePath": "/a/b/c"}, "prepend", ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e"]),
    ({"swagger": "2.0", "basePath": "/a/b/c"}, "split", ["/", "/b", "/b/c", "/b/c/e"]),
    ({"openapi": "3.0.0", "servers": [{"url": "https://a.example/base-url/part/"}]}, "ignore", ["/", "/e"]),
    (
        {"openapi": "3.0.0", "servers": [{"url": "https://a.example/base-url/part/"}]},
        "prepend",
        ["/", "/base-url", "/base-url/part", "/base-url/part/e"],
    ),
    (
        {"openapi": "3.0.0", "servers": [{"url": "https://a.example/base-url/part/"}]},
        "split",
        ["/", "/part", "/part/e"],
    ),
    (
        {
            "openapi": "3.0.0",
            "servers": [
                {"url": "/x", "variables": {"other": {"default": "y"}}},
                {"url": "/x", "variables": {"basePath": {"default": "base"}}},
                {"url": "/x", "variables": {"basePath": {"default": "second"}}},
            ],
        },
        "prepend",
        ["/", "/base", "/base/e"],
    ),
    ({"openapi": "3.0.0", "servers": [{"url": "https://[/x"}]}, "prepend", ["/", "/e"]),
    ({"openapi": "3.0.0"}, "split", ["/", "/e"]),
]


@pytest.mark.parametrize(("root", "mode", "paths"), BASES)
def test_base_paths(
    make: Import, everything: Everything, root: dict[str, Any], mode: str, paths: list[str]
) -> None:
    document = {**root, "info": {"title": "t"}, "paths": {"/e": {}}}
    api = make(document, parameters={"basepath": mode})
    assert sorted(everything(api["id"])["resources"]) == paths


NOT_OPENAPI = ("BadRequestException", "Invalid OpenAPI input.")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"text",
        b"- 1",
        b"a: *b",
        b"\xff\xfe",
        {},
        {"swagger": "1.2"},
        {"openapi": "3.2.0", "info": {"title": "t"}},
        {"openapi": "4", "info": {"title": "t"}},
        {"openapi": 3, "info": {"title": "t"}},
        {"info": {"title": "t"}, "paths": {}},
    ],
)
def test_what_is_no_document(make: Import, put: Import, refused: Refused, document: Any) -> None:
    assert refused(make, document) == NOT_OPENAPI
    assert refused(put, document, restApiId="none") == NOT_OPENAPI


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"basepath": "x"}, "Invalid basepath specified. Valid options are ignore,prepend,split"),
        ({"ignore": "x"}, "Invalid ignore specified. Valid options are documentation"),
        (
            {"endpointConfigurationTypes": "X"},
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        (
            {"endpointConfigurationTypes": "EDGE,REGIONAL"},
            "Cannot create an api with multiple Endpoint Types.",
        ),
        (
            {"x": "y"},
            "Invalid parameter x specified. Valid options are basepath,ignore,endpointConfigurationTypes",
        ),
    ],
)
def test_parameters(make: Import, refused: Refused, parameters: dict[str, str], message: str) -> None:
    assert refused(make, minimal(), parameters=parameters) == ("BadRequestException", message)


def test_more_than_six_megabytes(make: Import, refused: Refused) -> None:
    code, message = refused(make, b"x" * (6 * 2**20 + 1))
    assert code == "RequestEntityTooLargeException"
    assert message == "Request must be smaller than 6291456 bytes for an OpenAPI document"


def test_a_title_is_needed(make: Import, refused: Refused) -> None:
    message = "Errors found during import:\n\tInvalid API name specified"
    assert refused(make, {"openapi": "3.0.1"}) == ("BadRequestException", message)


def test_warnings_are_answered_or_fail(client: Any, make: Import, refused: Refused) -> None:
    document = minimal(paths={"/a": {"get": {"parameters": [{"name": "c", "in": "cookie"}]}, "trace": {}}})
    warnings = [
        "Parameter type cookie for parameter c not supported. Ignoring.",
        "Method TRACE of resource '/a' not supported. Ignoring.",
    ]
    assert make(document)["warnings"] == warnings
    before = client.get_rest_apis(limit=500)["items"]
    message = "Warnings found during import:\n\t" + "\n\t".join(warnings)
    assert refused(make, document, failOnWarnings=True) == ("BadRequestException", message)
    assert client.get_rest_apis(limit=500)["items"] == before


def test_openapi_3_1_is_refused_when_strict(catalog: Catalog, refused: Refused) -> None:
    services = Services(limits=Limits(openapi_strict=True))
    document = minimal() | {"openapi": "3.1.0"}
    with running_management(catalog, services=services) as endpoint, client_of(endpoint) as strict:

        def make(document: Any) -> Any:
            return strict.import_rest_api(body=body(document))

        assert refused(make, document) == NOT_OPENAPI
        assert make(minimal())["name"] == "t"


def test_a_document_is_read_before_anybody_has_to_wait_for_it(tmp_path: Path) -> None:
    with (
        closing(open_catalog(tmp_path)) as held,
        closing(open_catalog(tmp_path, busy_seconds=0.0)) as catalog,
        running_management(catalog) as endpoint,
        client_of(endpoint) as client,
        held.write(PARTITION),
    ):
        with pytest.raises(ClientError, match="BadRequestException"):
            client.import_rest_api(body=b"{")
        with pytest.raises(ClientError, match="BadRequestException"):
            client.put_rest_api(restApiId="a1b2c3d4e5", body=b"{")
        with pytest.raises(ClientError, match="is busy"):
            client.import_rest_api(body=b'{"openapi": "3.0.1", "info": {"title": "a"}, "paths": {}}')
