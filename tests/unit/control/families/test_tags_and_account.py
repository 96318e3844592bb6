"""Tags by ARN, and the account."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog
from gatewright.control.context import Limits, Services
from gatewright.control.operation import Call
from gatewright.control.rest.account import get_account

from .conftest import Refused

ROLE = "arn:aws:iam::111122223333:role/service-role/logs"
ROLE_REFUSED = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API "
    "Gateway and add the required role policy."
)


def arn_of(path: str) -> str:
    return f"arn:aws:apigateway:{PARTITION.region}::/{path}"


def test_tags_come_and_go(client: Any, api: str) -> None:
    arn = arn_of(f"restapis/{api}")
    answer = client.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    client.tag_resource(resourceArn=arn, tags={"b": "3", "c": ""})
    assert shown(client.get_tags(resourceArn=arn)) == {"tags": {"a": "1", "b": "3", "c": ""}}
    assert client.get_rest_api(restApiId=api)["tags"] == {"a": "1", "b": "3", "c": ""}
    client.untag_resource(resourceArn=arn, tagKeys=["a", "b", "unknown"])
    assert client.get_tags(resourceArn=arn)["tags"] == {"c": ""}
    client.untag_resource(resourceArn=arn, tagKeys=["c"])
    assert client.get_rest_api(restApiId=api)["tags"] == {}


def test_keys_and_plans_have_theirs(client: Any) -> None:
    key = client.create_api_key(tags={"a": "1"})["id"]
    plan = client.create_usage_plan(name="gold")["id"]
    client.tag_resource(resourceArn=arn_of(f"apikeys/{key}"), tags={"b": "2"})
    client.tag_resource(resourceArn=arn_of(f"usageplans/{plan}"), tags={"c": "3"})
    assert client.get_api_key(apiKey=key)["tags"] == {"a": "1", "b": "2"}
    assert client.get_usage_plan(usagePlanId=plan)["tags"] == {"c": "3"}
    client.untag_resource(resourceArn=arn_of(f"apikeys/{key}"), tagKeys=["a", "b"])
    assert client.get_api_key(apiKey=key)["tags"] == {}


def test_a_stage_has_its_own(client: Any, api: str, catalog: Catalog) -> None:
    with catalog.write(PARTITION) as tx:
        tx.put(keys.stage(api, "prod"), {"stageName": "prod", "deploymentId": "d"})
    arn = arn_of(f"restapis/{api}/stages/prod")
    client.tag_resource(resourceArn=arn, tags={"a": "1"})
    assert client.get_tags(resourceArn=arn)["tags"] == {"a": "1"}
    assert client.get_tags(resourceArn=arn_of(f"restapis/{api}"))["tags"] == {}
    assert client.get_stage(restApiId=api, stageName="prod")["tags"] == {"a": "1"}
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert "tags" not in client.get_stage(restApiId=api, stageName="prod")


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (
            "restapis/unknown",
            "NotFoundException",
            f"Invalid API identifier specified {PARTITION.account}:unknown",
        ),
        ("restapis/unknown/stages/prod", "NotFoundException", "Invalid stage identifier specified"),
        ("apikeys/unknown", "NotFoundException", "Invalid API Key identifier specified"),
        ("usageplans/unknown", "NotFoundException", "Invalid Usage Plan ID specified"),
    ],
)
def test_what_is_missing(client: Any, refused: Refused, path: str, code: str, message: str) -> None:
    for operation, params in (
        (client.get_tags, {}),
        (client.tag_resource, {"tags": {"a": "b"}}),
        (client.untag_resource, {"tagKeys": ["a"]}),
    ):
        assert refused(operation, resourceArn=arn_of(path), **params) == (code, message)


@pytest.mark.parametrize(
    "arn", ["x", "arn:aws:apigateway:eu-west-9::/restapis/a", "arn:aws:s3:::bucket", arn_of("novel/a")]
)
def test_bad_arns(client: Any, refused: Refused, arn: str) -> None:
    code, message = refused(client.get_tags, resourceArn=arn)
    assert code == "BadRequestException"
    assert message.startswith(f"Invalid ARN specified in the request: {arn}")


def test_bounds_hold_over_what_is_there(client: Any, api: str, refused: Refused) -> None:
    arn = arn_of(f"restapis/{api}")
    client.tag_resource(resourceArn=arn, tags={str(number): "" for number in range(50)})
    code, _ = refused(client.tag_resource, resourceArn=arn, tags={"one": "more"})
    assert code == "BadRequestException"
    code, _ = refused(client.tag_resource, resourceArn=arn, tags={"_custom_id_": "other"})
    assert code == "BadRequestException"
    assert len(client.get_tags(resourceArn=arn)["tags"]) == 50


def test_the_account(client: Any) -> None:
    expected: dict[str, Any] = {"features": ["UsagePlans"], "apiKeyVersion": "4"}
    assert shown(client.get_account()) == expected
    updated = client.update_account(patchOperations=replace("/cloudwatchRoleArn", ROLE))
    assert shown(updated) == {**expected, "cloudwatchRoleArn": ROLE}
    assert shown(client.get_account()) == shown(updated)
    client.update_account(patchOperations=[patch("add", "/features", "UsagePlans")])
    client.update_account(patchOperations=replace("/cloudwatchRoleArn", ""))
    assert shown(client.get_account()) == expected


def test_the_accounts_throttle_is_shown_when_there_is_one(catalog: Catalog) -> None:
    services = Services(limits=Limits(account_burst_limit=50, account_rate_limit=20.5))
    with catalog.write(PARTITION) as tx:
        account = get_account(Call(tx, services), {})
    assert account["throttleSettings"] == {"burstLimit": 50, "rateLimit": 20.5}


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/throttleSettings/rateLimit", "5"), "Invalid patch path /throttleSettings/rateLimit"),
        (replace("/cloudwatchRoleArn", "role"), ROLE_REFUSED),
        (
            [patch("add", "/cloudwatchRoleArn", ROLE)],
            "Invalid patch operation specified. Must be one of: [replace]",
        ),
        (replace("/apiKeyVersion", "5"), "Invalid patch path /apiKeyVersion"),
        (
            [patch("add", "/features", "Novel")],
            "Invalid feature specified. Valid options are UsagePlans",
        ),
        ([patch("remove", "/features", "UsagePlans")], "The feature UsagePlans cannot be removed"),
    ],
)
def test_bad_changes_of_the_account(client: Any, refused: Refused, operations: Any, message: str) -> None:
    answer = refused(client.update_account, patchOperations=operations)
    assert answer == ("BadRequestException", message)
