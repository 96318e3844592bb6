"""PublishVersion: frozen, numbered once, and only when something changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.control.lambda_api.conftest import Do, zipped

from gatewright.control.lambda_api.code import update_function_code
from gatewright.control.lambda_api.configuration import (
    get_function_configuration,
    update_function_configuration,
)
from gatewright.control.lambda_api.functions import delete_function
from gatewright.control.lambda_api.policy import add_permission
from gatewright.control.lambda_api.versions import publish_version

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:pets"
INVALID = ("InvalidParameterValueException", 400)


def test_a_version_is_latest_frozen(do: Do, create: Callable[..., Any]) -> None:
    latest = create(Description="first")
    version = do(publish_version)
    changed = {member for member in version if version[member] != latest[member]}
    assert changed == {"Version", "FunctionArn", "RevisionId"}
    assert (version["Version"], version["FunctionArn"]) == ("1", f"{ARN}:1")
    do(update_function_configuration, Description="second")
    assert do(get_function_configuration, Qualifier="1") == version


def test_a_version_may_have_its_own_description(do: Do, create: Callable[..., Any]) -> None:
    create(Description="of the function")
    assert do(publish_version, Description="of the version")["Description"] == "of the version"
    assert do(get_function_configuration)["Description"] == "of the function"


def test_nothing_changed_publishes_nothing(do: Do, create: Callable[..., Any]) -> None:
    create()
    first = do(publish_version)
    do(update_function_code, ZipFile=zipped())
    do(update_function_configuration, Timeout=3)
    do(
        add_permission,
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    assert do(publish_version) == first
    do(update_function_configuration, Timeout=4)
    assert do(publish_version)["Version"] == "2"


def test_a_number_is_not_used_again(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    do(delete_function, Qualifier="1")
    assert do(publish_version)["Version"] == "2"


def test_an_update_can_publish(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    version = do(update_function_code, ZipFile=zipped("new"), Publish=True)
    assert (version["Version"], version["FunctionArn"]) == ("2", f"{ARN}:2")
    assert do(get_function_configuration)["CodeSha256"] == version["CodeSha256"]
    assert do(get_function_configuration, Qualifier="1")["CodeSha256"] != version["CodeSha256"]


def test_publishing_expects_the_code_and_revision_it_names(
    do: Do, create: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    latest = create()
    sha = latest["CodeSha256"]
    assert refused(publish_version, CodeSha256="other") == (
        *INVALID,
        f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with "
        "the CodeSHA256 in $LATEST.",
    )
    assert refused(publish_version, RevisionId="old")[:2] == ("PreconditionFailedException", 412)
    assert do(publish_version, CodeSha256=sha, RevisionId=latest["RevisionId"])["Version"] == "1"


def test_what_cannot_be_published_is_refused(create: Callable[..., Any], refused: Callable[..., Any]) -> None:
    assert refused(publish_version)[:2] == ("ResourceNotFoundException", 404)
    create(Publish=True)
    assert refused(publish_version, FunctionName="pets:1")[:2] == INVALID
    assert refused(publish_version, PublishTo="LATEST_PUBLISHED")[:2] == INVALID
