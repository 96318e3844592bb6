"""Method: put, get, delete; what it may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.method import delete_method, get_method, put_method

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

VERBS = "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
NO_AUTHORIZER = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
    "requires a valid authorizer."
)
MAPPING = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "


def test_a_minimal_method_answers_what_is_always_there(do: Do) -> None:
    put = do(put_method, httpMethod="GET", authorizationType="NONE")
    assert put == {"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": False}
    assert do(get_method, httpMethod="GET") == put


def test_a_full_method_answers_what_was_set(do: Do) -> None:
    given: dict[str, Any] = {
        "httpMethod": "POST",
        "authorizationType": "NONE",
        "apiKeyRequired": True,
        "operationName": "CreatePet",
        "requestParameters": {
            "method.request.querystring.kind": True,
            "method.request.header.X-Kind2": False,
        },
        "requestModels": {"application/json": "Empty"},
        "requestValidatorId": "valid1",
    }
    assert do(put_method, **given) == given
    assert do(get_method, httpMethod="POST") == given


def test_a_parameter_with_null_is_not_required(do: Do) -> None:
    parameters = {"method.request.header.a": None}
    put = do(put_method, httpMethod="GET", authorizationType="NONE", requestParameters=parameters)
    assert put["requestParameters"] == {"method.request.header.a": False}


def test_the_authorization_type_is_returned_in_upper_case(do: Do) -> None:
    assert do(put_method, httpMethod="GET", authorizationType="aws_iam")["authorizationType"] == "AWS_IAM"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"httpMethod": "WRONG"}, VERBS),
        ({"httpMethod": "get"}, VERBS),
        ({"authorizationType": "CUSTOM"}, NO_AUTHORIZER),
        ({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "abc123"}, NO_AUTHORIZER),
        ({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "token1"}, NO_AUTHORIZER),
        ({"authorizationType": "CUSTOM", "authorizerId": "pools1"}, NO_AUTHORIZER),
        ({"authorizationType": "JWT", "authorizerId": "pools1"}, NO_AUTHORIZER),
        ({"authorizationType": "CUSTOM", "authorizerId": ""}, NO_AUTHORIZER),
        ({"authorizationType": "JWT"}, NO_AUTHORIZER),
        (
            {"authorizationType": "CUSTOM", "authorizerId": "token1", "authorizationScopes": ["a"]},
            "Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type",
        ),
        ({"authorizationType": "OTHER"}, "Invalid authorization type specified"),
        ({"requestValidatorId": "fake-validator"}, "Invalid Request Validator identifier specified"),
        ({"requestModels": {"application/json": "petModel"}}, "Invalid model identifier specified: petModel"),
        ({"requestModels": {"application/json": None}}, "Invalid model identifier specified: null"),
        (
            {"requestParameters": {"method.request.header.a": True, "method.request.querystring.a": False}},
            "Parameter names must be unique across querystring, header and path",
        ),
        (
            {"requestParameters": {"method.request.cookie.a": True}},
            f"{MAPPING}[Invalid mapping expression parameter specified: method.request.cookie.a]",
        ),
        (
            {"requestParameters": {"method.request.header.": True, "integration.request.header.x": True}},
            f"{MAPPING}[Invalid mapping expression parameter specified: method.request.header., "
            "Invalid mapping expression parameter specified: integration.request.header.x]",
        ),
        (
            {"authorizationScopes": ["pets.read"]},
            "Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type",
        ),
    ],
)
def test_bad_methods_are_refused(refused: Refused, params: dict[str, Any], message: str) -> None:
    given = {"httpMethod": "GET", "authorizationType": "NONE", **params}
    assert refused(put_method, **given) == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    "given",
    [
        {"authorizationType": "CUSTOM", "authorizerId": "token1"},
        {"authorizationType": "CUSTOM", "authorizerId": "reque1"},
        {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "pools1"},
        {
            "authorizationType": "COGNITO_USER_POOLS",
            "authorizerId": "pools1",
            "authorizationScopes": ["pets/read", "pets/write"],
        },
        {"authorizationType": "JWT", "authorizerId": "jwt001", "authorizationScopes": ["pets/read"]},
    ],
)
def test_a_method_with_an_authorizer(do: Do, given: dict[str, Any]) -> None:
    put = do(put_method, httpMethod="GET", **given)
    assert put == {"httpMethod": "GET", "apiKeyRequired": False, **given}
    assert do(get_method, httpMethod="GET") == put


def test_an_authorizer_of_no_use_is_ignored(do: Do) -> None:
    put = do(put_method, httpMethod="GET", authorizationType="NONE", authorizerId="token1")
    assert "authorizerId" not in put


def test_one_parameter_may_be_declared_in_both_of_its_forms(do: Do) -> None:
    parameters = {"method.request.querystring.a": True, "method.request.multivaluequerystring.a": False}
    put = do(put_method, httpMethod="GET", authorizationType="NONE", requestParameters=parameters)
    assert put["requestParameters"] == parameters


def test_a_method_is_put_once(do: Do, refused: Refused) -> None:
    do(put_method, httpMethod="GET", authorizationType="NONE")
    answer = refused(put_method, httpMethod="GET", authorizationType="NONE")
    assert answer == ("ConflictException", 409, "Method already exists for this resource")


def test_a_missing_api_or_resource_is_the_resources_fault(refused: Refused) -> None:
    expected = ("NotFoundException", 404, "Invalid Resource identifier specified")
    assert refused(put_method, restApiId="fake", httpMethod="WRONG", authorizationType="NONE") == expected
    assert refused(put_method, resourceId="fake", httpMethod="WRONG", authorizationType="NONE") == expected
    assert refused(get_method, resourceId="fake", httpMethod="GET") == expected


def test_a_deleted_method_is_gone(do: Do, refused: Refused) -> None:
    do(put_method, httpMethod="GET", authorizationType="NONE")
    assert do(delete_method, httpMethod="GET") is None
    missing = ("NotFoundException", 404, "Invalid Method identifier specified")
    assert refused(delete_method, httpMethod="GET") == missing
    assert refused(get_method, httpMethod="GET") == missing
