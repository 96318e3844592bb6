"""UpdateMethod: paths, operations, and checks on the final state of the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.method import get_method, put_method, update_method
from gatewright.control.rest.method_response import put_method_response

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

REPLACE_ONLY = "Invalid patch operation specified. Must be one of: [replace]"
NO_AUTHORIZER = (
    "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
    "requires a valid authorizer."
)


@pytest.fixture(autouse=True)
def method(do: Do) -> None:
    do(put_method, httpMethod="ANY", authorizationType="NONE")


def patch(op: str, path: str | None, value: str | None = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


def test_members_are_set_and_taken_away_in_order(do: Do) -> None:
    operations = [
        patch("add", "/requestParameters/method.request.querystring.optional", "true"),
        patch("add", "/requestModels/application~1json", "Empty"),
        patch("replace", "/operationName", "Pets"),
        patch("replace", "/apiKeyRequired", "TRUE"),
        patch("replace", "/requestValidatorId", "valid1"),
        patch("replace", "/requestParameters/method.request.querystring.optional", "false"),
    ]
    changed = do(update_method, httpMethod="ANY", patchOperations=operations)
    assert changed == {
        "httpMethod": "ANY",
        "authorizationType": "NONE",
        "apiKeyRequired": True,
        "requestParameters": {"method.request.querystring.optional": False},
        "requestModels": {"application/json": "Empty"},
        "operationName": "Pets",
        "requestValidatorId": "valid1",
    }
    operations = [
        patch("remove", "/requestParameters/method.request.querystring.optional"),
        patch("remove", "/requestModels/application~1json"),
        patch("replace", "/operationName", ""),
        patch("replace", "/requestValidatorId", None),
        patch("replace", "/apiKeyRequired", "whatever"),
    ]
    changed = do(update_method, httpMethod="ANY", patchOperations=operations)
    assert changed == {"httpMethod": "ANY", "authorizationType": "NONE", "apiKeyRequired": False}
    assert do(get_method, httpMethod="ANY") == changed


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([patch("add", "/operationName", "x")], REPLACE_ONLY),
        ([patch("add", "/requestValidatorId", "wrong-id")], REPLACE_ONLY),
        ([patch("add", "/httpMethod", "PUT")], "Invalid patch path /httpMethod"),
        ([patch("replace", "/requestParameters", "a=false")], "Invalid patch path /requestParameters"),
        (
            [patch("add", "/requestModels/application/json", "Empty")],
            "Invalid patch path /requestModels/application/json",
        ),
        ([patch("replace", None, "x")], "Invalid patch path null"),
        ([patch("replace", "/authorizationType", "CUSTOM")], NO_AUTHORIZER),
        (
            [patch("replace", "/authorizationType", "CUSTOM"), patch("replace", "/authorizerId", "abc123")],
            NO_AUTHORIZER,
        ),
        (
            [patch("replace", "/authorizationType", "JWT"), patch("replace", "/authorizerId", "token1")],
            NO_AUTHORIZER,
        ),
        ([patch("replace", "/authorizationType", "")], "Invalid authorization type specified"),
        (
            [patch("replace", "/requestValidatorId", "fake-id")],
            "Invalid Request Validator identifier specified",
        ),
        (
            [patch("add", "/requestModels/application~1json", "petModel")],
            "Invalid model identifier specified: petModel",
        ),
        (
            [patch("add", "/authorizationScopes", "pets.read")],
            "Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type",
        ),
        (
            [patch("move", "/requestModels/application~1json")],
            "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
        ),
    ],
)
def test_bad_patches_are_refused(refused: Refused, operations: list[Any], message: str) -> None:
    answer = refused(update_method, httpMethod="ANY", patchOperations=operations)
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/requestParameters/method.request.header.x", "Invalid parameter name specified"),
        ("/requestModels/application~1json", "Content-Type specified was not found"),
    ],
)
def test_what_is_not_there_cannot_be_removed(refused: Refused, path: str, message: str) -> None:
    answer = refused(update_method, httpMethod="ANY", patchOperations=[patch("remove", path)])
    assert answer == ("NotFoundException", 404, message)


def test_a_failed_list_changes_nothing(do: Do, refused: Refused) -> None:
    operations = [patch("replace", "/operationName", "Pets"), patch("replace", "/nonsense", "x")]
    refused(update_method, httpMethod="ANY", patchOperations=operations)
    assert "operationName" not in do(get_method, httpMethod="ANY")


def test_an_authorizer_id_without_its_type_is_ignored(do: Do) -> None:
    operations = [patch("replace", "/authorizerId", "abc123")]
    assert "authorizerId" not in do(update_method, httpMethod="ANY", patchOperations=operations)


def test_an_authorizer_comes_with_its_type_and_goes_with_it(do: Do) -> None:
    def update(*operations: dict[str, Any]) -> Any:
        return do(update_method, httpMethod="ANY", patchOperations=list(operations))

    by_type = patch("replace", "/authorizationType", "custom")
    set_up = update(patch("replace", "/authorizerId", "token1"), by_type)
    assert (set_up["authorizationType"], set_up["authorizerId"]) == ("CUSTOM", "token1")
    assert update(patch("replace", "/authorizerId", "reque1"))["authorizerId"] == "reque1"
    pools = update(
        patch("replace", "/authorizationType", "COGNITO_USER_POOLS"),
        patch("replace", "/authorizerId", "pools1"),
        patch("add", "/authorizationScopes", "pets/read"),
    )
    assert pools["authorizationScopes"] == ["pets/read"]
    none = update(
        patch("replace", "/authorizationType", "NONE"), patch("remove", "/authorizationScopes", "pets/read")
    )
    assert "authorizerId" not in none
    assert do(get_method, httpMethod="ANY") == none


def test_another_type_needs_another_authorizer(do: Do, refused: Refused) -> None:
    operations = [
        patch("replace", "/authorizationType", "CUSTOM"),
        patch("replace", "/authorizerId", "token1"),
    ]
    do(update_method, httpMethod="ANY", patchOperations=operations)
    operations = [patch("replace", "/authorizationType", "COGNITO_USER_POOLS")]
    answer = refused(update_method, httpMethod="ANY", patchOperations=operations)
    assert answer == ("BadRequestException", 400, NO_AUTHORIZER)


def test_scopes_that_leave_again_do_no_harm(do: Do) -> None:
    operations = [
        patch("replace", "/authorizationScopes", "pets.read, pets.write"),
        patch("add", "/authorizationScopes", "pets.read"),
        patch("remove", "/authorizationScopes", "pets.write"),
        patch("remove", "/authorizationScopes", "pets.read"),
    ]
    assert "authorizationScopes" not in do(update_method, httpMethod="ANY", patchOperations=operations)


def test_an_empty_list_answers_the_method_with_its_responses(do: Do) -> None:
    do(put_method_response, httpMethod="ANY", statusCode="200")
    method = do(update_method, httpMethod="ANY", patchOperations=[])
    assert method["methodResponses"] == {"200": {"statusCode": "200"}}


def test_an_update_names_the_missing_parent(refused: Refused) -> None:
    no_resource = ("NotFoundException", 404, "Invalid Resource identifier specified")
    assert refused(update_method, restApiId="fake", httpMethod="ANY", patchOperations=[]) == no_resource
    assert refused(update_method, resourceId="fake", httpMethod="ANY", patchOperations=[]) == no_resource
    operations = [patch("replace", "/operationName", "x")]
    no_method = ("NotFoundException", 404, "Invalid Method identifier specified")
    assert refused(update_method, httpMethod="GET", patchOperations=operations) == no_method
