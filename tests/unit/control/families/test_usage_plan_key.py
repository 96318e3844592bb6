"""UsagePlanKey: which keys are in a plan, and which cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.patches import patch, shown

from gatewright.catalog import keys

from .conftest import Documents, Refused

NO_KEY = ("NotFoundException", "Invalid API Key identifier specified")
NO_PLAN = ("NotFoundException", "Invalid Usage Plan ID specified")


@pytest.fixture
def plan(client: Any) -> str:
    return str(client.create_usage_plan(name="gold")["id"])


@pytest.fixture
def key(client: Any) -> dict[str, Any]:
    return shown(client.create_api_key(name="zoo", enabled=True))


def add(client: Any, plan: str, key: dict[str, Any]) -> dict[str, Any]:
    answer = client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    return shown(answer)


def test_a_key_in_a_plan_shows_its_value(client: Any, plan: str, key: dict[str, Any]) -> None:
    made = add(client, plan, key)
    assert made == {"id": key["id"], "type": "API_KEY", "name": "zoo", "value": key["value"]}
    assert shown(client.get_usage_plan_key(usagePlanId=plan, keyId=key["id"])) == made
    assert client.get_usage_plan_keys(usagePlanId=plan)["items"] == [made]


def test_a_key_without_a_name(client: Any, plan: str) -> None:
    assert "name" not in add(client, plan, client.create_api_key())


def test_requests_learn_a_keys_plans_from_its_value(
    client: Any, plan: str, key: dict[str, Any], document: Documents
) -> None:
    lookup = {"id": key["id"], "enabled": True, "usagePlanIds": [plan]}
    add(client, plan, key)
    assert document(keys.api_key_lookup(key["value"])) == lookup
    other = client.create_usage_plan(name="silver")["id"]
    add(client, other, key)
    assert document(keys.api_key_lookup(key["value"])) == {**lookup, "usagePlanIds": [plan, other]}
    answer = client.delete_usage_plan_key(usagePlanId=plan, keyId=key["id"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert document(keys.api_key_lookup(key["value"])) == {**lookup, "usagePlanIds": [other]}


def test_a_deleted_key_leaves_its_plans(
    client: Any, plan: str, key: dict[str, Any], document: Documents
) -> None:
    add(client, plan, key)
    client.delete_api_key(apiKey=key["id"])
    assert client.get_usage_plan_keys(usagePlanId=plan)["items"] == []
    assert document(keys.usage_plan_key(plan, key["id"])) is None


def test_the_one_added_last_comes_first(client: Any, plan: str) -> None:
    made = [client.create_api_key(name=f"key{number}") for number in range(5)]
    for number in (3, 0, 4, 1, 2):
        add(client, plan, made[number])
    first = client.get_usage_plan_keys(usagePlanId=plan, limit=3)
    client.delete_usage_plan_key(usagePlanId=plan, keyId=made[4]["id"])
    second = client.get_usage_plan_keys(usagePlanId=plan, limit=3, position=first["position"])
    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert names == ["key2", "key1", "key4", "key0", "key3"]
    assert "position" not in second


def test_a_name_is_searched_by_how_it_begins(client: Any, plan: str) -> None:
    for name in ("Zoo 1", "other", "Zoo 2"):
        add(client, plan, client.create_api_key(name=name))
    for query, found in (("Zoo", ["Zoo 2", "Zoo 1"]), ("zoo", []), ("oo", []), ("o", ["other"])):
        items = client.get_usage_plan_keys(usagePlanId=plan, nameQuery=query)["items"]
        assert [item["name"] for item in items] == found


def test_a_plan_that_is_not_there_has_no_keys(client: Any) -> None:
    answer = client.get_usage_plan_keys(usagePlanId="unknown")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["items"] == []


def test_what_is_missing(client: Any, plan: str, key: dict[str, Any], refused: Refused) -> None:
    creating = {"usagePlanId": plan, "keyId": "unknown", "keyType": "API_KEY"}
    assert refused(client.create_usage_plan_key, **creating) == NO_KEY
    creating = {"usagePlanId": "unknown", "keyId": key["id"], "keyType": "API_KEY"}
    assert refused(client.create_usage_plan_key, **creating) == NO_PLAN
    for operation in (client.get_usage_plan_key, client.delete_usage_plan_key):
        assert refused(operation, usagePlanId=plan, keyId=key["id"]) == NO_KEY
        assert refused(operation, usagePlanId=plan, keyId="unknown") == NO_KEY
        assert refused(operation, usagePlanId="unknown", keyId=key["id"]) == NO_PLAN


def test_there_is_one_type_of_keys(client: Any, plan: str, key: dict[str, Any], refused: Refused) -> None:
    answer = refused(client.create_usage_plan_key, usagePlanId=plan, keyId=key["id"], keyType="OTHER")
    assert answer == (
        "BadRequestException",
        "Invalid Usage Plan Key type specified. Must be one of [API_KEY]",
    )


def test_a_key_is_in_a_plan_once(client: Any, plan: str, key: dict[str, Any], refused: Refused) -> None:
    add(client, plan, key)
    answer = refused(client.create_usage_plan_key, usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    assert answer == ("ConflictException", f"API Key {key['id']} is in usage plan {plan} already")


def test_a_key_is_in_one_plan_of_a_stage(
    client: Any, key: dict[str, Any], stage: str, refused: Refused
) -> None:
    api, name = stage.split(":")
    stages = [{"apiId": api, "stage": name}]
    gold, silver, bronze = (
        client.create_usage_plan(name=plan, apiStages=attached)["id"]
        for plan, attached in (("gold", stages), ("silver", stages), ("bronze", []))
    )
    taken = (
        "ConflictException",
        f"API Key {key['id']} is in usage plan {gold} already, which has the API Stage {stage} too: a key "
        "can be in one usage plan of a stage",
    )
    add(client, gold, key)
    answer = refused(client.create_usage_plan_key, usagePlanId=silver, keyId=key["id"], keyType="API_KEY")
    assert answer == taken
    add(client, bronze, key)
    attaching = {"usagePlanId": bronze, "patchOperations": [patch("add", "/apiStages", stage)]}
    assert refused(client.update_usage_plan, **attaching) == taken
    client.delete_usage_plan_key(usagePlanId=gold, keyId=key["id"])
    assert client.update_usage_plan(**attaching)["apiStages"] == stages


def test_a_terraform_life(client: Any, plan: str, key: dict[str, Any], refused: Refused) -> None:
    made = add(client, plan, key)
    ids = {"usagePlanId": plan, "keyId": key["id"]}
    assert shown(client.get_usage_plan_key(**ids)) == made
    client.delete_usage_plan_key(**ids)
    assert refused(client.get_usage_plan_key, **ids) == NO_KEY
    assert add(client, plan, key) == made
