"""Aliases and their shares of the calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import PARTITION, Do, zipped

from gatewright.catalog.api import Catalog
from gatewright.control.lambda_api.aliases import (
    create_alias,
    delete_alias,
    get_alias,
    list_aliases,
    update_alias,
)
from gatewright.control.lambda_api.code import update_function_code
from gatewright.functions.api import FunctionName
from gatewright.functions.store import resolve

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:pets"
INVALID = ("InvalidParameterValueException", 400)
MISSING = ("ResourceNotFoundException", 404)


@pytest.fixture(autouse=True)
def two_versions(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    do(update_function_code, ZipFile=zipped("2"), Publish=True)


def shares(weights: dict[str, float]) -> dict[str, Any]:
    return {"AdditionalVersionWeights": weights}


def test_an_alias_is_answered_as_it_was_made(do: Do) -> None:
    alias = do(
        create_alias, Name="live", FunctionVersion="1", Description="now", RoutingConfig=shares({"2": 0.2})
    )
    assert alias.pop("RevisionId")
    assert alias == {
        "AliasArn": f"{ARN}:live",
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "now",
        "RoutingConfig": shares({"2": 0.2}),
    }
    found = do(get_alias, Name="live")
    assert found.items() >= alias.items()


def test_the_engine_finds_both_versions(do: Do, catalog: Catalog) -> None:
    do(create_alias, Name="live", FunctionVersion="1", RoutingConfig=shares({"2": 0.25}))
    with catalog.read(PARTITION) as reader:
        resolved = resolve(reader, FunctionName(PARTITION.account, PARTITION.region, "pets", "live"))
    assert resolved.choose(lambda: 0.2).version == "2"
    assert resolved.choose(lambda: 0.3).version == "1"


@pytest.mark.parametrize("routing", [None, {}, shares({})])
def test_an_alias_without_shares_has_no_routing(do: Do, routing: Any) -> None:
    assert "RoutingConfig" not in do(create_alias, Name="live", FunctionVersion="1", RoutingConfig=routing)
    assert do(create_alias, Name="latest", FunctionVersion="$LATEST")["Description"] == ""


@pytest.mark.parametrize(
    ("version", "weights", "message"),
    [
        ("1", {"2": 0.1, "3": 0.1}, "Number of items in AdditionalVersionWeights cannot be greater than 1"),
        (
            "1",
            {"1": 0.1},
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        ("$LATEST", {"1": 0.1}, "$LATEST is not supported for an alias pointing to more than 1 version"),
    ],
)
def test_shares_that_make_no_sense_are_refused(
    refused: Callable[..., Any], version: str, weights: dict[str, float], message: str
) -> None:
    params = {"Name": "live", "FunctionVersion": version, "RoutingConfig": shares(weights)}
    assert refused(create_alias, **params) == (*INVALID, message)


def test_only_numbered_versions_take_a_share(refused: Callable[..., Any]) -> None:
    code, status, message = refused(
        create_alias, Name="live", FunctionVersion="1", RoutingConfig=shares({"$LATEST": 0.5})
    )
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith(
        "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights'"
    )


@pytest.mark.parametrize(
    "params",
    [{"FunctionVersion": "10"}, {"FunctionVersion": "1", "RoutingConfig": shares({"10": 0.5})}],
)
def test_versions_must_be_there(refused: Callable[..., Any], params: dict[str, Any]) -> None:
    assert refused(create_alias, Name="live", **params) == (*MISSING, f"Function not found: {ARN}:10")


def test_a_name_is_taken_once(do: Do, refused: Callable[..., Any]) -> None:
    do(create_alias, Name="live", FunctionVersion="1")
    message = f"Alias already exists: {ARN}:live"
    expected = ("ResourceConflictException", 409, message)
    assert refused(create_alias, Name="live", FunctionVersion="2") == expected


def test_an_update_changes_what_it_names(do: Do) -> None:
    before = do(create_alias, Name="live", FunctionVersion="1", RoutingConfig=shares({"2": 0.2}))
    described = do(update_alias, Name="live", Description="new", RevisionId=before["RevisionId"])
    assert described == {**before, "Description": "new", "RevisionId": described["RevisionId"]}
    assert described["RevisionId"] != before["RevisionId"]
    moved = do(update_alias, Name="live", FunctionVersion="2", RoutingConfig={})
    assert moved["FunctionVersion"] == "2"
    assert "RoutingConfig" not in moved
    assert do(get_alias, Name="live") == moved


def test_an_alias_cannot_move_onto_its_other_version(do: Do, refused: Callable[..., Any]) -> None:
    before = do(create_alias, Name="live", FunctionVersion="1", RoutingConfig=shares({"2": 0.2}))
    assert refused(update_alias, Name="live", FunctionVersion="2")[:2] == INVALID
    assert do(get_alias, Name="live") == before


def test_what_is_not_there_is_named(do: Do, refused: Callable[..., Any]) -> None:
    assert refused(get_alias, Name="none") == (*MISSING, f"Cannot find alias arn: {ARN}:none")
    assert refused(update_alias, Name="none") == (*MISSING, f"Alias not found: {ARN}:none")
    unknown = f"Function not found: {ARN}-2"
    for operation in (get_alias, update_alias, delete_alias, list_aliases):
        assert refused(operation, FunctionName="pets-2", Name="live") == (*MISSING, unknown)


def test_an_outdated_revision_is_refused(do: Do, refused: Callable[..., Any]) -> None:
    do(create_alias, Name="live", FunctionVersion="1")
    assert refused(update_alias, Name="live", RevisionId="old")[0] == "PreconditionFailedException"


def test_aliases_are_listed_by_name_and_version(do: Do) -> None:
    for name, version in (("b", "1"), ("a", "2"), ("c", "1")):
        do(create_alias, Name=name, FunctionVersion=version)
    first = do(list_aliases, MaxItems=2)
    assert [alias["Name"] for alias in first["Aliases"]] == ["a", "b"]
    rest = do(list_aliases, Marker=first["NextMarker"])
    assert [alias["Name"] for alias in rest["Aliases"]] == ["c"]
    assert [alias["Name"] for alias in do(list_aliases, FunctionVersion="1")["Aliases"]] == ["b", "c"]


def test_a_deleted_alias_is_gone_and_may_be_deleted_again(do: Do) -> None:
    do(create_alias, Name="live", FunctionVersion="1")
    for _ in range(2):
        assert do(delete_alias, Name="live") is None
    assert do(list_aliases) == {"Aliases": []}
