"""RestApi: creation with its defaults and refusals, listing, tags, deletion."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import shown

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Partition

from .conftest import Refused


def test_a_minimal_api(client: Any) -> None:
    made = shown(client.create_rest_api(name="pets"))
    assert len(made.pop("id")) == 10
    assert len(made.pop("rootResourceId")) == 10
    assert made.pop("createdDate").microsecond == 0
    assert made == {
        "name": "pets",
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
    }


def test_a_full_api(client: Any) -> None:
    given = {
        "name": "pets",
        "description": "all of them",
        "version": "7",
        "binaryMediaTypes": ["image/png"],
        "minimumCompressionSize": 0,
        "apiKeySource": "AUTHORIZER",
        "disableExecuteApiEndpoint": True,
        "endpointConfiguration": {
            "types": ["PRIVATE"],
            "ipAddressType": "dualstack",
            "vpcEndpointIds": ["vpce-1"],
        },
        "tags": {"team": "zoo"},
    }
    made = shown(client.create_rest_api(**given))
    assert {name: made[name] for name in given} == given
    assert shown(client.get_rest_api(restApiId=made["id"])) == made


@pytest.mark.parametrize(
    ("asked", "types", "ip_address_type"),
    [
        ({}, ["EDGE"], "ipv4"),
        ({"types": ["REGIONAL"]}, ["REGIONAL"], "ipv4"),
        ({"types": ["REGIONAL"], "ipAddressType": "dualstack"}, ["REGIONAL"], "dualstack"),
        ({"types": ["PRIVATE"]}, ["PRIVATE"], "dualstack"),
        ({"ipAddressType": "dualstack"}, ["EDGE"], "dualstack"),
    ],
)
def test_endpoint_defaults(client: Any, asked: Any, types: list[str], ip_address_type: str) -> None:
    made = client.create_rest_api(name="pets", endpointConfiguration=asked)
    assert made["endpointConfiguration"] == {"types": types, "ipAddressType": ip_address_type}


COMPRESSION = "Invalid minimum compression size, must be between 0 and 10485760"
DUALSTACK = "Only dualstack ipAddressType is supported for Private APIs."
POLICY = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": ""}, "Name cannot be empty"),
        ({"description": ""}, "Description cannot be an empty string"),
        ({"minimumCompressionSize": -1}, COMPRESSION),
        ({"minimumCompressionSize": 10485761}, COMPRESSION),
        (
            {"endpointConfiguration": {"types": []}},
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
            "Cannot create an api with multiple Endpoint Types.",
        ),
        ({"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}}, DUALSTACK),
        (
            {"description": "", "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "Description cannot be an empty string",
        ),
        (
            {"endpointConfiguration": {"types": ["EDGE"], "vpcEndpointIds": ["vpce-1"]}},
            "VPCEndpoints can only be specified with PRIVATE apis.",
        ),
        ({"policy": "{"}, POLICY),
        ({"policy": '{"Version": "2012-10-17"}'}, POLICY),
        ({"policy": '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'}, POLICY),
        ({"policy": "[" * 5000}, POLICY),
        (
            {"tags": {"aws:x": "y"}},
            "Invalid tag key specified: 'aws:x' must have 1 to 128 characters and must not start with 'aws:'",
        ),
        (
            {"tags": {str(number): "" for number in range(51)}},
            "Invalid tags specified: at most 50 tags are allowed, not 51",
        ),
        (
            {"tags": {"k": "v" * 257}},
            "Invalid tag value specified for 'k': at most 256 characters are allowed",
        ),
        (
            {"tags": {"_custom_id_": "a/b"}},
            "Invalid _custom_id_ tag: 'a/b' must have 1 to 63 letters, digits, hyphens or underscores",
        ),
    ],
)
def test_bad_apis_are_refused(client: Any, refused: Refused, given: dict[str, Any], message: str) -> None:
    answer = refused(client.create_rest_api, **{"name": "pets", **given})
    assert answer == ("BadRequestException", message)


def test_a_bad_enum_comes_before_any_other_refusal(client: Any, refused: Refused) -> None:
    code, message = refused(
        client.create_rest_api, name="a", description="", endpointConfiguration={"types": ["WRONG"]}
    )
    assert code == "ValidationException"
    assert "[PRIVATE, EDGE, REGIONAL]" in message


def test_empty_binary_media_types_are_dropped(client: Any) -> None:
    assert "binaryMediaTypes" not in client.create_rest_api(name="pets", binaryMediaTypes=[])


def test_when_tags_show(client: Any, api: str) -> None:
    assert "tags" not in client.create_rest_api(name="pets", tags={})
    assert client.get_rest_api(restApiId=api)["tags"] == {}
    assert client.update_rest_api(restApiId=api, patchOperations=[])["tags"] == {}
    listed = {item["id"]: item for item in client.get_rest_apis(limit=500)["items"]}
    assert "tags" not in listed[api]


def test_a_custom_id_is_the_apis_id_once(client: Any, refused: Refused) -> None:
    assert client.create_rest_api(name="pets", tags={"_custom_id_": "my-pets"})["id"] == "my-pets"
    answer = refused(client.create_rest_api, name="pets", tags={"_custom_id_": "my-pets"})
    assert answer == (
        "ConflictException",
        "Invalid _custom_id_ tag: an API with the id 'my-pets' exists already",
    )


def test_a_custom_id_is_taken_for_every_region(client: Any, catalog: Catalog, refused: Refused) -> None:
    with catalog.write(Partition("999988887777", "eu-west-1")) as tx:
        tx.put(keys.rest_api("elsewhere"), {"id": "elsewhere"})
    code, _ = refused(client.create_rest_api, name="pets", tags={"_custom_id_": "elsewhere"})
    assert code == "ConflictException"


def test_a_policy_is_completed_and_comes_back_escaped(client: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["execute-api:Invoke"],
        "Resource": ["execute-api:/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = client.create_rest_api(name="pets", policy=policy)
    arn = f"arn:aws:execute-api:{PARTITION.region}:{PARTITION.account}:{made['id']}/*"
    text = json.loads(f'"{made["policy"]}"')
    assert text == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
        f'"Action":"execute-api:Invoke","Resource":"{arn}"}}]}}'
    )
    assert made["policy"].startswith('{\\"Version\\"')
    assert client.get_rest_api(restApiId=made["id"])["policy"] == made["policy"]


def test_deletion_takes_everything(
    client: Any, catalog: Catalog, api: str, root: str, refused: Refused
) -> None:
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.create_request_validator(restApiId=api, name="v")
    client.put_gateway_response(restApiId=api, responseType="THROTTLED")
    assert client.delete_rest_api(restApiId=api)["ResponseMetadata"]["HTTPStatusCode"] == 202
    missing = ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:{api}")
    assert refused(client.get_rest_api, restApiId=api) == missing
    assert refused(client.delete_rest_api, restApiId=api) == missing
    with catalog.read(PARTITION) as reader:
        assert [key for kind in keys.API_KINDS for key, _ in reader.list(keys.below(kind, api))] == []


def test_ids_are_case_sensitive(client: Any, refused: Refused) -> None:
    api = client.create_rest_api(name="a", tags={"_custom_id_": "lower"})["id"]
    assert refused(client.get_rest_api, restApiId=api.upper())[0] == "NotFoundException"
