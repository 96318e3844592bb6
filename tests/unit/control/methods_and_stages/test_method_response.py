"""MethodResponse: put, get, update, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.method import get_method, put_method
from gatewright.control.rest.method_response import (
    delete_method_response,
    get_method_response,
    put_method_response,
    update_method_response,
)

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

GET_200 = {"httpMethod": "GET", "statusCode": "200"}
HEADER = "/responseParameters/method.response.header.my-header"


@pytest.fixture(autouse=True)
def method(do: Do) -> None:
    do(put_method, httpMethod="GET", authorizationType="NONE")


def patch(op: str, path: str, value: str | None = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"responseParameters": {}, "responseModels": {}},
        {
            "responseParameters": {"method.response.header.my-header": False},
            "responseModels": {"application/json": "Empty"},
        },
    ],
)
def test_a_response_answers_what_was_put(do: Do, given: dict[str, Any]) -> None:
    assert do(put_method_response, **GET_200, **given) == {"statusCode": "200", **given}
    assert do(get_method_response, **GET_200) == {"statusCode": "200", **given}


def test_a_method_shows_its_responses_in_status_code_order(do: Do) -> None:
    for status in ("500", "200", "404"):
        do(put_method_response, httpMethod="GET", statusCode=status)
    assert list(do(get_method, httpMethod="GET")["methodResponses"]) == ["200", "404", "500"]


def test_a_response_is_put_once(do: Do, refused: Refused) -> None:
    do(put_method_response, **GET_200)
    answer = refused(put_method_response, **GET_200)
    assert answer == ("ConflictException", 409, "Response already exists for this resource")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"responseParameters": {"my-header": True}},
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression parameter specified: my-header]",
        ),
        (
            {"responseModels": {"application/json": "petModel"}},
            "Invalid model identifier specified: petModel",
        ),
    ],
)
def test_bad_responses_are_refused(refused: Refused, given: dict[str, Any], message: str) -> None:
    assert refused(put_method_response, **GET_200, **given) == ("BadRequestException", 400, message)


def test_patches_fill_and_empty_both_maps(do: Do) -> None:
    do(put_method_response, **GET_200, responseParameters={}, responseModels={})
    operations = [patch("add", HEADER, "true"), patch("add", "/responseModels/application~1json", "Empty")]
    filled = do(update_method_response, **GET_200, patchOperations=operations)
    assert filled == {
        "statusCode": "200",
        "responseParameters": {"method.response.header.my-header": True},
        "responseModels": {"application/json": "Empty"},
    }
    operations = [
        patch("replace", HEADER, "false"),
        patch("remove", HEADER, "true"),
        patch("remove", "/responseModels/application~1json", "Empty"),
    ]
    assert do(update_method_response, **GET_200, patchOperations=operations) == {"statusCode": "200"}
    assert do(get_method_response, **GET_200) == {"statusCode": "200"}


@pytest.mark.parametrize("op", ["replace", "remove"])
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/responseParameters/wrong", "Invalid parameter name specified"),
        (HEADER, "Invalid parameter name specified"),
        ("/responseModels/wrong", "Content-Type specified was not found"),
        ("/responseModels/application~1json", "Content-Type specified was not found"),
    ],
)
def test_a_missing_entry_is_not_found(do: Do, refused: Refused, op: str, path: str, message: str) -> None:
    do(put_method_response, **GET_200)
    answer = refused(update_method_response, **GET_200, patchOperations=[patch(op, path, "true")])
    assert answer == ("NotFoundException", 404, message)


def test_other_paths_are_invalid(do: Do, refused: Refused) -> None:
    do(put_method_response, **GET_200)
    operations = [patch("remove", "/wrong/method.response.header.my-header", "true")]
    assert refused(update_method_response, **GET_200, patchOperations=operations) == (
        "BadRequestException",
        400,
        "Invalid patch path /wrong/method.response.header.my-header",
    )


@pytest.mark.parametrize("operation", [get_method_response, update_method_response, delete_method_response])
def test_each_missing_parent_has_its_words(refused: Refused, operation: Callable[..., Any]) -> None:
    cases = {
        "Invalid Resource identifier specified": {**GET_200, "resourceId": "wrong"},
        "Invalid Method identifier specified": {**GET_200, "httpMethod": "POST"},
        "Invalid Response status code specified": {**GET_200, "statusCode": "201"},
    }
    for message, params in cases.items():
        assert refused(operation, **params) == ("NotFoundException", 404, message)


def test_the_last_response_takes_the_member_along(do: Do) -> None:
    do(put_method_response, **GET_200)
    assert do(delete_method_response, **GET_200) is None
    assert "methodResponses" not in do(get_method, httpMethod="GET")
