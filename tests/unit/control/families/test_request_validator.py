"""RequestValidator."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from .conftest import Refused

MISSING = ("NotFoundException", "Invalid Request Validator identifier specified")
BLANK = "Request Validator name cannot be blank"
LIST = "[/name, /validateRequestParameters, /validateRequestBody]"


@pytest.fixture
def validator(client: Any, api: str) -> dict[str, Any]:
    return shown(client.create_request_validator(restApiId=api, name="all", validateRequestBody=True))


def test_flags_default_to_false(client: Any, api: str, validator: dict[str, Any]) -> None:
    assert len(validator["id"]) == 6
    assert validator == {
        "id": validator["id"],
        "name": "all",
        "validateRequestBody": True,
        "validateRequestParameters": False,
    }
    got = client.get_request_validator(restApiId=api, requestValidatorId=validator["id"])
    assert shown(got) == validator
    assert shown(client.get_request_validators(restApiId=api)) == {"items": [validator]}


@pytest.mark.parametrize(
    ("operations", "member", "value"),
    [
        (replace("/name", "some"), "name", "some"),
        (replace("/validateRequestParameters", "true"), "validateRequestParameters", True),
        (replace("/validateRequestBody", "whatever"), "validateRequestBody", False),
        (replace("/validateRequestBody"), "validateRequestBody", False),
    ],
)
def test_updates(
    client: Any, api: str, validator: dict[str, Any], operations: Any, member: str, value: Any
) -> None:
    ids = {"restApiId": api, "requestValidatorId": validator["id"]}
    updated = shown(client.update_request_validator(**ids, patchOperations=operations))
    assert updated == {**validator, member: value}
    assert shown(client.get_request_validator(**ids)) == updated


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/name", ""), BLANK),
        (replace("/name", "  "), BLANK),
        (replace("/name"), BLANK),
        (
            replace("/wrong", "x"),
            f"Invalid patch path  '/wrong' specified for op 'replace'. Must be one of: {LIST}",
        ),
        (
            [patch("remove", "/name")],
            "Invalid patch path  '/name' specified for op 'remove'. Please choose supported operations",
        ),
    ],
)
def test_bad_updates(
    client: Any, api: str, validator: dict[str, Any], refused: Refused, operations: Any, message: str
) -> None:
    ids = {"restApiId": api, "requestValidatorId": validator["id"]}
    answer = refused(client.update_request_validator, **ids, patchOperations=operations)
    assert answer == ("BadRequestException", message)


def test_a_validator_in_use_stays(
    client: Any, api: str, root: str, validator: dict[str, Any], refused: Refused
) -> None:
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**method, authorizationType="NONE", requestValidatorId=validator["id"])
    ids = {"restApiId": api, "requestValidatorId": validator["id"]}
    assert refused(client.delete_request_validator, **ids) == (
        "ConflictException",
        "Cannot delete request validator 'all', is referenced in method request: //GET",
    )
    client.delete_method(**method)
    deleted = client.delete_request_validator(**ids)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refused(client.get_request_validator, **ids) == MISSING


def test_what_is_missing_is_told_as_aws_does(client: Any, api: str, refused: Refused) -> None:
    for owner in (api, "unknown"):
        ids = {"restApiId": owner, "requestValidatorId": "x"}
        assert refused(client.get_request_validator, **ids) == MISSING
        assert refused(client.update_request_validator, **ids) == MISSING
        assert refused(client.delete_request_validator, **ids) == MISSING
    answer = refused(client.create_request_validator, restApiId="unknown", name="a")
    assert answer == ("BadRequestException", "Invalid REST API identifier specified")
    assert refused(client.get_request_validators, restApiId="unknown") == (
        "NotFoundException",
        f"Invalid API identifier specified {PARTITION.account}:unknown",
    )
