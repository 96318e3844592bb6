"""An API that uses everything that exports tell of, and its export."""

from __future__ import annotations

import json
from typing import Any

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
INVOKE = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
OK = {"application/json": '{"statusCode": 200}'}


class Draft:
    """An API that uses everything that exports tell of."""

    def __init__(self, client: Any, **settings: Any) -> None:
        self.client = client
        made = client.create_rest_api(name="pets", **settings)
        self.id = made["id"]
        pets = client.create_resource(restApiId=self.id, parentId=made["rootResourceId"], pathPart="pets")
        pet = client.create_resource(restApiId=self.id, parentId=pets["id"], pathPart="{id}")
        self.paths = {"/pets": pets["id"], "/pets/{id}": pet["id"]}

    def method(self, path: str, verb: str, **given: Any) -> dict[str, str]:
        where = {"restApiId": self.id, "resourceId": self.paths[path], "httpMethod": verb}
        self.client.put_method(**where, **{"authorizationType": "NONE", **given})
        return where

    def fill(self) -> None:
        client, api = self.client, self.id
        reference = f"https://apigateway.amazonaws.com/restapis/{api}/models/Error"
        schema = {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "properties": {"why": {"$ref": reference}, "tag": {"$ref": "#/definitions/tag"}},
            "definitions": {"tag": {"type": "string"}},
        }
        client.create_model(
            restApiId=api, name="Pet", contentType="application/json", schema=json.dumps(schema)
        )
        validator = client.create_request_validator(restApiId=api, name="all", validateRequestBody=True)["id"]
        token = client.create_authorizer(
            restApiId=api,
            name="token",
            type="TOKEN",
            authorizerUri=INVOKE,
            identitySource="method.request.header.Auth",
            identityValidationExpression="a.*",
            authorizerResultTtlInSeconds=0,
        )["id"]
        client.create_authorizer(
            restApiId=api,
            name="sigv4",
            type="REQUEST",
            authorizerUri=INVOKE,
            identitySource="method.request.header.a,context.identity.sourceIp",
        )
        client.put_gateway_response(
            restApiId=api, responseType="DEFAULT_4XX", responseParameters={"gatewayresponse.header.a": "'b'"}
        )
        client.put_gateway_response(restApiId=api, responseType="THROTTLED", statusCode="420")
        self.post(validator, token)
        self.read()

    def post(self, validator: str, token: str) -> None:
        where = self.method(
            "/pets",
            "POST",
            operationName="addPet",
            authorizationType="CUSTOM",
            authorizerId=token,
            apiKeyRequired=True,
            requestValidatorId=validator,
            requestModels={"application/json": "Pet"},
            requestParameters={
                "method.request.querystring.dry": False,
                "method.request.header.x-who": True,
            },
        )
        self.client.put_method_response(
            **where,
            statusCode="200",
            responseModels={"application/json": "Pet"},
            responseParameters={"method.response.header.x-id": True},
        )
        self.client.put_method_response(**where, statusCode="400")
        self.client.put_integration(
            **where,
            type="HTTP",
            integrationHttpMethod="PUT",
            uri="http://backend/${stageVariables.x}",
            requestParameters={"integration.request.header.a": "'b'"},
            requestTemplates={"text/plain": "x"},
            passthroughBehavior="NEVER",
            contentHandling="CONVERT_TO_TEXT",
            timeoutInMillis=1000,
        )
        self.client.put_integration_response(
            **where, statusCode="200", responseParameters={"method.response.header.x-id": "'1'"}
        )
        self.client.put_integration_response(
            **where, statusCode="400", selectionPattern="4..", responseTemplates={"text/xml": ""}
        )

    def read(self) -> None:
        where = self.method(
            "/pets/{id}",
            "ANY",
            authorizationType="AWS_IAM",
            requestParameters={"method.request.path.id": True},
        )
        self.client.put_integration(**where, type="MOCK", requestTemplates=OK)

    def document(self) -> None:
        for location, properties in (
            ({"type": "API"}, {"info": {"description": "documented"}, "x-mine": 1}),
            ({"type": "RESOURCE", "path": "/pets"}, {"summary": "pets"}),
            ({"type": "METHOD", "path": "/pets"}, {"summary": "add", "tags": ["t"], "other": 1}),
            ({"type": "QUERY_PARAMETER", "name": "dry"}, {"description": "do nothing"}),
            ({"type": "REQUEST_BODY"}, {"description": "a pet"}),
            ({"type": "RESPONSE", "statusCode": "200"}, {"description": "done"}),
            ({"type": "RESPONSE_HEADER", "name": "x-id"}, {"description": "its id"}),
            ({"type": "MODEL", "name": "Pet"}, {"description": "a beast"}),
            ({"type": "AUTHORIZER", "name": "token"}, {"description": "who"}),
        ):
            self.client.create_documentation_part(
                restApiId=self.id, location=location, properties=json.dumps(properties)
            )
        self.client.create_documentation_version(
            restApiId=self.id, documentationVersion="v1", stageName="docs"
        )


def export(draft: Draft, kind: str, extensions: str = "", stage: str = "prod") -> Any:
    parameters = {"extensions": extensions} if extensions else {}
    answer = draft.client.get_export(
        restApiId=draft.id, stageName=stage, exportType=kind, parameters=parameters
    )
    return json.loads(answer["body"].read())
