"""`$context` by name, and the `requestContext` of Lambda proxy events."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatewright.gateway.context import compile_context, request_context, request_time
from gatewright.gateway.errors import BAD_REQUEST_BODY, GatewayError
from gatewright.gateway.exchange import Exchange

MakeExchange = Callable[..., Exchange]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accountId", "123456789012"),
        ("apiId", "a1b2c3d4e5"),
        ("deploymentId", "d9q2wz"),
        ("domainName", "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"),
        ("domainPrefix", "a1b2c3d4e5"),
        ("extendedRequestId", "OkTz-Fm25PgFdlg="),
        ("httpMethod", "PUT"),
        ("identity.sourceIp", "198.51.100.7"),
        ("identity.userAgent", "curl/8"),
        ("identity.caller", None),
        ("operationName", "ListPets"),
        ("path", "/dev//pets/"),
        ("protocol", "HTTP/1.1"),
        ("requestId", "7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11"),
        ("requestTime", "01/Aug/2024:10:00:00 +0000"),
        ("requestTimeEpoch", "1722506400000"),
        ("resourceId", "k3x9a1"),
        ("resourcePath", "/pets"),
        ("stage", "dev"),
        ("error.message", None),
        ("isCanaryRequest", None),
        ("nonsense", None),
    ],
)
def test_variables(exchange: MakeExchange, name: str, value: str | None) -> None:
    asked = exchange("/dev//pets/", verb="PUT", headers=[("User-Agent", "curl/8")], operation_name="ListPets")
    assert compile_context(name)(asked) == value


def test_whether_a_request_is_the_canarys_is_told_where_there_is_one(exchange: MakeExchange) -> None:
    for is_canary, text in ((True, "true"), (False, "false")):
        asked = exchange(is_canary=is_canary)
        assert compile_context("isCanaryRequest")(asked) == text
        assert request_context(asked)["isCanaryRequest"] is is_canary


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("error.message", 'Say "no"'),
        ("error.messageString", '"Say \\"no\\""'),
        ("error.responseType", "BAD_REQUEST_BODY"),
        ("error.validationErrorString", "[too short]"),
    ],
)
def test_a_failure_can_be_read(exchange: MakeExchange, name: str, value: str) -> None:
    failed = exchange()
    failed.failure = GatewayError(BAD_REQUEST_BODY, 'Say "no"', reason="secret", validation="[too short]")
    assert compile_context(name)(failed) == value


def test_a_request_without_a_method_has_no_resource(exchange: MakeExchange) -> None:
    unrouted = exchange(resource_path=None)
    assert compile_context("resourcePath")(unrouted) is None
    assert compile_context("resourceId")(unrouted) is None


def test_the_request_context_has_the_keys_of_real_events_in_their_order(exchange: MakeExchange) -> None:
    context = request_context(exchange("/dev/pets/9", resource_path="/pets/{petId}"))
    assert list(context) == [
        "resourceId",
        "resourcePath",
        "httpMethod",
        "extendedRequestId",
        "requestTime",
        "path",
        "accountId",
        "protocol",
        "stage",
        "domainPrefix",
        "requestTimeEpoch",
        "requestId",
        "identity",
        "domainName",
        "deploymentId",
        "apiId",
    ]
    assert list(context["identity"]) == [
        "cognitoIdentityPoolId",
        "accountId",
        "cognitoIdentityId",
        "caller",
        "sourceIp",
        "principalOrgId",
        "accessKey",
        "cognitoAuthenticationType",
        "cognitoAuthenticationProvider",
        "userArn",
        "userAgent",
        "user",
    ]
    assert context["path"] == "/dev/pets/9"
    assert context["requestTimeEpoch"] == 1722506400000


def test_an_operation_name_is_told_where_there_is_one(exchange: MakeExchange) -> None:
    assert "operationName" not in request_context(exchange())
    assert request_context(exchange(operation_name="ListPets"))["operationName"] == "ListPets"


def test_request_times_are_english_and_utc() -> None:
    assert request_time(0) == "01/Jan/1970:00:00:00 +0000"
    assert request_time(1698414057) == "27/Oct/2023:13:40:57 +0000"
