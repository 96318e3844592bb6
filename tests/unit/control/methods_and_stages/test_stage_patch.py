"""UpdateStage: what each operation takes, and the exact words for what it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.deployment import create_deployment
from gatewright.control.rest.stage import create_stage, get_stage, update_stage

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, "
    "/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, "
    "/{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit "
    "/*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, "
    "/variables/{variable_name}, /tracingEnabled"
)
LOG_PATHS = (
    "Invalid accessLogSettings path. Must be one of : "
    "[/accessLogSettings/destinationArn, /accessLogSettings/format]"
)
LOG_GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:pets"


@pytest.fixture(autouse=True)
def stage(do: Do, mock_method: None) -> None:
    do(create_deployment)
    do(create_deployment)
    do(create_stage, stageName="prod", deploymentId="000000", variables={"color": "green"})


def patch(op: str, path: str | None, value: str | None = None, source: str | None = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value, "from": source}


def test_a_stage_moves_forward_and_back(do: Do, clock: Any) -> None:
    clock.now += 60
    for deployment in ("000001", "000000"):
        operations = [patch("replace", "/deploymentId", deployment)]
        updated = do(update_stage, stageName="prod", patchOperations=operations)
        assert updated["deploymentId"] == deployment
        assert do(get_stage, stageName="prod") == updated
    assert (updated["createdDate"], updated["lastUpdatedDate"]) == (1_700_000_000, 1_700_000_060)


def test_members_are_set_and_taken_away(do: Do) -> None:
    operations = [
        patch("replace", "/description", "new"),
        patch("replace", "/variables/size", "big"),
        patch("replace", "/cacheClusterSize", "1.6"),
        patch("replace", "/tracingEnabled", "false"),
        patch("replace", "/cacheClusterEnabled", "false"),
        patch("replace", "/documentationVersion", ""),
        patch("replace", "/clientCertificateId", ""),
    ]
    updated = do(update_stage, stageName="prod", patchOperations=operations)
    assert updated["description"] == "new"
    assert updated["variables"] == {"color": "green", "size": "big"}
    assert (updated["cacheClusterSize"], updated["cacheClusterStatus"]) == ("1.6", "NOT_AVAILABLE")
    operations = [
        patch("replace", "/description", ""),
        patch("remove", "/variables/color"),
        patch("remove", "/variables/size"),
    ]
    updated = do(update_stage, stageName="prod", patchOperations=operations)
    assert "description" not in updated
    assert "variables" not in updated


@pytest.mark.parametrize(
    "path",
    [
        "/documentation_version",
        "/tags/tag1",
        "/canarySettings",
        "/canarySettings/badPath",
        "/variables",
        "/webAclArn",
        "/*/*/throttling/unknown",
        "/pets/FETCH/throttling/burstLimit",
        "/metrics/enabled",
        None,
    ],
)
def test_an_unknown_path_is_an_invalid_method_setting(refused: Refused, path: str | None) -> None:
    answer = refused(update_stage, stageName="prod", patchOperations=[patch("replace", path, "x")])
    message = f"Invalid method setting path: {'null' if path is None else path}. Must be one of: [{PATHS}]"
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    "path",
    [
        "/*/*",
        "/pets/GET",
        "/*/*/throttling/rateLimit",
        "/accessLogSettings",
        "/accessLogSettings/randomValue",
        "/accessLogSettings/destinationArn",
        "/canarySettings",
        "/canarySettings/stageVariableOverrides",
        "/canarySettings/stageVariableOverrides/color",
        "/canarySettings/badPath",
        "/variables/unset",
        "/description",
    ],
)
def test_what_is_not_set_cannot_be_removed(refused: Refused, path: str) -> None:
    answer = refused(update_stage, stageName="prod", patchOperations=[patch("remove", path)])
    message = f"Cannot remove method setting {path[1:]} because there is no method setting for this method "
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            patch("add", "/canarySettings/deploymentId", "000001"),
            "Invalid add operation with path: /canarySettings/deploymentId",
        ),
        (patch("move", "/description"), "Invalid move operation with path: /description"),
        ({"path": "/description"}, "Invalid null operation with path: /description"),
        (patch("test", "/description"), "Invalid test operation with path: /description"),
        (patch("add", "/accessLogSettings", "x"), LOG_PATHS),
        (patch("replace", "/accessLogSettings", "x"), LOG_PATHS),
        (patch("replace", "/accessLogSettings/*", "x"), LOG_PATHS),
        (patch("replace", "/accessLogSettings/format", ""), "Access Log value must not be empty"),
        (patch("add", "/accessLogSettings/destinationArn"), "Access Log value must not be empty"),
        (
            patch("replace", "/accessLogSettings/format", "$context.status"),
            "Access Log format must include either $context.requestId or $context.extendedRequestId",
        ),
        (
            patch("replace", "/accessLogSettings/destinationArn", "arn:aws:s3:::bucket"),
            "The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream",
        ),
        (
            patch(
                "replace",
                "/accessLogSettings/destinationArn",
                "arn:aws:firehose:us-east-1:111122223333:deliverystream/pets",
            ),
            "Kinesis Firehose delivery stream name must begin with the characters 'amazon-apigateway-'",
        ),
        (
            patch("replace", "/accessLogSettings/destinationArn", f"{LOG_GROUP}:*"),
            "Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '/', '.': 'pets:*'",
        ),
        (patch("replace", "/documentationVersion", "v1"), "Invalid Documentation version specified"),
        (
            patch("replace", "/cacheClusterSize", "2"),
            "Invalid cache cluster size '2', must be one of: [0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237]",
        ),
        (
            patch("replace", "/variables/a-b", "x"),
            "Invalid stage variable name: a-b. Please use names with only word characters.",
        ),
        (patch("replace", "/canarySettings/deploymentId", "zzzzzz"), "Deployment id does not exist"),
        (
            patch("replace", "/canarySettings/percentTraffic", "half"),
            "Invalid percentTraffic 'half', must be a number between 0.0 and 100.0",
        ),
        (
            patch("replace", "/canarySettings/percentTraffic", "101"),
            "Invalid percentTraffic 101.0, must be between 0.0 and 100.0",
        ),
    ],
)
def test_bad_operations_are_refused(refused: Refused, operation: dict[str, Any], message: str) -> None:
    answer = refused(update_stage, stageName="prod", patchOperations=[operation])
    assert answer == ("BadRequestException", 400, message)


def test_a_stage_cannot_move_to_a_deployment_that_is_not_there(refused: Refused) -> None:
    operations = [patch("replace", "/deploymentId", "zzzzzz")]
    answer = refused(update_stage, stageName="prod", patchOperations=operations)
    assert answer == ("NotFoundException", 404, "Invalid Deployment identifier specified")


def test_a_failed_list_changes_nothing(do: Do, refused: Refused) -> None:
    before = do(get_stage, stageName="prod")
    operations = [patch("replace", "/description", "new"), patch("remove", "/*/*")]
    refused(update_stage, stageName="prod", patchOperations=operations)
    assert do(get_stage, stageName="prod") == before


class TestCanary:
    def test_the_first_patch_makes_it(self, do: Do) -> None:
        operations = [patch("replace", "/canarySettings/deploymentId", "000001")]
        updated = do(update_stage, stageName="prod", patchOperations=operations)
        assert updated["canarySettings"] == {
            "deploymentId": "000001",
            "percentTraffic": 0.0,
            "useStageCache": False,
        }
        assert updated["deploymentId"] == "000000"

    def test_its_members_are_set_and_the_whole_removed(self, do: Do) -> None:
        operations = [
            patch("replace", "/canarySettings/useStageCache", "true"),
            patch("replace", "/canarySettings/stageVariableOverrides/color", "blue"),
            patch("replace", "/canarySettings/stageVariableOverrides/size", "big"),
            patch("remove", "/canarySettings/stageVariableOverrides/size"),
        ]
        updated = do(update_stage, stageName="prod", patchOperations=operations)
        assert updated["canarySettings"] == {
            "deploymentId": "000000",
            "percentTraffic": 0.0,
            "useStageCache": True,
            "stageVariableOverrides": {"color": "blue"},
        }
        operations = [patch("remove", "/canarySettings/stageVariableOverrides/color")]
        updated = do(update_stage, stageName="prod", patchOperations=operations)
        assert "stageVariableOverrides" not in updated["canarySettings"]
        operations = [patch("remove", "/canarySettings")]
        assert "canarySettings" not in do(update_stage, stageName="prod", patchOperations=operations)

    def test_promotion_merges_the_overrides(self, do: Do) -> None:
        operations = [
            patch("replace", "/canarySettings/deploymentId", "000001"),
            patch("replace", "/canarySettings/stageVariableOverrides/size", "big"),
            patch("replace", "/canarySettings/percentTraffic", "99.99"),
        ]
        do(update_stage, stageName="prod", patchOperations=operations)
        promoted = do(
            update_stage,
            stageName="prod",
            patchOperations=[
                patch("replace", "/canarySettings/percentTraffic", "0.0"),
                patch("copy", "/variables", source="/canarySettings/stageVariableOverrides"),
                patch("copy", "/deploymentId", source="/canarySettings/deploymentId"),
            ],
        )
        assert promoted["deploymentId"] == "000001"
        assert promoted["variables"] == {"color": "green", "size": "big"}
        assert promoted["canarySettings"] == {
            "deploymentId": "000001",
            "percentTraffic": 0.0,
            "stageVariableOverrides": {"size": "big"},
            "useStageCache": False,
        }

    def test_promoting_a_canary_made_by_the_same_list_changes_nothing(self, do: Do) -> None:
        operations = [
            patch("replace", "/canarySettings/percentTraffic", "0.0"),
            patch("copy", "/variables", source="/canarySettings/stageVariableOverrides"),
            patch("copy", "/deploymentId", source="/canarySettings/deploymentId"),
        ]
        promoted = do(update_stage, stageName="prod", patchOperations=operations)
        assert promoted["deploymentId"] == "000000"
        assert promoted["variables"] == {"color": "green"}

    def test_without_a_canary_there_is_no_promotion(self, refused: Refused) -> None:
        operations = [patch("copy", "/deploymentId", source="/canarySettings/deploymentId")]
        answer = refused(update_stage, stageName="prod", patchOperations=operations)
        assert answer == ("BadRequestException", 400, "Promotion not available. Canary does not exist.")

    @pytest.mark.parametrize(
        ("path", "source"),
        [
            ("/description", "/canarySettings/deploymentId"),
            ("/deploymentId", "/variables"),
            ("/deploymentId", None),
            ("/description", None),
            ("/deploymentId", "/canarySettings/stageVariableOverrides"),
            ("/variables", "/canarySettings/deploymentId"),
        ],
    )
    def test_only_the_canary_can_be_copied(self, refused: Refused, path: str, source: str | None) -> None:
        operations = [patch("copy", path, source=source)]
        message = (
            f"Invalid copy operation with path: {path} and from {source or 'null'}. Valid copy:path are "
            "[/deploymentId, /variables] and valid copy:from are "
            "[/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
        )
        answer = refused(update_stage, stageName="prod", patchOperations=operations)
        assert answer == ("BadRequestException", 400, message)
