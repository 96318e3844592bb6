"""From a method to a served stage, as boto3 drives it: methods, integrations, deployments, stages."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.support.management import outside

from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.application import Management
from gatewright.control.context import Services
from gatewright.functions.api import FunctionName, Outcome, StreamedOutcome
from gatewright.wire.pending import Pending
from gatewright.wire.server import Server, ServerLimits

PARTITION = Partition("111122223333", "us-east-1")


class NoFunctions:
    """Nothing here invokes a function."""

    is_remote = False

    def invoke(self, function: FunctionName, payload: bytes, **_: Any) -> Pending[Outcome]:
        raise AssertionError(f"{function} was invoked")

    def invoke_streamed(self, function: FunctionName, payload: bytes, **_: Any) -> Pending[StreamedOutcome]:
        raise AssertionError(f"{function} was invoked")

    async def close(self) -> None:
        return None


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    directory: Path = tmp_path_factory.mktemp("data")
    catalog = open_catalog(directory)
    yield catalog
    catalog.close()


@pytest.fixture(scope="module")
def endpoint(catalog: Catalog) -> Iterator[str]:
    loop = asyncio.new_event_loop()
    management = Management(
        catalog,
        Services(),
        outside(loop, NoFunctions()),
        loop=loop,
        verifier=None,
        default_partition=PARTITION,
    )
    server = Server(management, loop=loop, limits=ServerLimits(drain_grace=0))
    listener = socket.create_server(("127.0.0.1", 0))
    loop.run_until_complete(server.listen(listener))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.stop_accepting()
    assert asyncio.run_coroutine_threadsafe(server.drain(10), loop).result(20)
    management.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[Any]:
    client = boto3.client(
        "apigateway",
        endpoint_url=endpoint,
        region_name=PARTITION.region,
        aws_access_key_id=PARTITION.account,
        aws_secret_access_key="any",
    )
    yield client
    client.close()


@dataclass
class Api:
    """An API with `GET /pets`, which a mock answers."""

    client: Any
    id: str
    pets: str

    @property
    def method(self) -> dict[str, str]:
        return {"restApiId": self.id, "resourceId": self.pets, "httpMethod": "GET"}


@pytest.fixture
def api(client: Any) -> Api:
    created = client.create_rest_api(name="pets")
    resource = client.create_resource(
        restApiId=created["id"], parentId=created["rootResourceId"], pathPart="pets"
    )
    api = Api(client, created["id"], resource["id"])
    client.put_method(**api.method, authorizationType="NONE")
    client.put_method_response(
        **api.method, statusCode="200", responseParameters={"method.response.header.X-Kind": False}
    )
    client.put_integration(
        **api.method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    client.put_integration_response(
        **api.method, statusCode="200", responseParameters={"method.response.header.X-Kind": "'cat'"}
    )
    return api


def status(answer: Any) -> int:
    code: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return code


def shown(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def patch(op: str, path: str, value: str) -> list[dict[str, str]]:
    return [{"op": op, "path": path, "value": value}]


def test_a_method_shows_all_that_was_put(api: Api) -> None:
    assert shown(api.client.get_method(**api.method)) == {
        "httpMethod": "GET",
        "authorizationType": "NONE",
        "apiKeyRequired": False,
        "methodResponses": {
            "200": {"statusCode": "200", "responseParameters": {"method.response.header.X-Kind": False}}
        },
        "methodIntegration": {
            "type": "MOCK",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "passthroughBehavior": "WHEN_NO_MATCH",
            "timeoutInMillis": 29000,
            "cacheNamespace": api.pets,
            "cacheKeyParameters": [],
            "integrationResponses": {
                "200": {
                    "statusCode": "200",
                    "responseParameters": {"method.response.header.X-Kind": "'cat'"},
                }
            },
        },
    }


def test_each_operation_answers_with_its_status(api: Api) -> None:
    client = api.client
    response = {**api.method, "statusCode": "200"}
    header = "/responseParameters/method.response.header.X-Kind"
    answers = [
        (client.update_method(**api.method, patchOperations=patch("replace", "/operationName", "x")), 200),
        (client.update_method_response(**response, patchOperations=patch("replace", header, "true")), 201),
        (client.update_integration(**api.method, patchOperations=[]), 200),
        (client.put_integration_response(**response, selectionPattern=""), 201),
        (
            client.update_integration_response(
                **response, patchOperations=patch("add", "/responseTemplates/text~1plain", "")
            ),
            200,
        ),
        (client.delete_integration_response(**response), 204),
        (client.delete_integration(**api.method), 204),
        (client.delete_method_response(**response), 204),
        (client.delete_method(**api.method), 204),
    ]
    assert [(status(answer), expected) for answer, expected in answers if status(answer) != expected] == []
    assert answers[4][0]["responseTemplates"] == {"text/plain": None}


def test_a_stage_moves_with_deployments_and_back(api: Api) -> None:
    client, stage = api.client, {"restApiId": api.id, "stageName": "prod"}
    first = client.create_deployment(**stage, stageDescription="production", variables={"color": "green"})
    assert status(first) == 201
    second = client.create_deployment(**stage)
    served = client.get_stage(**stage)
    assert (served["deploymentId"], served["description"]) == (second["id"], "production")
    operations = patch("replace", "/deploymentId", first["id"])
    assert client.update_stage(**stage, patchOperations=operations)["deploymentId"] == first["id"]
    assert status(client.delete_deployment(restApiId=api.id, deploymentId=second["id"])) == 202
    with pytest.raises(ClientError) as refused:
        client.delete_deployment(restApiId=api.id, deploymentId=first["id"])
    assert refused.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": "Active stages pointing to this deployment must be moved or deleted",
    }
    assert status(client.delete_stage(**stage)) == 202
    client.delete_deployment(restApiId=api.id, deploymentId=first["id"])
    assert client.get_deployments(restApiId=api.id)["items"] == []


def test_a_deployment_is_summarised_when_asked(api: Api) -> None:
    deployment = api.client.create_deployment(restApiId=api.id, description="first")
    named = {"restApiId": api.id, "deploymentId": deployment["id"]}
    assert "apiSummary" not in api.client.get_deployment(**named)
    summary = api.client.get_deployment(**named, embed=["apisummary"])["apiSummary"]
    assert summary == {"/pets": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}
    updated = api.client.update_deployment(**named, patchOperations=patch("replace", "/description", "x"))
    assert (status(updated), updated["description"]) == (200, "x")


def test_deployments_are_paged(api: Api) -> None:
    made = {api.client.create_deployment(restApiId=api.id)["id"] for _ in range(5)}
    pages = api.client.get_paginator("get_deployments").paginate(
        restApiId=api.id, PaginationConfig={"PageSize": 2}
    )
    listed = [[one["id"] for one in page["items"]] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert {one for page in listed for one in page} == made


def test_stage_settings_come_back_in_their_types(api: Api) -> None:
    client, stage = api.client, {"restApiId": api.id, "stageName": "prod"}
    deployment = client.create_deployment(restApiId=api.id)
    created = client.create_stage(
        **stage,
        deploymentId=deployment["id"],
        variables={"color": "green"},
        canarySettings={"percentTraffic": 0.0},
        tags={"team": "pets"},
    )
    assert status(created) == 201
    assert created["canarySettings"] == {
        "percentTraffic": 0.0,
        "deploymentId": deployment["id"],
        "useStageCache": False,
    }
    assert created["tags"] == {"team": "pets"}
    updated = client.update_stage(
        **stage,
        patchOperations=[
            {"op": "replace", "path": "/~1pets/GET/caching/ttlInSeconds", "value": "60"},
            {"op": "remove", "path": "/canarySettings"},
        ],
    )
    assert "canarySettings" not in updated
    assert updated["methodSettings"] == {
        "~1pets/GET": {
            "metricsEnabled": False,
            "dataTraceEnabled": False,
            "throttlingBurstLimit": 5000,
            "throttlingRateLimit": 10000.0,
            "cachingEnabled": False,
            "cacheTtlInSeconds": 60,
            "cacheDataEncrypted": False,
            "requireAuthorizationForCacheControl": True,
            "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
        }
    }
    assert updated["lastUpdatedDate"] >= created["createdDate"]
    assert [one["stageName"] for one in client.get_stages(restApiId=api.id)["item"]] == ["prod"]


def test_a_tag_set_later_shows_on_the_stage(api: Api) -> None:
    client, stage = api.client, {"restApiId": api.id, "stageName": "prod"}
    client.create_deployment(**stage)
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api.id}/stages/prod"
    client.tag_resource(resourceArn=arn, tags={"team": "pets"})
    assert client.get_stage(**stage)["tags"] == {"team": "pets"}
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert "tags" not in client.get_stage(**stage)


def test_what_is_not_enforced_is_refused_over_the_wire(api: Api) -> None:
    client, stage = api.client, {"restApiId": api.id, "stageName": "prod"}
    client.create_deployment(**stage)
    operations = patch("replace", "/*/*/logging/dataTrace", "true")
    with pytest.raises(client.exceptions.BadRequestException) as refused:
        client.update_stage(**stage, patchOperations=operations)
    message = "Gatewright does not enforce /*/*/logging/dataTrace True yet: "
    assert refused.value.response["message"].startswith(message)
    condition = {"Bool": {"aws:ViaAWSService": "true"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
    operations = patch("replace", "/policy", json.dumps({"Statement": statement}))
    client.update_rest_api(restApiId=api.id, patchOperations=operations)
    with pytest.raises(client.exceptions.BadRequestException) as refused:
        client.create_deployment(**stage)
    assert "aws:viaawsservice" in refused.value.response["message"]


def test_a_status_code_out_of_range_is_a_validation_error(api: Api) -> None:
    with pytest.raises(ClientError) as refused:
        api.client.get_integration_response(**api.method, statusCode="wrong")
    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [1-5]\\d\\d",
    }


def test_a_whole_api_is_gone_with_its_stages(api: Api, catalog: Catalog) -> None:
    api.client.create_deployment(restApiId=api.id, stageName="prod")
    api.client.delete_rest_api(restApiId=api.id)
    with pytest.raises(api.client.exceptions.NotFoundException):
        api.client.get_stage(restApiId=api.id, stageName="prod")
    with catalog.read(PARTITION) as reader:
        kinds = ("method", "deployment", "snapshot", "stage")
        assert [kind for kind in kinds if list(reader.list(f"{kind}/{api.id}/"))] == []
