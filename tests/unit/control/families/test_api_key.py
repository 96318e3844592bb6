"""ApiKey: creation, reading, listing, patches, deletion, and the look-up by value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys

from .conftest import Documents, Refused

MISSING = ("NotFoundException", "Invalid API Key identifier specified")
NAME = "Invalid API Key name, can be at most 1024 characters."
DESCRIPTION = "Invalid API Key description specified."
FORM = (
    "Invalid API Key value: clients send it in a header, so it must be printable ASCII and must not begin or "
    "end with a space"
)
LIST = "[/description, /enabled, /name, /customerId]"


@pytest.fixture
def key(client: Any) -> dict[str, Any]:
    return shown(client.create_api_key(name="zoo"))


@pytest.fixture
def only_these(client: Any) -> None:
    """The account's keys are those of this test."""
    for item in client.get_api_keys(limit=500)["items"]:
        client.delete_api_key(apiKey=item["id"])


def without(key: dict[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in members}


@pytest.mark.parametrize("given", [{}, {"name": "", "value": ""}])
def test_a_minimal_key_is_off(client: Any, given: dict[str, str]) -> None:
    answer = client.create_api_key(**given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    made = shown(answer)
    assert len(made.pop("id")) == 10
    assert len(made["value"]) == 40
    assert made.pop("value").isalnum()
    created, updated = made.pop("createdDate"), made.pop("lastUpdatedDate")
    assert isinstance(created, datetime)
    assert created == updated
    assert created.microsecond == 0
    assert made == {"enabled": False, "stageKeys": []}


def test_a_full_key(client: Any) -> None:
    given: dict[str, Any] = {
        "name": "zoo",
        "description": "of the zoo",
        "enabled": True,
        "value": "!full-key 1234567890~",
        "customerId": "c1",
        "tags": {"team": "zoo"},
    }
    stages = [{"restApiId": "a", "stageName": "prod"}, {"restApiId": "b", "stageName": "test"}]
    made = shown(client.create_api_key(**given, stageKeys=stages, generateDistinctId=False))
    assert made["id"] != made["value"]
    assert {name: made[name] for name in given} == given
    assert made["stageKeys"] == ["a/prod", "b/test"]
    assert shown(client.get_api_key(apiKey=made["id"], includeValue=True)) == made


def test_the_value_shows_when_it_is_asked_for(client: Any, key: dict[str, Any]) -> None:
    shown_key = {**key, "tags": {}}
    assert shown(client.get_api_key(apiKey=key["id"])) == without(shown_key, "value")
    assert shown(client.get_api_key(apiKey=key["id"], includeValue=False)) == without(shown_key, "value")
    assert shown(client.get_api_key(apiKey=key["id"], includeValue=True)) == shown_key


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "n" * 1025}, NAME),
        ({"description": "d" * 125_001}, DESCRIPTION),
        ({"value": "v" * 19}, "API Key value should be at least 20 characters"),
        ({"value": "v" * 129}, "API Key value exceeds maximum size of 128 characters"),
        ({"value": " " + "v" * 20}, FORM),
        ({"value": "v" * 20 + " "}, FORM),
        ({"value": "é" * 20}, FORM),
        ({"value": "v" * 20 + "\r\n"}, FORM),
        (
            {"stageKeys": [{"restApiId": "a"}]},
            "Invalid stage key specified: it needs a restApiId and a stageName",
        ),
        (
            {"tags": {"aws:x": "y"}},
            "Invalid tag key specified: 'aws:x' must have 1 to 128 characters and must not start with 'aws:'",
        ),
    ],
)
def test_bad_keys_are_refused(client: Any, refused: Refused, given: dict[str, Any], message: str) -> None:
    assert refused(client.create_api_key, **given) == ("BadRequestException", message)


@pytest.mark.parametrize(
    "given",
    [{"name": "n" * 1024}, {"description": "d" * 125_000}, {"value": "w" * 20}, {"value": "w" * 128}],
)
def test_the_bounds_themselves_are_allowed(client: Any, given: dict[str, str]) -> None:
    made = client.create_api_key(**given)
    assert {name: made[name] for name in given} == given


def test_a_value_is_taken_once(client: Any, refused: Refused, key: dict[str, Any]) -> None:
    taken = ("ConflictException", "API Key already exists")
    assert refused(client.create_api_key, value=key["value"]) == taken
    client.delete_api_key(apiKey=key["id"])
    assert client.create_api_key(value=key["value"])["value"] == key["value"]


def test_the_newest_is_listed_first(client: Any, only_these: None) -> None:
    made = [shown(client.create_api_key(name=f"key{number}")) for number in range(5)]
    listed = client.get_api_keys(includeValues=True)
    assert listed["items"] == made[::-1]
    assert "position" not in listed
    assert client.get_api_keys()["items"] == [without(key, "value") for key in made[::-1]]


