"""What HashiCorp's provider calls in the life of each family, and the reads that must show no difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from . import terraform_apis, terraform_methods
from .conftest import Refused
from .terraform import Life, Place, Resource, filled, state
from .terraform_methods import PAGE, TRACE

ROLE = "arn:aws:iam::111122223333:role/logs"
MOCK = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:who"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_pets"


@pytest.fixture
def place(client: Any, api: str, root: str) -> Place:
    """The ids of what an API has that can be deployed, by the names that the lives give them."""
    on = {"restApiId": api}
    pets = client.create_resource(**on, parentId=root, pathPart="pets")["id"]
    on_pets = {**on, "resourceId": pets}
    for verb in ("GET", "PUT"):
        parameters = {PAGE: False, TRACE: False}
        method = {"httpMethod": verb, "authorizationType": "NONE", "requestParameters": parameters}
        client.put_method(**on_pets, **method)
    client.put_integration(**on_pets, httpMethod="GET", **MOCK)
    headers = {"method.response.header.X-Trace": False}
    client.put_method_response(**on_pets, httpMethod="GET", statusCode="200", responseParameters=headers)
    who = {"name": "who", "type": "REQUEST", "authorizerUri": URI, "authorizerResultTtlInSeconds": 0}
    pool = {"name": "pool", "type": "COGNITO_USER_POOLS", "providerARNs": [POOL]}
    source = "method.request.header.Authorization"
    return {
        "api": api,
        "root": root,
        "pets": pets,
        "authorizer": client.create_authorizer(**on, **who)["id"],
        "pool": client.create_authorizer(**on, **pool, identitySource=source)["id"],
        "validator": client.create_request_validator(**on, name="all")["id"],
    }


@pytest.fixture(scope="module")
def certificate(client: Any) -> str:
    return str(client.generate_client_certificate()["clientCertificateId"])


@pytest.fixture
def deployable(client: Any, place: Place, certificate: str) -> Place:
    on = {"restApiId": place["api"]}
    client.put_integration(**on, resourceId=place["pets"], httpMethod="PUT", **MOCK)
    return {
        **place,
        "deployment": client.create_deployment(**on)["id"],
        "later": client.create_deployment(**on)["id"],
        "documentation": client.create_documentation_version(**on, documentationVersion="1.0")["version"],
        "certificate": certificate,
    }


LIVES = (*terraform_apis.LIVES, *terraform_methods.LIVES)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.family)
def test_a_life(client: Any, refused: Refused, deployable: Place, life: Life) -> None:
    resource = Resource(client, life, deployable)
    resource.create(filled(life.configured, deployable))
    resource.differs_nowhere()
    for step in life.steps:
        resource.update(filled(step.changes, deployable), filled(step.patches, deployable))
        resource.differs_nowhere()
    resource.call("delete")
    for verb in life.gone:
        operation = getattr(client, f"{verb}_{life.family}")
        assert refused(operation, **resource.where)[0] == "NotFoundException"


def test_a_life_of_tags(client: Any, deployable: Place) -> None:
    """They are changed by ARN, and read with what they are on."""
    on = {"restApiId": deployable["api"]}
    client.create_stage(**on, stageName="live", deploymentId=deployable["deployment"], tags={"a": "1"})
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{deployable['api']}"
    for resource in (arn, f"{arn}/stages/live"):
        client.untag_resource(resourceArn=resource, tagKeys=["a"])
        client.tag_resource(resourceArn=resource, tags={"b": "2"})
    assert client.get_rest_api(**on)["tags"] == {"b": "2"}
    assert client.get_stage(**on, stageName="live")["tags"] == {"b": "2"}


def test_a_life_of_a_canary(client: Any, deployable: Place) -> None:
    where = {"restApiId": deployable["api"], "stageName": "live"}
    overrides = "/canarySettings/stageVariableOverrides"
    configured = {"percentTraffic": 0.0, "stageVariableOverrides": {"colour": "red"}, "useStageCache": False}
    deployment = {"deploymentId": deployable["deployment"]}
    client.create_stage(**where, **deployment, canarySettings={**configured, **deployment})

    def update(*operations: dict[str, str]) -> dict[str, Any]:
        client.update_stage(**where, patchOperations=operations)
        return canary()

    def canary() -> dict[str, Any]:
        return state(client.get_stage(**where).get("canarySettings", {}), tuple(configured))

    assert canary() == state(configured, tuple(configured))
    changed = update(
        patch("remove", f"{overrides}/colour"),
        *replace(f"{overrides}/size", "2"),
        *replace("/deploymentId", deployable["later"]),
        *replace("/canarySettings/deploymentId", deployable["later"]),
    )
    assert changed["stageVariableOverrides"] == {"size": "2"}
    update(patch("remove", "/canarySettings"))
    assert "canarySettings" not in client.get_stage(**where)
    assert update(*replace(f"{overrides}/size", "3"))["stageVariableOverrides"] == {"size": "3"}


@pytest.mark.parametrize("path", ["*/*", "pets/GET", "~1pets/PUT"])
def test_a_life_of_method_settings(client: Any, refused: Refused, deployable: Place, path: str) -> None:
    where = {"restApiId": deployable["api"], "stageName": "live"}
    client.create_stage(**where, deploymentId=deployable["deployment"])
    changes = {
        "metrics/enabled": "true",
        "logging/loglevel": "OFF",
        "logging/dataTrace": "false",
        "throttling/burstLimit": "-1",
        "throttling/rateLimit": "-1.000000",
        "caching/enabled": "true",
        "caching/ttlInSeconds": "120",
        "caching/dataEncrypted": "true",
        "caching/requireAuthorizationForCacheControl": "false",
        "caching/unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
    }
    operations = [replace(f"/{path}/{name}", value)[0] for name, value in changes.items()]
    client.update_stage(**where, patchOperations=operations)
    configured = {
        "metricsEnabled": True,
        "loggingLevel": "OFF",
        "dataTraceEnabled": False,
        "throttlingBurstLimit": -1,
        "throttlingRateLimit": -1.0,
        "cachingEnabled": True,
        "cacheTtlInSeconds": 120,
        "cacheDataEncrypted": True,
        "requireAuthorizationForCacheControl": False,
        "unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
    }
    assert client.get_stage(**where)["methodSettings"] == {path: configured}
    operations = [
        *replace(f"/{path}/throttling/burstLimit", "20"),
        *replace(f"/{path}/throttling/rateLimit", "10.500000"),
        *replace(f"/{path}/caching/ttlInSeconds", "120"),
    ]
    client.update_stage(**where, patchOperations=operations)
    configured |= {"throttlingBurstLimit": 20, "throttlingRateLimit": 10.5}
    assert client.get_stage(**where)["methodSettings"] == {path: configured}
    removing = {**where, "patchOperations": [patch("remove", f"/{path}")]}
    client.update_stage(**removing)
    assert client.get_stage(**where).get("methodSettings", {}) == {}
    code, message = refused(client.update_stage, **removing)
    assert code == "BadRequestException"
    assert "no method setting for this method" in message


def test_a_life_of_the_account(client: Any) -> None:
    client.update_account(patchOperations=replace("/cloudwatchRoleArn", ROLE))
    account = shown(client.get_account())
    assert account["cloudwatchRoleArn"] == ROLE
    assert shown(client.get_account()) == account
    client.update_account(patchOperations=replace("/cloudwatchRoleArn", ""))
    assert not client.get_account().get("cloudwatchRoleArn")


def policy_of(answer: Mapping[str, Any]) -> Any:
    """As the provider reads it: the text is escaped once more than the answer's JSON is."""
    text = json.loads(f'"{answer.get("policy", "")}"')
    return json.loads(text) if text else None


