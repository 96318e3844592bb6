"""Documentation versions: frozen parts, and the stages that publish them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.management import PARTITION
from tests.support.patches import patch, replace, shown

from gatewright.catalog import keys

from .conftest import Documents, Refused

UNKNOWN = ("NotFoundException", "Invalid Documentation version specified")
NO_API = ("NotFoundException", f"Invalid API identifier specified {PARTITION.account}:unknown")


def make(client: Any, api: str, version: str = "1", **given: Any) -> Any:
    return shown(client.create_documentation_version(restApiId=api, documentationVersion=version, **given))


def test_a_version_comes_back(client: Any, api: str) -> None:
    made = make(client, api, "1.0 beta", description="first")
    assert made == {"version": "1.0 beta", "createdDate": made["createdDate"], "description": "first"}
    found = client.get_documentation_version(restApiId=api, documentationVersion="1.0 beta")
    assert shown(found) == made
    plain = make(client, api, "2", description="")
    assert "description" not in plain
    assert client.get_documentation_versions(restApiId=api)["items"] == [made, plain]


def test_a_version_holds_the_parts_as_they_were(client: Any, api: str, document: Documents) -> None:
    part = client.create_documentation_part(restApiId=api, location={"type": "API"}, properties='{"a": 1}')
    make(client, api)
    client.delete_documentation_part(restApiId=api, documentationPartId=part["id"])
    frozen = document(keys.documentation_snapshot(api, "1"))
    assert frozen == {"parts": [shown(part)]}


def test_a_stage_publishes_one(client: Any, api: str, stage: str, refused: Refused) -> None:
    make(client, api, stageName="prod")
    make(client, api, "2")

    def published() -> Any:
        return client.get_stage(restApiId=api, stageName="prod").get("documentationVersion")

    def publish(version: str) -> None:
        change = replace("/documentationVersion", version)
        client.update_stage(restApiId=api, stageName="prod", patchOperations=change)

    assert published() == "1"
    answer = refused(client.delete_documentation_version, restApiId=api, documentationVersion="1")
    assert answer == (
        "BadRequestException",
        "Cannot delete documentation version '1': prod publish it. Set their /documentationVersion to "
        "another first.",
    )
    publish("2")
    assert published() == "2"
    client.delete_documentation_version(restApiId=api, documentationVersion="1")
    where = {"restApiId": api, "documentationVersion": "1"}
    for operation in (
        client.get_documentation_version,
        client.update_documentation_version,
        client.delete_documentation_version,
    ):
        assert refused(operation, **where) == UNKNOWN
    publish("")
    assert published() is None


def test_a_stage_is_created_with_one(client: Any, api: str, catalog: Any, refused: Refused) -> None:
    with catalog.write(PARTITION) as tx:
        tx.put(keys.deployment(api, "d"), {"id": "d", "createdDate": 0})
    params = {"restApiId": api, "stageName": "prod", "deploymentId": "d", "documentationVersion": "1"}
    assert refused(client.create_stage, **params) == (
        "BadRequestException",
        "Invalid Documentation version specified",
    )
    make(client, api)
    assert client.create_stage(**params)["documentationVersion"] == "1"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"documentationVersion": "1"}, "ConflictException", "Documentation version already exists: 1"),
        (
            {"documentationVersion": "a/b"},
            "BadRequestException",
            "Invalid documentation version specified: 'a/b' must have 1 to 64 letters, digits, blanks or any "
            "of _ . : + -",
        ),
        (
            {"documentationVersion": "2", "stageName": "none"},
            "NotFoundException",
            "Invalid stage identifier specified",
        ),
    ],
)
def test_refusals(client: Any, api: str, refused: Refused, given: Any, code: str, message: str) -> None:
    make(client, api)
    assert refused(client.create_documentation_version, restApiId=api, **given) == (code, message)


def test_only_the_description_changes(client: Any, api: str, refused: Refused) -> None:
    make(client, api, description="first")
    where = {"restApiId": api, "documentationVersion": "1"}
    changed = client.update_documentation_version(**where, patchOperations=replace("/description", "x"))
    assert changed["description"] == "x"
    answer = refused(
        client.update_documentation_version, **where, patchOperations=[patch("replace", "/version", "2")]
    )
    assert answer == (
        "BadRequestException",
        "Invalid patch path  '/version' specified for op 'replace'. Must be one of: [/description]",
    )


def test_of_an_api_that_is_not_there(client: Any, refused: Refused) -> None:
    where = {"restApiId": "unknown"}
    assert refused(client.create_documentation_version, **where, documentationVersion="1") == NO_API
    assert refused(client.get_documentation_versions, **where) == NO_API
