"""Deployment: what it freezes, what must hold before, what it does to a stage, when it may go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition
from gatewright.control.rest.deployment import (
    create_deployment,
    delete_deployment,
    get_deployment,
    get_deployments,
    update_deployment,
)
from gatewright.control.rest.integration import put_integration
from gatewright.control.rest.method import put_method
from gatewright.control.rest.stage import create_stage, delete_stage, get_stage, update_stage

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

API = "a1b2c3d4e5"
PARTITION = Partition("111122223333", "us-east-1")


def stored(catalog: Catalog, key: str) -> Document | None:
    with catalog.read(PARTITION) as reader:
        return reader.get(key)


def change_api(catalog: Catalog, **members: Any) -> None:
    with catalog.write(PARTITION) as tx:
        tx.put(keys.rest_api(API), {**(tx.get(keys.rest_api(API)) or {}), **members})


def test_a_deployment_has_an_id_and_a_date(do: Do, mock_method: None) -> None:
    assert do(create_deployment) == {"id": "000000", "createdDate": 1_700_000_000}
    described = do(create_deployment, description="second")
    assert described == {"id": "000001", "createdDate": 1_700_000_000, "description": "second"}
    assert do(get_deployment, deploymentId="000001") == described


def test_a_deployment_freezes_the_api(do: Do, mock_method: None, catalog: Catalog) -> None:
    do(create_deployment)
    before = stored(catalog, keys.snapshot(API, "000000"))
    assert before is not None
    assert before["restApi"]["id"] == API
    assert {one["path"]: list(one["resourceMethods"]) for one in before["resources"]} == {
        "/": [],
        "/pets": ["GET"],
    }
    assert [model["name"] for model in before["models"]] == ["Empty"]
    assert [validator["id"] for validator in before["requestValidators"]] == ["valid1"]
    assert [authorizer["id"] for authorizer in before["authorizers"]] == [
        "jwt001",
        "pools1",
        "reque1",
        "token1",
    ]
    assert before["gatewayResponses"] == []
    do(put_method, httpMethod="POST", authorizationType="NONE")
    do(put_integration, httpMethod="POST", type="MOCK")
    assert stored(catalog, keys.snapshot(API, "000000")) == before


def test_the_summary_tells_how_each_method_is_called(do: Do, mock_method: None) -> None:
    do(create_deployment)
    embedded = do(get_deployment, deploymentId="000000", embed=["apisummary"])
    assert embedded["apiSummary"] == {
        "/pets": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}
    }


def test_an_api_without_methods_cannot_be_deployed(refused: Refused) -> None:
    expected = ("BadRequestException", 400, "The REST API doesn't contain any methods")
    assert refused(create_deployment) == expected


def test_a_method_without_integration_cannot_be_deployed(do: Do, mock_method: None, refused: Refused) -> None:
    do(put_method, httpMethod="POST", authorizationType="NONE")
    expected = ("BadRequestException", 400, "No integration defined for method")
    assert refused(create_deployment) == expected


def test_a_private_api_needs_a_policy(mock_method: None, catalog: Catalog, refused: Refused) -> None:
    change_api(catalog, endpointConfiguration={"types": ["PRIVATE"], "ipAddressType": "dualstack"})
    expected = ("BadRequestException", 400, "Private REST API doesn't have a resource policy attached to it")
    assert refused(create_deployment) == expected


def test_what_cannot_be_enforced_cannot_be_deployed(
    do: Do, mock_method: None, refused: Refused, catalog: Catalog
) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
    change_api(catalog, policy=json.dumps({"Statement": [{**statement, "Condition": condition}]}))
    code, status, message = refused(create_deployment, stageName="prod")
    assert (code, status) == ("BadRequestException", 400)
    assert message.startswith(
        "Gatewright cannot deploy this API: the API's resource policy looks at aws:sourcevpce"
    )
    assert do(get_deployments) == {"items": []}
    assert stored(catalog, keys.stage(API, "prod")) is None


def test_a_stage_that_is_not_there_is_made(do: Do, mock_method: None) -> None:
    do(
        create_deployment,
        stageName="prod",
        description="first",
        stageDescription="production",
        variables={"color": "green"},
        cacheClusterSize="1.6",
        tracingEnabled=False,
    )
    assert do(get_stage, stageName="prod") == {
        "stageName": "prod",
        "deploymentId": "000000",
        "description": "production",
        "variables": {"color": "green"},
        "cacheClusterEnabled": False,
        "cacheClusterSize": "1.6",
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "createdDate": 1_700_000_000,
        "lastUpdatedDate": 1_700_000_000,
    }


def test_a_stage_that_is_there_moves_and_keeps_its_settings(do: Do, mock_method: None, clock: Any) -> None:
    do(create_deployment, stageName="prod", stageDescription="kept", variables={"color": "green"})
    clock.now += 60
    do(create_deployment, stageName="prod")
    stage = do(get_stage, stageName="prod")
    assert stage["deploymentId"] == "000001"
    assert stage["description"] == "kept"
    assert stage["variables"] == {"color": "green"}
    assert (stage["createdDate"], stage["lastUpdatedDate"]) == (1_700_000_000, 1_700_000_060)
    do(create_deployment, stageName="prod", stageDescription="new", variables={"size": "big"})
    stage = do(get_stage, stageName="prod")
    assert (stage["description"], stage["variables"]) == ("new", {"size": "big"})


def test_a_stage_with_a_bad_name_is_not_made(mock_method: None, do: Do, refused: Refused) -> None:
    expected = ("BadRequestException", 400, "Stage name only allows a-zA-Z0-9_")
    assert refused(create_deployment, stageName="a/b") == expected
    assert do(get_deployments) == {"items": []}


def test_a_canary_deployment_needs_a_stage_that_is_there(mock_method: None, refused: Refused) -> None:
    canary = {"percentTraffic": 50.0}
    prefix = "Invalid deployment content specified."
    nameless = (
        f"{prefix}Non null and non empty stageName must be provided for canary deployment. Provided value is "
    )
    assert refused(create_deployment, canarySettings=canary)[2] == f"{nameless}null"
    assert refused(create_deployment, canarySettings=canary, stageName="")[2] == nameless
    assert refused(create_deployment, canarySettings=canary, stageName="prod") == (
        "BadRequestException",
        400,
        f"{prefix}Stage prod must already be created before making a canary release deployment",
    )


def test_a_canary_deployment_leaves_the_stage_where_it_is(
    do: Do, mock_method: None, refused: Refused
) -> None:
    do(create_deployment, stageName="prod")
    canary = {"percentTraffic": 12.34, "stageVariableOverrides": {"color": "blue"}}
    do(create_deployment, stageName="prod", canarySettings=canary)
    stage = do(get_stage, stageName="prod")
    assert stage["deploymentId"] == "000000"
    assert stage["canarySettings"] == {
        "deploymentId": "000001",
        "percentTraffic": 12.34,
        "stageVariableOverrides": {"color": "blue"},
        "useStageCache": False,
    }
    in_use = "Active stages pointing to this deployment must be moved or deleted"
    assert refused(delete_deployment, deploymentId="000001")[2] == in_use


def test_canary_settings_of_a_deployment_replace_those_of_the_stage(do: Do, mock_method: None) -> None:
    do(create_deployment, stageName="prod")
    first = {"percentTraffic": 10.0, "stageVariableOverrides": {"color": "blue"}, "useStageCache": True}
    do(create_deployment, stageName="prod", canarySettings=first)
    do(create_deployment, stageName="prod", canarySettings={"percentTraffic": 20.0})
    canary = {"deploymentId": "000002", "percentTraffic": 20.0, "useStageCache": False}
    assert do(get_stage, stageName="prod")["canarySettings"] == canary


def test_a_deployment_to_a_stage_with_a_canary_goes_to_the_canary(do: Do, mock_method: None) -> None:
    do(create_deployment, stageName="prod")
    do(create_deployment, stageName="prod", canarySettings={"percentTraffic": 10.0})
    do(create_deployment, stageName="prod")
    stage = do(get_stage, stageName="prod")
    assert stage["deploymentId"] == "000000"
    canary = {"deploymentId": "000002", "percentTraffic": 10.0, "useStageCache": False}
    assert stage["canarySettings"] == canary
    do(update_stage, stageName="prod", patchOperations=[{"op": "remove", "path": "/canarySettings"}])
    do(create_deployment, stageName="prod")
    assert do(get_stage, stageName="prod")["deploymentId"] == "000003"


def test_a_deployment_in_use_cannot_be_deleted(
    do: Do, mock_method: None, refused: Refused, catalog: Catalog
) -> None:
    do(create_deployment, stageName="prod")
    assert refused(delete_deployment, deploymentId="000000") == (
        "BadRequestException",
        400,
        "Active stages pointing to this deployment must be moved or deleted",
    )
    do(delete_stage, stageName="prod")
    assert do(delete_deployment, deploymentId="000000") is None
    assert stored(catalog, keys.snapshot(API, "000000")) is None
    missing = ("NotFoundException", 404, "Invalid Deployment identifier specified")
    for operation in (get_deployment, delete_deployment, update_deployment):
        assert refused(operation, deploymentId="000000") == missing


def test_an_older_deployment_can_go_once_the_stage_has_moved(do: Do, mock_method: None) -> None:
    do(create_deployment, stageName="prod")
    do(create_deployment, stageName="prod")
    do(delete_deployment, deploymentId="000000")
    assert [one["id"] for one in do(get_deployments)["items"]] == ["000001"]


def test_only_the_description_can_be_patched(do: Do, mock_method: None, refused: Refused) -> None:
    do(create_deployment)
    operations = [{"op": "replace", "path": "/description", "value": "told"}]
    updated = do(update_deployment, deploymentId="000000", patchOperations=operations)
    assert updated["description"] == "told"
    assert do(get_deployment, deploymentId="000000") == updated
    operations = [{"op": "replace", "path": "/description", "value": ""}]
    assert "description" not in do(update_deployment, deploymentId="000000", patchOperations=operations)
    for operation, message in (
        (
            {"op": "replace", "path": "/id", "value": "x"},
            "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description]",
        ),
        (
            {"op": "add", "path": "/description", "value": "x"},
            "Invalid patch path  '/description' specified for op 'add'. Please choose supported operations",
        ),
    ):
        answer = refused(update_deployment, deploymentId="000000", patchOperations=[operation])
        assert answer == ("BadRequestException", 400, message)


def test_a_listing_goes_on_after_a_deletion_between_its_pages(do: Do, mock_method: None) -> None:
    for _ in range(30):
        do(create_deployment)
    first = do(get_deployments)
    assert len(first["items"]) == 25
    do(delete_deployment, deploymentId=first["items"][-1]["id"])
    second = do(get_deployments, position=first["position"])
    assert [one["id"] for one in second["items"]] == [f"{number:06d}" for number in range(25, 30)]
    assert "position" not in second
    assert len(do(get_deployments, limit=3)["items"]) == 3
    assert len(do(get_deployments, limit=-1)["items"]) == 25
    assert len(do(get_deployments, limit=600)["items"]) == 29


@pytest.mark.parametrize("operation", [create_deployment, get_deployments, create_stage])
def test_a_missing_api_is_named_with_the_account(refused: Refused, operation: Callable[..., Any]) -> None:
    answer = refused(operation, restApiId="nothing", stageName="prod", deploymentId="000000")
    expected = "Invalid API identifier specified 111122223333:nothing"
    assert answer == ("NotFoundException", 404, expected)


def test_a_stage_rolls_back_to_any_deployment_that_is_still_there(
    do: Do, mock_method: None, refused: Refused
) -> None:
    for _ in range(3):
        do(create_deployment, stageName="prod")
    do(delete_deployment, deploymentId="000001")

    def back_to(deployment: str) -> list[dict[str, str]]:
        return [{"op": "replace", "path": "/deploymentId", "value": deployment}]

    gone = refused(update_stage, stageName="prod", patchOperations=back_to("000001"))
    assert gone == ("NotFoundException", 404, "Invalid Deployment identifier specified")
    assert do(get_stage, stageName="prod")["deploymentId"] == "000002"
    assert do(update_stage, stageName="prod", patchOperations=back_to("000000"))["deploymentId"] == "000000"
    do(delete_deployment, deploymentId="000002")
