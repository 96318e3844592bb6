"""A project's usage plans and keys become what the file says, and nobody else's are touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.management import PARTITION

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog
from gatewright.projects.api import CannotDeploy, Node
from gatewright.projects.configuration import Configuration, read_configuration
from gatewright.projects.usage_plans import UsagePlans

TABLE = """\
[project]
openapi = "openapi.yaml"
name = "API"

[project.usage_plans.basic]
throttle = { rate = 10, burst = 20 }
quota = { limit = 1000, period = "DAY" }
keys = { shop = "API-shop-key-of-twenty-and-more" }
"""


@pytest.fixture
def api(catalog: Catalog, client: Any) -> Iterator[str]:
    """An API with stage `dev`; the node is emptied of plans and keys afterwards."""
    api = str(client.create_rest_api(name="shop")["id"])
    with catalog.write(PARTITION) as tx:
        tx.put(keys.stage(api, "dev"), {"stageName": "dev", "deploymentId": "d", "methodSettings": {}})
    yield api
    client.delete_rest_api(restApiId=api)
    for plan in client.get_usage_plans()["items"]:
        client.delete_usage_plan(usagePlanId=plan["id"])
    for key in client.get_api_keys()["items"]:
        client.delete_api_key(apiKey=key["id"])


def configured(directory: Path, api: str, *changes: tuple[str, str]) -> Configuration:
    text = TABLE.replace("API", api)
    for change in changes:
        text = text.replace(*change)
    (directory / "gatewright.toml").write_text(text)
    return read_configuration(directory / "gatewright.toml")


def state(client: Any) -> dict[str, Any]:
    """Each plan by name: its limits, its stages and the values of its keys."""
    values = {key["id"]: key["value"] for key in client.get_api_keys(includeValues=True)["items"]}
    return {
        plan["name"]: (
            plan.get("throttle"),
            plan.get("quota", {}).get("limit"),
            [f"{one['apiId']}:{one['stage']}" for one in plan["apiStages"]],
            [values[key["id"]] for key in client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]],
        )
        for plan in client.get_usage_plans()["items"]
    }


def test_plans_and_keys_follow_the_file(tmp_path: Path, node: Node, client: Any, api: str) -> None:
    UsagePlans().deploy(node, configured(tmp_path, api))
    key, stage = f"{api}-shop-key-of-twenty-and-more", f"{api}:dev"
    throttle = {"rateLimit": 10.0, "burstLimit": 20}
    assert state(client) == {"basic": (throttle, 1000, [stage], [key])}
    ids = [plan["id"] for plan in client.get_usage_plans()["items"]]

    UsagePlans().deploy(
        node,
        configured(
            tmp_path, api, ("rate = 10,", "rate = 5,"), ('quota = { limit = 1000, period = "DAY" }', "")
        ),
    )
    assert state(client) == {"basic": ({**throttle, "rateLimit": 5.0}, None, [stage], [key])}
    assert [plan["id"] for plan in client.get_usage_plans()["items"]] == ids

    other = ("shop-key-of-twenty-and-more", "another-value-of-twenty")
    UsagePlans().deploy(node, configured(tmp_path, api, other))
    assert state(client) == {"basic": (throttle, 1000, [stage], [f"{api}-another-value-of-twenty"])}
    assert len(client.get_api_keys()["items"]) == 1


def test_a_plan_is_for_each_stage_that_was_deployed(
    tmp_path: Path, node: Node, client: Any, catalog: Catalog, api: str
) -> None:
    with catalog.write(PARTITION) as tx:
        tx.put(keys.stage(api, "prod"), {"stageName": "prod", "deploymentId": "d", "methodSettings": {}})
    for stage in ("dev", "prod", "dev"):
        named = ('name = "', f'stage = "{stage}"\nname = "')
        UsagePlans().deploy(node, configured(tmp_path, api, named))
    ((_, _, stages, _),) = state(client).values()
    assert stages == [f"{api}:dev", f"{api}:prod"]


def test_a_plan_that_left_the_file_goes_with_its_keys(
    tmp_path: Path, node: Node, client: Any, api: str
) -> None:
    UsagePlans().deploy(node, configured(tmp_path, api))
    UsagePlans().deploy(node, configured(tmp_path, api, (TABLE.replace("API", api).partition("\n\n")[2], "")))
    assert state(client) == {}
    assert client.get_api_keys()["items"] == []


def test_plans_and_keys_of_others_stay(tmp_path: Path, node: Node, client: Any, api: str) -> None:
    stages = [{"apiId": api, "stage": "dev"}]
    plan = client.create_usage_plan(name="basic", apiStages=stages)["id"]
    deployer = UsagePlans()
    deployer.deploy(node, configured(tmp_path, api))
    (owned,) = [one["id"] for one in client.get_usage_plans()["items"] if one["id"] != plan]
    foreign = client.create_api_key(name="mine", enabled=True)["id"]
    client.create_usage_plan_key(usagePlanId=owned, keyId=foreign, keyType="API_KEY")
    deployer.deploy(node, configured(tmp_path, api, (TABLE.replace("API", api).partition("\n\n")[2], "")))
    assert [one["id"] for one in client.get_usage_plans()["items"]] == [plan]
    assert [one["id"] for one in client.get_api_keys()["items"]] == [foreign]
    patch = {"op": "remove", "path": "/apiStages", "value": f"{api}:dev"}
    client.update_usage_plan(usagePlanId=plan, patchOperations=[patch])


def test_a_plan_that_the_node_refuses_is_told_at_its_table(
    tmp_path: Path, node: Node, client: Any, api: str
) -> None:
    client.create_api_key(name="other", value=f"{api}-shop-key-of-twenty-and-more")
    with pytest.raises(CannotDeploy) as refused:
        UsagePlans().deploy(node, configured(tmp_path, api))
    assert str(refused.value) == (
        f"{tmp_path / 'gatewright.toml'}:5: usage plan basic: API Key already exists"
    )
    (plan,) = client.get_usage_plans()["items"]
    patch = {"op": "remove", "path": "/apiStages", "value": f"{api}:dev"}
    client.update_usage_plan(usagePlanId=plan["id"], patchOperations=[patch])
