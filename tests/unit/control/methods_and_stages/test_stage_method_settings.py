"""A stage's method settings: how entries come to be, what they inherit, which values they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.rest.deployment import create_deployment
from gatewright.control.rest.method_settings import change, setting_at
from gatewright.control.rest.stage import create_stage, get_stage, update_stage

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

DEFAULTS = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


@pytest.fixture(autouse=True)
def stage(do: Do, mock_method: None) -> None:
    do(create_deployment)
    do(create_stage, stageName="prod", deploymentId="000000")


def replace(path: str, value: str | None) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


def settings_after(do: Do, *operations: dict[str, Any]) -> dict[str, Any]:
    updated = do(update_stage, stageName="prod", patchOperations=list(operations))
    assert do(get_stage, stageName="prod") == updated
    settings: dict[str, Any] = updated["methodSettings"]
    return settings


@pytest.mark.parametrize(
    ("suffix", "value", "changed"),
    [
        ("metrics/enabled", "true", {"metricsEnabled": True}),
        ("metrics/enabled", "yes", {}),
        ("logging/loglevel", "OFF", {"loggingLevel": "OFF"}),
        ("logging/dataTrace", "false", {}),
        ("throttling/burstLimit", "5000", {}),
        ("throttling/burstLimit", "-1", {"throttlingBurstLimit": -1}),
        ("throttling/rateLimit", "10000", {}),
        ("throttling/rateLimit", "-1", {"throttlingRateLimit": -1.0}),
        ("caching/enabled", "false", {}),
        ("caching/ttlInSeconds", "3600", {"cacheTtlInSeconds": 3600}),
        ("caching/dataEncrypted", "true", {"cacheDataEncrypted": True}),
        (
            "caching/requireAuthorizationForCacheControl",
            "false",
            {"requireAuthorizationForCacheControl": False},
        ),
        (
            "caching/unauthorizedCacheControlHeaderStrategy",
            "FAIL_WITH_403",
            {"unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403"},
        ),
    ],
)
def test_the_first_write_makes_a_whole_entry(
    do: Do, suffix: str, value: str, changed: dict[str, Any]
) -> None:
    assert settings_after(do, replace(f"/*/*/{suffix}", value)) == {"*/*": {**DEFAULTS, **changed}}


def test_a_method_copies_what_stands_for_all_and_then_goes_its_own_way(do: Do) -> None:
    settings = settings_after(
        do,
        replace("/*/*/caching/ttlInSeconds", "60"),
        replace("/test/GET/metrics/enabled", "true"),
        replace("/*/*/caching/ttlInSeconds", "90"),
    )
    assert settings == {
        "*/*": {**DEFAULTS, "cacheTtlInSeconds": 90},
        "test/GET": {**DEFAULTS, "cacheTtlInSeconds": 60, "metricsEnabled": True},
    }


@pytest.mark.parametrize(
    ("prefix", "key"),
    [
        ("/*/*", "*/*"),
        ("/test/GET", "test/GET"),
        ("/~1pets~1{id}/GET", "~1pets~1{id}/GET"),
        ("/~1/ANY", "~1/ANY"),
        ("/a/b/*", "a/b/*"),
        ("a/b/GET", "a/b/GET"),
        ("/variables/x/HEAD", "variables/x/HEAD"),
    ],
)
def test_a_key_is_kept_as_it_was_sent(do: Do, prefix: str, key: str) -> None:
    settings = settings_after(do, replace(f"{prefix}/metrics/enabled", "true"))
    assert settings == {key: {**DEFAULTS, "metricsEnabled": True}}
    assert settings_after(do, remove(f"/{key}")) == {}


def test_a_removed_entry_starts_anew(do: Do) -> None:
    settings_after(do, replace("/pets/GET/caching/ttlInSeconds", "60"))
    settings = settings_after(do, remove("/pets/GET"), replace("/pets/GET/metrics/enabled", "true"))
    assert settings == {"pets/GET": {**DEFAULTS, "metricsEnabled": True}}


@pytest.mark.parametrize(
    ("suffix", "value", "message"),
    [
        *[
            (
                "caching/ttlInSeconds",
                value,
                "Invalid time-to-live setting, must be an integer no greater than 3600",
            )
            for value in ("3601", "-1", "soon", "", "9" * 5000)
        ],
        (
            "throttling/burstLimit",
            "many",
            "Invalid throttling burst limit setting 'many', must be an integer no less than -1",
        ),
        (
            "throttling/burstLimit",
            "-2",
            "Invalid throttling burst limit setting '-2', must be an integer no less than -1",
        ),
        (
            "throttling/rateLimit",
            "nan",
            "Invalid throttling rate limit setting 'nan', must be a number, or -1",
        ),
        (
            "logging/loglevel",
            "DEBUG",
            "Invalid logging level setting 'DEBUG', must be one of: [OFF, ERROR, INFO]",
        ),
        (
            "caching/unauthorizedCacheControlHeaderStrategy",
            "FAIL",
            "Invalid unauthorizedCacheControlHeaderStrategy setting 'FAIL', must be one of: "
            "[FAIL_WITH_403, SUCCEED_WITH_RESPONSE_HEADER, SUCCEED_WITHOUT_RESPONSE_HEADER]",
        ),
    ],
)
def test_bad_values_are_refused(refused: Refused, suffix: str, value: str, message: str) -> None:
    operations = [replace(f"/*/*/{suffix}", value)]
    answer = refused(update_stage, stageName="prod", patchOperations=operations)
    assert answer == ("BadRequestException", 400, message)


def test_the_recorded_inheritance(do: Do) -> None:
    """Values that stages refuse for now, on the entries themselves."""
    settings: dict[str, Any] = {}
    for path, value in (
        ("/*/*/throttling/burstLimit", "123"),
        ("/*/*/caching/enabled", "true"),
        ("/test/GET/throttling/burstLimit", "124"),
        ("/*/*/throttling/burstLimit", "100"),
    ):
        setting = setting_at(path)
        assert setting is not None
        change(settings, setting, value)
    assert settings == {
        "*/*": {**DEFAULTS, "throttlingBurstLimit": 100, "cachingEnabled": True},
        "test/GET": {**DEFAULTS, "throttlingBurstLimit": 124, "cachingEnabled": True},
    }
