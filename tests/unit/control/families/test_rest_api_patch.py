"""UpdateRestApi: each path, each operation on it, each refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace

from .conftest import Refused

ONLY_REPLACE = "Invalid patch operation specified. Must be one of: [replace]"
ADD_REMOVE_REPLACE = "Invalid patch operation specified. Must be 'add'|'remove'|'replace'"
API_KEY_SOURCE = "Invalid ApiKeySource specified. Valid options are HEADER,AUTHORIZER"
COMPRESSION = "Invalid minimum compression size, must be between 0 and 10485760"


@pytest.mark.parametrize(
    ("operations", "member", "value"),
    [
        (replace("/name", "cats"), "name", "cats"),
        (replace("/description", "new"), "description", "new"),
        ([patch("add", "/description", "new")], "description", "new"),
        ([patch("remove", "/description")], "description", None),
        (replace("/description", ""), "description", None),
        (replace("/apiKeySource", "AUTHORIZER"), "apiKeySource", "AUTHORIZER"),
        (replace("/disableExecuteApiEndpoint", "True"), "disableExecuteApiEndpoint", True),
        (replace("/disableExecuteApiEndpoint", "yes"), "disableExecuteApiEndpoint", False),
        (replace("/securityPolicy", "TLS_1_2"), "securityPolicy", "TLS_1_2"),
        (replace("/endpointAccessMode", "BASIC"), "endpointAccessMode", "BASIC"),
        (replace("/minimumCompressionSize", "10"), "minimumCompressionSize", 10),
        (replace("/minimumCompressionSize", "0"), "minimumCompressionSize", 0),
        (replace("/minimumCompressionSize", ""), "minimumCompressionSize", None),
        (replace("/minimumCompressionSize"), "minimumCompressionSize", None),
        ([patch("add", "/binaryMediaTypes/image~1png")], "binaryMediaTypes", ["a/b", "c/d", "image/png"]),
        ([patch("add", "/binaryMediaTypes/-", "x/y")], "binaryMediaTypes", ["a/b", "c/d", "-"]),
        ([patch("add", "/binaryMediaTypes/a~1b")], "binaryMediaTypes", ["c/d", "a/b"]),
        (replace("/binaryMediaTypes/a~1b", "e/f"), "binaryMediaTypes", ["c/d", "e/f"]),
        ([patch("remove", "/binaryMediaTypes/a~1b")], "binaryMediaTypes", ["c/d"]),
        (
            [patch("remove", "/binaryMediaTypes/a~1b"), patch("remove", "/binaryMediaTypes/c~1d")],
            "binaryMediaTypes",
            None,
        ),
        ([patch("add", "/binaryMediaTypes/~01")], "binaryMediaTypes", ["a/b", "c/d", "~1"]),
        (replace("/name", "first") + replace("/name", "second"), "name", "second"),
    ],
)
def test_a_path_changes_its_member(client: Any, operations: Any, member: str, value: Any) -> None:
    made = client.create_rest_api(
        name="pets", description="old", minimumCompressionSize=5, binaryMediaTypes=["a/b", "c/d"]
    )
    updated = client.update_rest_api(restApiId=made["id"], patchOperations=operations)
    assert updated.get(member) == value
    assert client.get_rest_api(restApiId=made["id"]).get(member) == value


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (replace("/endpointConfiguration/types/0", "EDGE"), {"types": ["EDGE"], "ipAddressType": "ipv4"}),
        (
            replace("/endpointConfiguration/types/REGIONAL", "PRIVATE"),
            {"types": ["PRIVATE"], "ipAddressType": "dualstack"},
        ),
        (
            replace("/endpointConfiguration/types/any", "EDGE")
            + replace("/endpointConfiguration/types/any", "REGIONAL"),
            {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        ),
        (
            replace("/endpointConfiguration/ipAddressType", "dualstack"),
            {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
        ),
        (
            [
                *replace("/endpointConfiguration/types/0", "PRIVATE"),
                patch("add", "/endpointConfiguration/vpcEndpointIds", "vpce-1"),
                patch("add", "/endpointConfiguration/vpcEndpointIds", "vpce-2"),
                patch("remove", "/endpointConfiguration/vpcEndpointIds", "vpce-1"),
            ],
            {"types": ["PRIVATE"], "ipAddressType": "dualstack", "vpcEndpointIds": ["vpce-2"]},
        ),
        (
            [
                *replace("/endpointConfiguration/types/0", "PRIVATE"),
                patch("add", "/endpointConfiguration/vpcEndpointIds", "vpce-1"),
                *replace("/endpointConfiguration/types/0", "EDGE"),
            ],
            {"types": ["EDGE"], "ipAddressType": "dualstack"},
        ),
    ],
)
def test_endpoint_paths(client: Any, operations: Any, expected: Any) -> None:
    made = client.create_rest_api(name="pets", endpointConfiguration={"types": ["REGIONAL"]})
    updated = client.update_rest_api(restApiId=made["id"], patchOperations=operations)
    assert updated["endpointConfiguration"] == expected


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/wrong", "x"), "Invalid patch path /wrong"),
        (replace("name", "x"), "Invalid patch path name"),
        (replace("/name/x", "x"), "Invalid patch path /name/x"),
        ([patch("replace")], "Invalid patch path null"),
        (replace("/binaryMediaTypes", "x"), "Invalid patch path /binaryMediaTypes"),
        ([patch("add", "/binaryMediaTypes", "x")], "Invalid patch path /binaryMediaTypes"),
        ([patch("add", "/binaryMediaTypes/a/b")], "Invalid patch path /binaryMediaTypes/a/b"),
        ([patch("add", "/name", "x")], ONLY_REPLACE),
        ([patch("move", "/name", "x")], ONLY_REPLACE),
        ([patch("remove", "/minimumCompressionSize")], ONLY_REPLACE),
        (replace("/minimumCompressionSize", "text"), COMPRESSION),
        (replace("/minimumCompressionSize", "-1"), COMPRESSION),
        (replace("/minimumCompressionSize", "10485761"), COMPRESSION),
        (replace("/minimumCompressionSize", "9" * 5000), COMPRESSION),
        (replace("/minimumCompressionSize", "²"), COMPRESSION),
        (replace("/name", ""), "Name cannot be empty"),
        (
            replace("/apiKeySource", "x"),
            "Invalid ApiKeySource specified. Valid options are HEADER,AUTHORIZER",
        ),
        (
            replace("/endpointConfiguration/types/0", "WRONG"),
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
        ([patch("remove", "/endpointConfiguration/types/EDGE")], ADD_REMOVE_REPLACE),
        (
            replace("/endpointConfiguration/ipAddressType", "ipv5"),
            "ipAddressType must be either ipv4 or dualstack.",
        ),
        ([patch("add", "/endpointConfiguration/ipAddressType", "ipv4")], ONLY_REPLACE),
        (
            replace("/endpointConfiguration/types/0", "PRIVATE")
            + replace("/endpointConfiguration/ipAddressType", "ipv4"),
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        (
            [patch("add", "/endpointConfiguration/vpcEndpointIds", "vpce-1")],
            "VPCEndpoints can only be specified with PRIVATE apis.",
        ),
        (
            replace("/policy", "no"),
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        ),
    ],
)
def test_bad_operations_are_refused(
    client: Any, api: str, refused: Refused, operations: Any, message: str
) -> None:
    answer = refused(client.update_rest_api, restApiId=api, patchOperations=operations)
    assert answer == ("BadRequestException", message)


def test_an_unknown_api_is_told_before_bad_operations(client: Any, refused: Refused) -> None:
    answer = refused(client.update_rest_api, restApiId="unknown", patchOperations=replace("/wrong"))
    assert answer == ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")


def test_a_policy_can_be_sent_back_as_it_was_returned(client: Any, api: str) -> None:
    policy = json.dumps(
        {
            "Statement": {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "*",
                "NotResource": ["execute-api:/a", "arn:aws:execute-api:*"],
            }
        }
    )
    first = client.update_rest_api(restApiId=api, patchOperations=replace("/policy", policy))["policy"]
    second = client.update_rest_api(restApiId=api, patchOperations=replace("/policy", first))["policy"]
    assert first == second
    assert "policy" not in client.update_rest_api(restApiId=api, patchOperations=replace("/policy", ""))