def policy_on(api: str, effect: str) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": f"arn:aws:execute-api:us-east-1:{PARTITION.account}:{api}/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_life_of_a_policy(client: Any, api: str) -> None:
    for effect in ("Allow", "Deny"):
        policy = policy_on(api, effect)
        given = replace("/policy", json.dumps(policy, separators=(",", ":"), sort_keys=True))
        assert client.update_rest_api(restApiId=api, patchOperations=given)["id"] == api
        assert policy_of(client.get_rest_api(restApiId=api)) == policy
    client.update_rest_api(restApiId=api, patchOperations=replace("/policy", ""))
    assert policy_of(client.get_rest_api(restApiId=api)) is None


def body(title: str, path: str) -> bytes:
    responses = {"200": {"description": "OK"}}
    method = {"responses": responses, "x-amazon-apigateway-integration": {"type": "mock"}}
    info = {"title": title, "version": "1"}
    return json.dumps({"openapi": "3.0.1", "info": info, "paths": {path: {"get": method}}}).encode()


def test_a_life_of_a_rest_api_with_a_body(client: Any, refused: Refused) -> None:
    """A put that overwrites takes what is configured beside the body away; patches bring it back."""
    configured: dict[str, Any] = {
        "name": "tf",
        "description": "Managed by Terraform",
        "apiKeySource": "AUTHORIZER",
        "binaryMediaTypes": ["image/png"],
        "disableExecuteApiEndpoint": True,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
        "minimumCompressionSize": 512,
        "tags": {"env": "dev"},
    }
    made = client.create_rest_api(**configured)
    where = {"restApiId": made["id"]}
    policy = policy_on(made["id"], "Allow")
    for path in ("/pets", "/cats"):
        put = client.put_rest_api(**where, mode="overwrite", failOnWarnings=True, body=body("document", path))
        operations = [*back(configured, put), *replace("/policy", json.dumps(policy))]
        client.update_rest_api(**where, patchOperations=operations)
        read = shown(client.get_rest_api(**where))
        assert state(read, tuple(configured)) == configured
        assert policy_of(read) == policy
        assert shown(client.get_rest_api(**where)) == read
        resources = {item["path"]: item["id"] for item in client.get_resources(**where)["items"]}
        assert set(resources) == {"/", path}
        assert resources["/"] == made["rootResourceId"]
    client.delete_rest_api(**where)
    for operation in (client.get_rest_api, client.delete_rest_api):
        assert refused(operation, **where)[0] == "NotFoundException"


def back(configured: Mapping[str, Any], put: Mapping[str, Any]) -> list[dict[str, str]]:
    """The patches that the provider makes of what the answer to a put does not show as configured."""
    texts = {"apiKeySource": configured["apiKeySource"], "description": configured["description"]}
    if not put.get("disableExecuteApiEndpoint"):
        texts["disableExecuteApiEndpoint"] = "true"
    texts |= {"minimumCompressionSize": "512", "name": configured["name"]}
    if put["endpointConfiguration"]["ipAddressType"] != "dualstack":
        texts["endpointConfiguration/ipAddressType"] = "dualstack"
    operations = [replace(f"/{name}", text)[0] for name, text in texts.items() if put.get(name) != text]
    operations += [patch("remove", "/binaryMediaTypes/image~1png") for _ in put.get("binaryMediaTypes", ())]
    return [*operations, patch("add", "/binaryMediaTypes/image~1png")]
