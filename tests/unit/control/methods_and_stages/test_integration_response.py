"""IntegrationResponse: put, get, update, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.integration import get_integration, put_integration
from gatewright.control.rest.integration_response import (
    delete_integration_response,
    get_integration_response,
    put_integration_response,
    update_integration_response,
)
from gatewright.control.rest.method import get_method, put_method
from gatewright.control.rest.method_response import put_method_response

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

GET_200 = {"httpMethod": "GET", "statusCode": "200"}
MAPPING = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "


@pytest.fixture(autouse=True)
def integration(do: Do) -> None:
    do(put_method, httpMethod="GET", authorizationType="NONE")
    do(put_integration, httpMethod="GET", type="MOCK")
    do(put_method_response, **GET_200, responseParameters={"method.response.header.X-Kind": True})


def patch(op: str, path: str, value: str | None = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, {}),
        ({"selectionPattern": ""}, {"selectionPattern": ""}),
        ({"responseTemplates": {}}, {"responseTemplates": {}}),
        ({"responseTemplates": {"application/json": ""}}, {"responseTemplates": {"application/json": None}}),
        (
            {"responseTemplates": {"application/json": None}},
            {"responseTemplates": {"application/json": None}},
        ),
        (
            {
                "selectionPattern": r"5\d{2}",
                "responseParameters": {"method.response.header.X-Kind": "'cat'"},
                "responseTemplates": {"application/json": '"created"'},
                "contentHandling": "CONVERT_TO_TEXT",
            },
            None,
        ),
    ],
)
def test_a_response_answers_what_was_put(do: Do, given: dict[str, Any], shown: dict[str, Any] | None) -> None:
    expected = {"statusCode": "200", **(given if shown is None else shown)}
    assert do(put_integration_response, **GET_200, **given) == expected
    assert do(get_integration_response, **GET_200) == expected
    assert do(get_integration, httpMethod="GET")["integrationResponses"] == {"200": expected}


def test_a_second_put_overwrites(do: Do) -> None:
    do(put_integration_response, **GET_200, selectionPattern="", responseTemplates={"text/plain": "x"})
    overwritten = do(put_integration_response, **GET_200, selectionPattern="other")
    assert overwritten == {"statusCode": "200", "selectionPattern": "other"}
    assert do(get_integration_response, **GET_200) == overwritten


def test_without_mappings_no_method_response_is_needed(do: Do) -> None:
    put = do(put_integration_response, httpMethod="GET", statusCode="404", selectionPattern="404")
    assert put == {"statusCode": "404", "selectionPattern": "404"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"statusCode": "404", "responseParameters": {"method.response.header.X-Kind": "'cat'"}},
            f"{MAPPING}[No method response exists for method.]",
        ),
        (
            {"responseParameters": {"method.response.header.X-Other": "'cat'"}},
            f"{MAPPING}[Invalid mapping expression parameter specified: method.response.header.X-Other]",
        ),
        (
            {"responseParameters": {"method.response.header.X-Kind": "cat"}},
            f"{MAPPING}[Invalid mapping expression specified: cat]",
        ),
        (
            {"responseParameters": {"method.response.header.X-Kind": "method.request.header.x"}},
            f"{MAPPING}[Invalid mapping expression specified: method.request.header.x]",
        ),
        (
            {"responseParameters": {"method.response.header.X-Kind": None}},
            f"{MAPPING}[Invalid mapping expression specified: null]",
        ),
        ({"selectionPattern": "("}, "Invalid regex pattern specified"),
        (
            {"responseTemplates": {"123": "{}"}},
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        ),
    ],
)
def test_bad_responses_are_refused(refused: Refused, given: dict[str, Any], message: str) -> None:
    answer = refused(put_integration_response, **{**GET_200, **given})
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    "value",
    [
        "integration.response.header.X-Kind",
        "integration.response.multivalueheader.X-Kind",
        "integration.response.body",
        "integration.response.body.errorMessage.code",
        "stageVariables.kind",
        "context.requestId",
        "'*'",
    ],
)
def test_these_are_response_mappings(do: Do, value: str) -> None:
    parameters = {"method.response.header.X-Kind": value}
    put = do(put_integration_response, **GET_200, responseParameters=parameters)
    assert put["responseParameters"] == parameters


def test_patches_change_every_member(do: Do) -> None:
    do(put_integration_response, **GET_200)
    operations = [
        patch("replace", "/selectionPattern", "updated-pattern"),
        patch("replace", "/contentHandling", "CONVERT_TO_BINARY"),
        patch("add", "/responseParameters/method.response.header.X-Kind", "'cat'"),
        patch("add", "/responseTemplates/application~1json", "{}"),
        patch("replace", "/responseTemplates/application~1json", "[]"),
    ]
    assert do(update_integration_response, **GET_200, patchOperations=operations) == {
        "statusCode": "200",
        "selectionPattern": "updated-pattern",
        "contentHandling": "CONVERT_TO_BINARY",
        "responseParameters": {"method.response.header.X-Kind": "'cat'"},
        "responseTemplates": {"application/json": "[]"},
    }
    operations = [
        patch("replace", "/selectionPattern", ""),
        patch("replace", "/contentHandling", ""),
        patch("remove", "/responseParameters/method.response.header.X-Kind"),
        patch("remove", "/responseTemplates/application~1json"),
    ]
    emptied = do(update_integration_response, **GET_200, patchOperations=operations)
    assert emptied == {"statusCode": "200", "selectionPattern": ""}


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        (patch("replace", "/statusCode", "201"), (400, "Invalid patch path /statusCode")),
        (
            patch("add", "/selectionPattern", "x"),
            (400, "Invalid patch operation specified. Must be one of: [replace]"),
        ),
        (patch("replace", "/selectionPattern", "["), (400, "Invalid regex pattern specified")),
        (
            patch("replace", "/responseTemplates/application~1json", "x"),
            (404, "Content-Type specified was not found"),
        ),
        (
            patch("remove", "/responseParameters/method.response.header.X-Kind"),
            (404, "Invalid parameter name specified"),
        ),
    ],
)
def test_bad_patches_are_refused(
    do: Do, refused: Refused, operation: dict[str, Any], answer: tuple[int, str]
) -> None:
    do(put_integration_response, **GET_200)
    assert refused(update_integration_response, **GET_200, patchOperations=[operation])[1:] == answer


@pytest.mark.parametrize(
    "operation", [get_integration_response, update_integration_response, delete_integration_response]
)
def test_a_missing_status_code_is_not_found(refused: Refused, operation: Callable[..., Any]) -> None:
    answer = refused(operation, httpMethod="GET", statusCode="201")
    assert answer == ("NotFoundException", 404, "Invalid Response status code specified")


@pytest.mark.parametrize("operation", [put_integration_response, get_integration_response])
def test_a_wrong_verb_is_a_missing_method(refused: Refused, operation: Callable[..., Any]) -> None:
    answer = refused(operation, httpMethod="wrong-method", statusCode="200")
    assert answer == ("NotFoundException", 404, "Invalid Method identifier specified")


def test_a_delete_with_a_wrong_verb_speaks_of_the_integration(refused: Refused) -> None:
    answer = refused(delete_integration_response, httpMethod="wrong-method", statusCode="200")
    assert answer == ("NotFoundException", 404, "Invalid Integration identifier specified")


def test_without_an_integration_there_are_no_responses(do: Do, refused: Refused) -> None:
    do(put_method, httpMethod="PUT", authorizationType="NONE")
    answer = refused(get_integration_response, httpMethod="PUT", statusCode="200")
    assert answer == ("NotFoundException", 404, "Invalid Integration identifier specified")


def test_the_last_response_takes_the_member_along(do: Do) -> None:
    do(put_integration_response, **GET_200)
    assert do(delete_integration_response, **GET_200) is None
    assert "integrationResponses" not in do(get_method, httpMethod="GET")["methodIntegration"]
