"""GatewayResponse: the twenty-one types, what each inherits, how they are changed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from .conftest import Refused

TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
STATUSES = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


def default(name: str, **changes: Any) -> dict[str, Any]:
    status = STATUSES[name]
    return {
        "responseType": name,
        **({"statusCode": status} if status else {}),
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": True,
        **changes,
    }


def listed(client: Any, api: str) -> dict[str, Any]:
    return {item["responseType"]: item for item in client.get_gateway_responses(restApiId=api)["items"]}


def test_all_types_exist_without_being_put(client: Any, api: str) -> None:
    items = client.get_gateway_responses(restApiId=api)["items"]
    assert items == [default(name) for name in STATUSES]
    one = client.get_gateway_response(restApiId=api, responseType="DEFAULT_4XX")
    assert shown(one) == default("DEFAULT_4XX")


def test_a_put_fills_in_the_types_own_defaults(client: Any, api: str) -> None:
    put = shown(
        client.put_gateway_response(
            restApiId=api,
            responseType="AUTHORIZER_FAILURE",
            responseParameters={"gatewayresponse.header.x": "'y'"},
        )
    )
    expected = default(
        "AUTHORIZER_FAILURE", responseParameters={"gatewayresponse.header.x": "'y'"}, defaultResponse=False
    )
    assert put == expected
    got = client.get_gateway_response(restApiId=api, responseType="AUTHORIZER_FAILURE")
    assert shown(got) == expected


def test_a_second_put_starts_again_from_the_defaults(client: Any, api: str) -> None:
    client.put_gateway_response(restApiId=api, responseType="THROTTLED", statusCode="503")
    put = client.put_gateway_response(
        restApiId=api, responseType="THROTTLED", responseTemplates={"text/plain": "slow"}
    )
    assert shown(put) == default("THROTTLED", responseTemplates={"text/plain": "slow"}, defaultResponse=False)


def test_types_without_their_own_inherit_from_their_family(client: Any, api: str) -> None:
    custom: dict[str, Any] = {
        "statusCode": "599",
        "responseParameters": {"gatewayresponse.header.x": "'y'"},
        "responseTemplates": {"application/xml": "<e/>"},
    }
    parameters = {"gatewayresponse.header.own": "context.requestId"}
    client.put_gateway_response(
        restApiId=api, responseType="AUTHORIZER_FAILURE", responseParameters=parameters
    )
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_5XX", **custom)
    now = listed(client, api)
    assert now["DEFAULT_5XX"] == {"responseType": "DEFAULT_5XX", **custom, "defaultResponse": False}
    for name in ("API_CONFIGURATION_ERROR", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"):
        assert now[name] == default(name, **custom)
    assert now["AUTHORIZER_FAILURE"] == default(
        "AUTHORIZER_FAILURE", responseParameters=parameters, defaultResponse=False
    )
    assert now["THROTTLED"] == default("THROTTLED")
    client.delete_gateway_response(restApiId=api, responseType="DEFAULT_5XX")
    assert listed(client, api)["INTEGRATION_TIMEOUT"] == default("INTEGRATION_TIMEOUT")


def test_a_family_without_a_status_leaves_the_types_theirs(client: Any, api: str) -> None:
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX")
    assert listed(client, api)["THROTTLED"]["statusCode"] == "429"


@pytest.mark.parametrize(
    ("operations", "changes"),
    [
        ([], {}),
        (replace("/statusCode", "418"), {"statusCode": "418"}),
        (
            [
                patch("add", "/responseParameters/gatewayresponse.header.a", "'1'"),
                *replace("/responseParameters/gatewayresponse.header.a", "'2'"),
            ],
            {"responseParameters": {"gatewayresponse.header.a": "'2'"}},
        ),
        (
            replace("/responseTemplates/application~1json", "{}"),
            {"responseTemplates": {"application/json": "{}"}},
        ),
        (
            [
                patch("add", "/responseTemplates/text~1xml", "<e/>"),
                patch("remove", "/responseTemplates/application~1json"),
            ],
            {"responseTemplates": {"text/xml": "<e/>"}},
        ),
    ],
)
def test_an_update_of_what_was_not_put_starts_from_the_defaults(
    client: Any, api: str, operations: Any, changes: Any
) -> None:
    updated = client.update_gateway_response(
        restApiId=api, responseType="THROTTLED", patchOperations=operations
    )
    assert shown(updated) == default("THROTTLED", **changes, defaultResponse=False)
    assert listed(client, api)["THROTTLED"] == shown(updated)


PARAMETER = "/responseParameters/gatewayresponse.header.a"


@pytest.mark.parametrize(
    ("operations", "code", "message"),
    [
        ([patch("add", "/statusCode", "400")], "BadRequestException", "Invalid patch path /statusCode"),
        ([patch("remove", "/statusCode")], "BadRequestException", "Invalid patch path /statusCode"),
        (replace("/wrong", "x"), "BadRequestException", "Invalid patch path /wrong"),
        (
            replace("/responseParameters", "x"),
            "BadRequestException",
            "Invalid patch path /responseParameters",
        ),
        ([patch("replace")], "BadRequestException", "Invalid patch path null"),
        (replace(PARAMETER, "'1'"), "NotFoundException", "Invalid parameter name specified"),
        ([patch("remove", PARAMETER)], "NotFoundException", "Invalid parameter name specified"),
        (
            replace("/responseTemplates/a~1b", "x"),
            "NotFoundException",
            "Content-Type specified was not found",
        ),
        (
            [patch("add", PARAMETER, "")],
            "BadRequestException",
            "Invalid null or empty value in responseParameters",
        ),
        (
            [patch("add", "/responseTemplates/a~1b")],
            "BadRequestException",
            "Invalid null or empty value in responseTemplates",
        ),
        (
            replace("/statusCode", "abc"),
            "BadRequestException",
            "Invalid status code specified: abc. It must be between 100 and 599",
        ),
        (
            [patch("add", PARAMETER, "no expression")],
            "BadRequestException",
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression specified: no expression]",
        ),
        (
            [patch("add", "/responseParameters/method.header.a", "'1'")],
            "BadRequestException",
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression parameter specified: method.header.a]",
        ),
        (
            [patch("add", "/responseTemplates/123", "x")],
            "BadRequestException",
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        ),
    ],
)
def test_bad_updates(
    client: Any, api: str, refused: Refused, operations: Any, code: str, message: str
) -> None:
    answer = refused(
        client.update_gateway_response, restApiId=api, responseType="THROTTLED", patchOperations=operations
    )
    assert answer == (code, message)
    assert listed(client, api)["THROTTLED"] == default("THROTTLED")


def test_what_was_not_put_cannot_be_deleted(client: Any, api: str, refused: Refused) -> None:
    answer = refused(client.delete_gateway_response, restApiId=api, responseType="THROTTLED")
    assert answer == ("NotFoundException", "Gateway response type not defined on api")
    client.put_gateway_response(restApiId=api, responseType="THROTTLED")
    deleted = client.delete_gateway_response(restApiId=api, responseType="THROTTLED")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202


def test_an_unknown_api(client: Any, refused: Refused) -> None:
    missing = ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")
    ids = {"restApiId": "unknown", "responseType": "THROTTLED"}
    for operation in (
        client.put_gateway_response,
        client.get_gateway_response,
        client.update_gateway_response,
        client.delete_gateway_response,
    ):
        assert refused(operation, **ids) == missing
    assert refused(client.get_gateway_responses, restApiId="unknown") == missing