def test_pages_follow_each_other_over_deletes(client: Any, only_these: None) -> None:
    made = [client.create_api_key()["id"] for _ in range(5)][::-1]
    first = client.get_api_keys(limit=2)
    client.delete_api_key(apiKey=made[1])
    client.create_api_key()
    second = client.get_api_keys(limit=2, position=first["position"])
    third = client.get_api_keys(limit=2, position=second["position"])
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == made
    assert "position" not in third


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"nameQuery": "Zoo"}, ["Zoo 2", "Zoo 1"]),
        ({"nameQuery": "Zoo 1"}, ["Zoo 1"]),
        ({"nameQuery": "zoo"}, []),
        ({"nameQuery": "oo"}, []),
        ({"nameQuery": ""}, ["Zoo 2", "other", "Zoo 1"]),
        ({"customerId": "c1"}, ["other", "Zoo 1"]),
        ({"customerId": "c1", "nameQuery": "o"}, ["other"]),
        ({"customerId": "c"}, []),
        ({"limit": -1}, ["Zoo 2", "other", "Zoo 1"]),
    ],
)
def test_filters(client: Any, only_these: None, query: dict[str, Any], found: list[str]) -> None:
    for name, customer in (("Zoo 1", "c1"), ("other", "c1"), ("Zoo 2", "c2")):
        client.create_api_key(name=name, customerId=customer)
    assert [item["name"] for item in client.get_api_keys(**query)["items"]] == found


@pytest.mark.parametrize(
    ("operations", "changes"),
    [
        ([], {}),
        (replace("/name", "cats"), {"name": "cats"}),
        (replace("/name", ""), {"name": None}),
        (replace("/description", "new"), {"description": "new"}),
        (replace("/enabled", "TRUE"), {"enabled": True}),
        ([*replace("/enabled", "true"), *replace("/enabled", "junk")], {"enabled": False}),
        (replace("/customerId", "c2"), {"customerId": "c2"}),
        ([patch("add", "/stages", "a/prod"), patch("add", "/stages", "a/prod")], {"stageKeys": ["a/prod"]}),
        (
            [
                patch("add", "/stages", "a/prod"),
                patch("add", "/stages", "a/test"),
                patch("remove", "/stages", "a/prod"),
            ],
            {"stageKeys": ["a/test"]},
        ),
    ],
)
def test_updates(client: Any, key: dict[str, Any], operations: Any, changes: dict[str, Any]) -> None:
    updated = shown(client.update_api_key(apiKey=key["id"], patchOperations=operations))
    expected = without({**key, **changes, "tags": {}}, "value", "lastUpdatedDate")
    assert without(updated, "lastUpdatedDate") == {
        name: value for name, value in expected.items() if value is not None
    }
    assert updated["lastUpdatedDate"] >= key["lastUpdatedDate"]
    assert shown(client.get_api_key(apiKey=key["id"])) == updated


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (replace("/name", "n" * 1025), NAME),
        (replace("/description", "d" * 125_001), DESCRIPTION),
        (
            replace("/id", "x"),
            f"Invalid patch path  '/id' specified for op 'replace'. Must be one of: {LIST}",
        ),
        (
            replace("/value", "x"),
            f"Invalid patch path  '/value' specified for op 'replace'. Must be one of: {LIST}",
        ),
        (
            [patch("add", "/name", "x")],
            "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations",
        ),
        (
            [patch("add", "/labels", "x")],
            "Invalid patch path  '/labels' specified for op 'add'. Please choose supported operations",
        ),
        (
            [patch("add", "/stages", "prod")],
            "Invalid stage key specified: it needs a restApiId and a stageName",
        ),
    ],
)
def test_bad_updates(
    client: Any, key: dict[str, Any], refused: Refused, operations: Any, message: str
) -> None:
    answer = refused(client.update_api_key, apiKey=key["id"], patchOperations=operations)
    assert answer == ("BadRequestException", message)


def test_a_deleted_key_is_gone(
    client: Any, key: dict[str, Any], refused: Refused, document: Documents
) -> None:
    assert client.delete_api_key(apiKey=key["id"])["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert document(keys.api_key_lookup(key["value"])) is None
    for operation in (client.get_api_key, client.update_api_key, client.delete_api_key):
        assert refused(operation, apiKey=key["id"]) == MISSING


def test_requests_find_a_key_by_its_value(client: Any, key: dict[str, Any], document: Documents) -> None:
    lookup = {"id": key["id"], "enabled": False, "usagePlanIds": []}
    assert key["value"] not in keys.api_key_lookup(key["value"])
    assert document(keys.api_key_lookup(key["value"])) == lookup
    client.update_api_key(apiKey=key["id"], patchOperations=replace("/enabled", "true"))
    assert document(keys.api_key_lookup(key["value"])) == {**lookup, "enabled": True}


def test_a_refused_change_leaves_the_look_up_alone(
    client: Any, key: dict[str, Any], refused: Refused, document: Documents
) -> None:
    operations = [*replace("/enabled", "true"), *replace("/wrong")]
    refused(client.update_api_key, apiKey=key["id"], patchOperations=operations)
    found = document(keys.api_key_lookup(key["value"]))
    assert found is not None
    assert found["enabled"] is False


def test_a_terraform_life(client: Any, refused: Refused) -> None:
    """Create, read back, change, read back: nothing differs from what was asked for."""
    tags = {"env": "dev"}
    made = shown(
        client.create_api_key(name="tf", description="Managed by Terraform", enabled=True, tags=tags)
    )
    read = {"apiKey": made["id"], "includeValue": True}
    assert shown(client.get_api_key(**read)) == made
    operations = [*replace("/enabled", "false"), *replace("/description", "changed")]
    client.update_api_key(apiKey=made["id"], patchOperations=operations)
    changed = shown(client.get_api_key(**read))
    expected = {**made, "enabled": False, "description": "changed"}
    assert without(changed, "lastUpdatedDate") == without(expected, "lastUpdatedDate")
    client.delete_api_key(apiKey=made["id"])
    assert refused(client.get_api_key, apiKey=made["id"]) == MISSING
