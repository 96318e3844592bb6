"""Settings: what is checked, what is refused because nothing would enforce it, and how they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import Do

from gatewright.control.lambda_api.configuration import (
    get_function_configuration,
    update_function_configuration,
)
from gatewright.control.lambda_api.settings import ARCHITECTURE

INVALID = ("InvalidParameterValueException", 400)
OTHER_ARCHITECTURE = "arm64" if ARCHITECTURE == "x86_64" else "x86_64"


def test_settings_are_kept_and_answered(do: Do, create: Callable[..., Any]) -> None:
    given: dict[str, Any] = {
        "Description": "Creates pets",
        "Timeout": 900,
        "MemorySize": 10_240,
        "Environment": {"Variables": {"TABLE": "pets", "empty_one": ""}},
    }
    configuration = create(**given)
    assert configuration.items() >= given.items()
    assert do(get_function_configuration) == configuration


def test_defaults_may_be_given_as_terraform_and_consoles_do(create: Callable[..., Any]) -> None:
    given = {
        "PackageType": "Zip",
        "Architectures": [ARCHITECTURE],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/pets", "SystemLogLevel": ""},
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False},
        "DeadLetterConfig": {"TargetArn": ""},
        "Layers": [],
        "FileSystemConfigs": [],
        "KMSKeyArn": "",
    }
    plain = create(FunctionName="plain")
    configuration = create(**given)
    for own in ("FunctionName", "FunctionArn", "RevisionId", "LoggingConfig"):
        plain.pop(own)
        configuration.pop(own)
    assert configuration == plain


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("VpcConfig", {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []}),
        ("Layers", ["arn:aws:lambda:eu-west-1:111122223333:layer:tools:1"]),
        ("FileSystemConfigs", [{"Arn": "arn:aws:elasticfilesystem:…", "LocalMountPath": "/mnt/x"}]),
        ("DeadLetterConfig", {"TargetArn": "arn:aws:sqs:eu-west-1:111122223333:dead"}),
        ("TracingConfig", {"Mode": "Active"}),
        ("PackageType", "Image"),
        ("ImageConfig", {"Command": ["run"]}),
        ("SnapStart", {"ApplyOn": "PublishedVersions"}),
        ("KMSKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/1"),
        ("EphemeralStorage", {"Size": 1024}),
        ("Architectures", [OTHER_ARCHITECTURE]),
        ("CodeSigningConfigArn", "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1"),
        ("DurableConfig", {"ExecutionTimeout": 60}),
        ("TenancyConfig", {"TenantIsolationMode": "PER_TENANT"}),
        ("LoggingConfig", {"LogFormat": "JSON"}),
        ("LoggingConfig", {"LogGroup": "/elsewhere"}),
        ("SomethingNew", True),
    ],
)
def test_what_would_not_be_enforced_is_refused_by_name(
    refused_create: Callable[..., Any], member: str, value: Any
) -> None:
    *kind, message = refused_create(**{member: value})
    assert tuple(kind) == INVALID
    assert message.startswith(member)
    assert "not supported by Gatewright" in message


@pytest.mark.parametrize(
    ("member", "value", "at", "constraint"),
    [
        ("Timeout", 0, "timeout", "greater than or equal to 1"),
        ("Timeout", 901, "timeout", "less than or equal to 900"),
        ("MemorySize", 127, "memorySize", "greater than or equal to 128"),
        ("MemorySize", 10_241, "memorySize", "less than or equal to 10240"),
    ],
)
def test_numbers_are_bounded(
    refused_create: Callable[..., Any], member: str, value: int, at: str, constraint: str
) -> None:
    assert refused_create(**{member: value}) == (
        "ValidationException",
        400,
        f"1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: Member must "
        f"have value {constraint}",
    )


def test_reserved_variables_are_refused_together(refused_create: Callable[..., Any]) -> None:
    variables = {"AWS_REGION": "x", "FINE": "y", "_HANDLER": "z", "AWS_ACCESS_KEY_ID": "k"}
    assert refused_create(Environment={"Variables": variables}) == (
        *INVALID,
        "Lambda was unable to configure your environment variables because the environment variables you "
        "have provided contains reserved keys that are currently not supported for modification. Reserved "
        "keys used in this request: AWS_ACCESS_KEY_ID, AWS_REGION, _HANDLER",
    )


@pytest.mark.parametrize("name", ["1ST", "A", "with-dash", "", "ümlaut", "NAME\n"])
def test_variables_have_names_a_shell_can_set(refused_create: Callable[..., Any], name: str) -> None:
    code, status, message = refused_create(Environment={"Variables": {name: "x"}})
    assert (code, status) == ("ValidationException", 400)
    assert "'environment.variables'" in message


def test_variables_are_bounded_and_never_told(refused_create: Callable[..., Any]) -> None:
    *kind, message = refused_create(Environment={"Variables": {"SECRET": "s3cr3t" * 800}})
    assert tuple(kind) == INVALID
    assert "4KB limit" in message
    assert "s3cr3t" not in message
    assert refused_create(Environment={"Variables": {"NUL": "a\0b"}})[:2] == INVALID


@pytest.mark.parametrize(
    ("runtime", "words"),
    [
        ("python9.9", "Value python9.9 at 'runtime' failed to satisfy constraint"),
        ("java21", "Runtime java21 is not supported"),
        ("go1.x", "Runtime go1.x is not supported"),
    ],
)
def test_runtimes_that_cannot_run_here_are_refused(
    refused_create: Callable[..., Any], runtime: str, words: str
) -> None:
    *kind, message = refused_create(Runtime=runtime)
    assert tuple(kind) == INVALID
    assert words in message


@pytest.mark.parametrize("missing", ["Runtime", "Handler"])
def test_a_zip_needs_runtime_and_handler(refused_create: Callable[..., Any], missing: str) -> None:
    message = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    assert refused_create(**{missing: None}) == (*INVALID, message)


def test_an_update_changes_what_it_names(do: Do, create: Callable[..., Any]) -> None:
    before = create(Description="old", Environment={"Variables": {"KEEP": "me"}})
    after = do(
        update_function_configuration, Timeout=10, Handler="app.other", RevisionId=before["RevisionId"]
    )
    changed = {member for member in after if after[member] != before[member]}
    assert changed == {"Timeout", "Handler", "RevisionId"}
    assert do(get_function_configuration) == after


def test_an_update_can_empty_what_was_set(do: Do, create: Callable[..., Any]) -> None:
    create(Description="old", Environment={"Variables": {"DROP": "me"}})
    after = do(update_function_configuration, Description="", Environment={"Variables": {}})
    assert (after["Description"], after["Environment"]) == ("", {"Variables": {}})


def test_an_update_is_checked_like_a_creation(
    do: Do, create: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    before = create()
    assert refused(update_function_configuration, Runtime="java21")[:2] == INVALID
    assert refused(update_function_configuration, Timeout=1000)[0] == "ValidationException"
    assert refused(update_function_configuration, TracingConfig={"Mode": "Active"})[:2] == INVALID
    assert refused(update_function_configuration, RevisionId="old")[:2] == (
        "PreconditionFailedException",
        412,
    )
    assert refused(update_function_configuration, FunctionName="pets:$LATEST")[:2] == INVALID
    assert refused(update_function_configuration, FunctionName="none")[0] == "ResourceNotFoundException"
    assert do(get_function_configuration) == before
