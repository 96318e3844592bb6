"""What a stage says and Gatewright does not do yet is refused, and names itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.deployment import create_deployment
from gatewright.control.rest.stage import create_stage, get_stage, get_stages, update_stage

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

LOG_GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:pets"


@pytest.fixture(autouse=True)
def stage(do: Do, mock_method: None) -> None:
    do(create_deployment)
    do(create_stage, stageName="prod", deploymentId="000000")


def replace(path: str, value: str) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            replace("/tracingEnabled", "true"),
            "/tracingEnabled yet: it would send traces to X-Ray. Leave it false.",
        ),
        (
            replace("/accessLogSettings/destinationArn", LOG_GROUP),
            "/accessLogSettings yet: it would write a line for each request to a log. Leave it unset.",
        ),
        (
            {"op": "add", "path": "/accessLogSettings/format", "value": "$context.requestId"},
            "/accessLogSettings yet: it would write a line for each request to a log. Leave it unset.",
        ),
        (
            replace("/*/*/logging/loglevel", "INFO"),
            "/*/*/logging/loglevel INFO yet: it would write an execution log. Leave it OFF.",
        ),
        (
            replace("/*/*/logging/dataTrace", "true"),
            "/*/*/logging/dataTrace True yet: it would log whole requests and responses. Leave it false.",
        ),
    ],
)
def test_each_setting_that_would_change_behaviour(
    do: Do, refused: Refused, operation: dict[str, Any], message: str
) -> None:
    before = do(get_stage, stageName="prod")
    answer = refused(update_stage, stageName="prod", patchOperations=[operation])
    assert answer == ("BadRequestException", 400, f"Gatewright does not enforce {message}")
    assert do(get_stage, stageName="prod") == before


def test_a_stage_that_asks_for_them_is_not_made(do: Do, refused: Refused) -> None:
    answer = refused(create_stage, stageName="test", deploymentId="000000", tracingEnabled=True)
    assert answer[2].startswith("Gatewright does not enforce /tracingEnabled yet: ")
    assert refused(create_deployment, stageName="prod", tracingEnabled=True)[2] == answer[2]
    assert [stage["stageName"] for stage in do(get_stages)["item"]] == ["prod"]


def test_all_of_them_are_named_at_once(refused: Refused) -> None:
    operations = [replace("/tracingEnabled", "true"), replace("/*/*/logging/dataTrace", "true")]
    message = refused(update_stage, stageName="prod", patchOperations=operations)[2]
    assert message.count("Gatewright does not enforce") == 2


def test_what_is_taken_back_in_the_same_list_does_no_harm(do: Do) -> None:
    operations = [
        replace("/accessLogSettings/format", "$context.requestId"),
        {"op": "remove", "path": "/accessLogSettings/format"},
        replace("/accessLogSettings/destinationArn", LOG_GROUP),
        {"op": "remove", "path": "/accessLogSettings"},
        replace("/*/*/logging/dataTrace", "true"),
        {"op": "remove", "path": "/*/*"},
    ]
    updated = do(update_stage, stageName="prod", patchOperations=operations)
    assert "accessLogSettings" not in updated
    assert updated["methodSettings"] == {}
