"""What an export tells of settings of the API, and which APIs have none."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
from tests.support.exported_api import OK, Draft, export
from tests.support.management import PARTITION
from tests.support.patches import replace

from .conftest import Refused

EXTENSION = "x-amazon-apigateway-"
STAGE = {"stageName": "prod", "exportType": "swagger"}


@pytest.fixture
def small(client: Any) -> Draft:
    draft = Draft(client)
    where = draft.method("/pets", "GET")
    client.put_integration(**where, type="MOCK", requestTemplates=OK)
    return draft


def test_a_version_that_was_never_given_is_the_deployments_time(client: Any, small: Draft) -> None:
    made = client.create_deployment(restApiId=small.id, stageName="prod")["createdDate"]
    moment = f"{made.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert export(small, "swagger")["info"]["version"] == moment


def test_an_endpoint_that_is_disabled_is_not_told_as_an_address(client: Any, small: Draft) -> None:
    change = replace("/disableExecuteApiEndpoint", "true")
    client.update_rest_api(restApiId=small.id, patchOperations=change)
    client.create_deployment(restApiId=small.id, stageName="prod")
    configuration = {f"{EXTENSION}endpoint-configuration": {"disableExecuteApiEndpoint": True}}
    assert "host" not in export(small, "swagger")
    assert "servers" not in export(small, "oas30")
    two = export(small, "swagger", "apigateway")
    assert configuration.items() <= two.items()
    three = export(small, "oas30", "apigateway")["servers"][0]
    assert configuration.items() <= three.items()


def test_a_policy_is_told_as_an_object(client: Any, small: Draft) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "execute-api:Invoke",
                "Resource": "execute-api:/*",
            }
        ],
    }
    client.update_rest_api(restApiId=small.id, patchOperations=replace("/policy", json.dumps(policy)))
    client.create_deployment(restApiId=small.id, stageName="prod")
    told = export(small, "swagger", "apigateway")[f"{EXTENSION}policy"]
    arn = f"arn:aws:execute-api:{PARTITION.region}:{PARTITION.account}:{small.id}/*"
    assert told["Statement"][0]["Resource"] == arn


def test_a_body_that_has_no_json_model_is_refused(client: Any, small: Draft, refused: Refused) -> None:
    client.create_model(restApiId=small.id, name="Xml", contentType="application/xml", schema="<x/>")
    where = small.method("/pets", "PUT", requestModels={"application/xml": "Xml"})
    client.put_integration(**where, type="MOCK", requestTemplates=OK)
    client.create_deployment(restApiId=small.id, stageName="prod")
    assert refused(client.get_export, restApiId=small.id, **STAGE) == (
        "BadRequestException",
        "Only found non-JSON body models for PUT /pets",
    )


def test_a_stage_exports_its_own_deployment(client: Any, small: Draft) -> None:
    client.create_deployment(restApiId=small.id, stageName="prod")
    client.delete_method(restApiId=small.id, resourceId=small.paths["/pets"], httpMethod="GET")
    assert list(export(small, "swagger")["paths"]) == ["/pets"]


def test_validators_that_share_a_name_are_told_apart(client: Any, small: Draft) -> None:
    for _ in range(2):
        client.create_request_validator(restApiId=small.id, name="all")
    nameless = client.create_request_validator(restApiId=small.id)["id"]
    client.create_deployment(restApiId=small.id, stageName="prod")
    told = export(small, "swagger", "apigateway")[f"{EXTENSION}request-validators"]
    assert len(told) == 3
    assert {"all", nameless} < set(told)
