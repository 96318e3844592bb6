"""Stage: create, get, list, delete; what it always shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.control.methods_and_stages.conftest import ROOT, Caches

from gatewright.control.rest.deployment import create_deployment
from gatewright.control.rest.integration import put_integration
from gatewright.control.rest.method import put_method
from gatewright.control.rest.stage import create_stage, delete_stage, get_stage, get_stages, update_stage

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

MINIMAL = {
    "stageName": "prod",
    "deploymentId": "000000",
    "cacheClusterEnabled": False,
    "cacheClusterStatus": "NOT_AVAILABLE",
    "methodSettings": {},
    "tracingEnabled": False,
    "createdDate": 1_700_000_000,
    "lastUpdatedDate": 1_700_000_000,
}


@pytest.fixture(autouse=True)
def deployment(do: Do, mock_method: None) -> None:
    do(create_deployment)


def test_a_minimal_stage_answers_what_is_always_there(do: Do) -> None:
    assert do(create_stage, stageName="prod", deploymentId="000000") == MINIMAL
    assert do(get_stage, stageName="prod") == MINIMAL


def test_a_full_stage_answers_what_was_set(do: Do) -> None:
    given: dict[str, Any] = {
        "stageName": "prod",
        "deploymentId": "000000",
        "description": "production",
        "cacheClusterSize": "0.5",
        "variables": {"url": "http://a.example/?b=c&d=e,f~g#h", "empty": ""},
        "canarySettings": {"percentTraffic": 0.0},
        "tags": {"team": "pets"},
    }
    canary = {"deploymentId": "000000", "percentTraffic": 0.0, "useStageCache": False}
    assert do(create_stage, **given) == {**MINIMAL, **given, "canarySettings": canary}


def test_what_is_empty_is_left_out(do: Do) -> None:
    stage = do(create_stage, stageName="prod", deploymentId="000000", description="", variables={}, tags={})
    assert stage == MINIMAL


def test_a_name_is_taken_once(do: Do, refused: Refused) -> None:
    do(create_stage, stageName="prod", deploymentId="000000")
    answer = refused(create_stage, stageName="prod", deploymentId="000000")
    assert answer == ("ConflictException", 409, "Stage already exists")
    do(create_stage, stageName="Prod", deploymentId="000000")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ü", "x" * 129])
def test_bad_names_are_refused(refused: Refused, name: str) -> None:
    answer = refused(create_stage, stageName=name, deploymentId="000000")
    assert answer == ("BadRequestException", 400, "Stage name only allows a-zA-Z0-9_")


def test_names_may_hold_hyphens(do: Do) -> None:
    assert do(create_stage, stageName="a-b_C9", deploymentId="000000")["stageName"] == "a-b_C9"


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (
            {"deploymentId": "zzzzzz"},
            ("NotFoundException", 404, "Invalid Deployment identifier specified"),
        ),
        (
            {"canarySettings": {"deploymentId": "deploy"}},
            ("BadRequestException", 400, "Deployment id does not exist"),
        ),
        (
            {"canarySettings": {"percentTraffic": 100.5}},
            ("BadRequestException", 400, "Invalid percentTraffic 100.5, must be between 0.0 and 100.0"),
        ),
        (
            {"documentationVersion": "v1"},
            ("BadRequestException", 400, "Invalid Documentation version specified"),
        ),
        (
            {"variables": {"a-b": "x"}},
            (
                "BadRequestException",
                400,
                "Invalid stage variable name: a-b. Please use names with only word characters.",
            ),
        ),
        *[
            (
                {"variables": {"a": value}},
                (
                    "BadRequestException",
                    400,
                    "Invalid stage variable value of key a.  Please use values with alphanumeric characters "
                    "and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
                ),
            )
            for value in ("<x>", None)
        ],
    ],
)
def test_bad_stages_are_refused(
    refused: Refused, given: dict[str, Any], answer: tuple[str, int, str]
) -> None:
    assert refused(create_stage, **{"stageName": "prod", "deploymentId": "000000", **given}) == answer


def test_variables_are_bounded(refused: Refused) -> None:
    stage = {"stageName": "prod", "deploymentId": "000000"}
    many = {f"v{number}": "x" for number in range(101)}
    assert "101" in refused(create_stage, **stage, variables=many)[2]
    assert refused(create_stage, **stage, variables={"n" * 65: "x"})[1] == 400
    assert refused(create_stage, **stage, variables={"n": "x" * 513})[1] == 400


def test_stages_are_listed_by_deployment(do: Do) -> None:
    do(create_deployment)
    for name, deployment in (("a", "000000"), ("b", "000001"), ("c", "000000")):
        do(create_stage, stageName=name, deploymentId=deployment)
    assert [stage["stageName"] for stage in do(get_stages)["item"]] == ["a", "b", "c"]
    listed = do(get_stages, deploymentId="000000")
    assert [stage["stageName"] for stage in listed["item"]] == ["a", "c"]
    assert do(get_stages, deploymentId="zzzzzz") == {"item": []}


def test_a_deleted_stage_is_gone(do: Do, refused: Refused) -> None:
    do(create_stage, stageName="prod", deploymentId="000000")
    assert do(delete_stage, stageName="prod") is None
    for operation in (get_stage, delete_stage, update_stage):
        answer = refused(operation, stageName="prod")
        assert answer == ("NotFoundException", 404, "Invalid stage identifier specified")


def cache(path: str, value: str) -> list[dict[str, str]]:
    cluster = [
        ("/cacheClusterEnabled", "true"),
        ("/cacheClusterSize", "0.5"),
        (f"/{path}/caching/enabled", value),
    ]
    return [{"op": "replace", "path": name, "value": text} for name, text in cluster]


def test_a_cluster_that_is_made_or_changed_or_goes_has_nothing_cached(do: Do, caches: Caches) -> None:
    def replace(path: str, value: str) -> None:
        do(update_stage, stageName="a", patchOperations=[{"op": "replace", "path": path, "value": value}])

    stage = {"stageName": "a", "deploymentId": "000000"}
    do(create_stage, **stage, cacheClusterSize="0.5")
    replace("/cacheClusterSize", "1.6")
    replace("/description", "there is no cluster yet")
    do(delete_stage, stageName="a")
    assert caches.flushed == []
    do(create_stage, **stage, cacheClusterEnabled=True)
    assert caches.flushed == ["a"]
    replace("/description", "the cluster stays")
    assert caches.flushed == ["a"]
    replace("/cacheClusterSize", "1.6")
    replace("/cacheClusterEnabled", "false")
    replace("/cacheClusterEnabled", "true")
    do(delete_stage, stageName="a")
    assert caches.flushed == ["a"] * 5


def test_what_is_streamed_is_not_to_be_cached(do: Do, refused: Refused) -> None:
    """Also where the stage caches already when the streaming method is deployed to it."""
    do(create_deployment, stageName="prod")
    do(update_stage, stageName="prod", patchOperations=cache("*/*", "true"))
    streamed = {"type": "HTTP_PROXY", "uri": "http://127.0.0.1/", "responseTransferMode": "STREAM"}
    where = {"resourceId": ROOT, "httpMethod": "GET"}
    do(put_method, **where, authorizationType="NONE")
    do(put_integration, **where, integrationHttpMethod="GET", **streamed)
    answer = (
        "BadRequestException",
        400,
        "Gatewright cannot serve this stage: GET /: a streamed response is not cached: turn caching off "
        "for it, and remove cacheKeyParameters",
    )
    assert refused(create_deployment, stageName="prod") == answer
    do(update_stage, stageName="prod", patchOperations=cache("~1/GET", "false"))
    do(create_deployment, stageName="prod")
    assert refused(update_stage, stageName="prod", patchOperations=cache("~1/GET", "true")) == answer
