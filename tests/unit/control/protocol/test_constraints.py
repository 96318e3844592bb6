"""ValidationException: which members are named, in which order and words."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.aws.errors import ValidationFailed
from gatewright.control.protocol.constraints import check
from gatewright.control.protocol.service import services


def enum(*values: str) -> str:
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


OPS = enum("add", "remove", "move", "test", "replace", "copy")
TYPES = f"Member must satisfy constraint: [{enum('PRIVATE', 'EDGE', 'REGIONAL')}]"
STATUS = r"Member must satisfy regular expression pattern: [1-5]\d\d"
RESPONSE_TYPES = enum(
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "MISSING_AUTHENTICATION_TOKEN",
    "BAD_REQUEST_BODY",
    "INVALID_SIGNATURE",
    "INVALID_API_KEY",
    "BAD_REQUEST_PARAMETERS",
    "AUTHORIZER_FAILURE",
    "UNAUTHORIZED",
    "INTEGRATION_TIMEOUT",
    "ACCESS_DENIED",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "WAF_FILTERED",
    "QUOTA_EXCEEDED",
    "THROTTLED",
    "API_CONFIGURATION_ERROR",
    "UNSUPPORTED_MEDIA_TYPE",
    "INTEGRATION_FAILURE",
    "EXPIRED_TOKEN",
)
METHOD = {"restApiId": "a", "resourceId": "b", "httpMethod": "GET"}


def refusal(operation: str, params: dict[str, Any], service: str = "apigateway") -> str:
    found = services()[service]
    with pytest.raises(ValidationFailed) as raised:
        check(found, found.model.operation_model(operation), params)
    assert (raised.value.code, raised.value.status) == ("ValidationException", 400)
    return raised.value.message


def problem(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


@pytest.mark.parametrize(
    ("operation", "params", "problems"),
    [
        (
            "CreateRestApi",
            {"name": "a", "endpointConfiguration": {"types": ["wrong"]}},
            [problem("'[wrong]'", "createRestApiInput.endpointConfiguration.types", TYPES)],
        ),
        (
            "CreateRestApi",
            {"name": "a", "endpointConfiguration": {"types": ["EDGE", "wrong"], "ipAddressType": "ipv5"}},
            [
                problem("'[EDGE, wrong]'", "createRestApiInput.endpointConfiguration.types", TYPES),
                problem(
                    "'ipv5'",
                    "createRestApiInput.endpointConfiguration.ipAddressType",
                    enum("ipv4", "dualstack"),
                ),
            ],
        ),
        (
            "PutIntegration",
            {**METHOD, "type": "wrong"},
            [
                problem(
                    "'wrong'",
                    "putIntegrationInput.type",
                    enum("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"),
                )
            ],
        ),
        (
            "UpdateGatewayResponse",
            {
                "restApiId": "a",
                "responseType": "wrong",
                "patchOperations": [{"op": "replace"}, {"op": "wrong1"}, {"op": "wrong2"}],
            },
            [
                problem("'wrong1'", "updateGatewayResponseInput.patchOperations.2.member.op", OPS),
                problem("'wrong2'", "updateGatewayResponseInput.patchOperations.3.member.op", OPS),
                problem("'wrong'", "responseType", RESPONSE_TYPES),
            ],
        ),
        ("GetMethodResponse", {**METHOD, "statusCode": "600"}, [problem("'600'", "statusCode", STATUS)]),
        (
            "PutGatewayResponse",
            {"restApiId": "a", "responseType": "THROTTLED", "statusCode": "abc"},
            [problem("'abc'", "putGatewayResponseInput.statusCode", STATUS)],
        ),
        (
            "CreateModel",
            {"restApiId": "a"},
            [
                problem("null", "createModelInput.name", "Member must not be null"),
                problem("null", "createModelInput.contentType", "Member must not be null"),
            ],
        ),
    ],
)
def test_api_gateways_words(operation: str, params: dict[str, Any], problems: list[str]) -> None:
    count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
    assert refusal(operation, params) == f"{count} detected: {'; '.join(problems)}"


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        (
            "UpdateFunctionConfiguration",
            {"FunctionName": "f", "MemorySize": 64},
            problem("'64'", "memorySize", "Member must have value greater than or equal to 128"),
        ),
        (
            "UpdateFunctionConfiguration",
            {"FunctionName": "f", "Description": "x" * 257},
            problem(f"'{'x' * 257}'", "description", "Member must have length less than or equal to 256"),
        ),
        (
            "Invoke",
            {"FunctionName": "f", "InvocationType": "Later"},
            problem("'Later'", "invocationType", enum("Event", "RequestResponse", "DryRun")),
        ),
    ],
)
def test_lambdas_words(operation: str, params: dict[str, Any], expected: str) -> None:
    assert refusal(operation, params, "lambda") == f"1 validation error detected: {expected}"


def test_a_runtime_is_left_to_lambda_to_judge() -> None:
    service = services()["lambda"]
    params = {"FunctionName": "f", "Runtime": "cobol85"}
    check(service, service.model.operation_model("UpdateFunctionConfiguration"), params)


def test_a_pattern_is_not_tried_on_a_value_of_any_length() -> None:
    assert STATUS in refusal("GetMethodResponse", {**METHOD, "statusCode": "1" * 1_000_000})


@pytest.mark.parametrize("tags", [{"Größe": "a b\u00a0c/=+-@"}, {"名前": "Ⅷ"}])
def test_java_classes_of_characters_are_understood(tags: dict[str, str]) -> None:
    service = services()["lambda"]
    arn = "arn:aws:lambda:us-east-1:111122223333:function:f"
    operation = service.model.operation_model("TagResource")
    check(service, operation, {"Resource": arn, "Tags": tags})
    with pytest.raises(ValidationFailed):
        check(service, operation, {"Resource": arn, "Tags": {**tags, "a": "<b>"}})


def test_every_pattern_of_the_models_is_understood() -> None:
    """One that is Java's alone would fail only when a client sends the member."""
    for service in services().values():
        for operation in service.operations:
            for name, member in (operation.input_shape.members if operation.input_shape else {}).items():
                if "pattern" in member.metadata:
                    with pytest.raises(ValidationFailed):
                        check(service, operation, {name: "\0"})
