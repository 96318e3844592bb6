"""CreateFunction, GetFunction, ListFunctions, ListVersionsByFunction, DeleteFunction."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.control.lambda_api.conftest import ROLE, Do, zipped

from gatewright.control.lambda_api.aliases import create_alias, get_alias
from gatewright.control.lambda_api.code import update_function_code
from gatewright.control.lambda_api.functions import (
    create_function,
    delete_function,
    get_function,
    list_functions,
    list_versions_by_function,
)
from gatewright.control.lambda_api.settings import ARCHITECTURE
from gatewright.control.lambda_api.versions import publish_version

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:pets"
INVALID = ("InvalidParameterValueException", 400)
MISSING = ("ResourceNotFoundException", 404)


def test_a_new_function_is_active_with_lambdas_defaults(create: Callable[..., Any]) -> None:
    content = zipped()
    configuration = create(Code={"ZipFile": content})
    assert uuid.UUID(configuration.pop("RevisionId")).version == 4
    assert configuration == {
        "FunctionName": "pets",
        "FunctionArn": ARN,
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "app.handler",
        "CodeSize": len(content),
        "CodeSha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2023-11-14T22:13:20.750+0000",
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [ARCHITECTURE],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/pets"},
    }


def test_get_function_answers_what_create_answered(do: Do, create: Callable[..., Any]) -> None:
    configuration = create(Tags={"team": "pets"})
    assert do(get_function) == {
        "Configuration": configuration,
        "Code": {"RepositoryType": "S3"},
        "Tags": {"team": "pets"},
    }


@pytest.mark.parametrize("name", ["pets", "111122223333:function:pets", ARN])
def test_a_function_goes_by_name_partial_and_full_arn(do: Do, create: Callable[..., Any], name: str) -> None:
    create()
    assert do(get_function, FunctionName=name)["Configuration"]["FunctionArn"] == ARN


def test_the_answer_names_the_function_as_it_was_asked_for(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    do(create_alias, Name="live", FunctionVersion="1")
    for qualifier, version in (("$LATEST", "$LATEST"), ("1", "1"), ("live", "1")):
        configuration = do(get_function, Qualifier=qualifier)["Configuration"]
        assert configuration["FunctionArn"] == f"{ARN}:{qualifier}"
        assert configuration["Version"] == version


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({}, MISSING, f"Function not found: {ARN}"),
        ({"Qualifier": "$LATEST"}, MISSING, f"Function not found: {ARN}:$LATEST"),
        ({"Qualifier": "7"}, MISSING, f"Function not found: {ARN}:7"),
        ({"Qualifier": "live"}, MISSING, f"Function not found: {ARN}:live"),
        (
            {"FunctionName": ARN.replace("eu-west-1", "us-east-1")},
            MISSING,
            "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
        ),
        (
            {"FunctionName": f"{ARN}:1", "Qualifier": "2"},
            INVALID,
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
    ],
)
def test_what_is_not_there_is_named(
    refused: Callable[..., Any], params: dict[str, Any], code: tuple[str, int], message: str
) -> None:
    assert refused(get_function, **params) == (*code, message)


def test_another_accounts_function_is_out_of_reach(refused: Callable[..., Any]) -> None:
    code, status, message = refused(get_function, FunctionName=ARN.replace("111122223333", "444455556666"))
    assert (code, status) == ("AccessDeniedException", 403)
    assert "444455556666" in message


def test_a_name_is_taken_once(create: Callable[..., Any], refused_create: Callable[..., Any]) -> None:
    create()
    assert refused_create() == ("ResourceConflictException", 409, "Function already exist: pets")


def test_publish_on_create_answers_version_1_under_the_functions_own_arn(
    do: Do, create: Callable[..., Any]
) -> None:
    configuration = create(Publish=True)
    assert (configuration["Version"], configuration["FunctionArn"]) == ("1", ARN)
    assert do(get_function)["Configuration"]["Version"] == "$LATEST"


def test_functions_are_listed_in_pages_by_name(do: Do, create: Callable[..., Any]) -> None:
    for name in ("c", "a", "b"):
        create(FunctionName=name)
    first = do(list_functions, MaxItems=2)
    assert [each["FunctionName"] for each in first["Functions"]] == ["a", "b"]
    do(delete_function, FunctionName="b")
    second = do(list_functions, MaxItems=2, Marker=first["NextMarker"])
    assert [each["FunctionName"] for each in second["Functions"]] == ["c"]
    assert "NextMarker" not in second


def test_listings_leave_the_state_out(do: Do, create: Callable[..., Any]) -> None:
    configuration = create()
    del configuration["State"], configuration["LastUpdateStatus"]
    assert do(list_functions) == {"Functions": [configuration]}


@pytest.mark.parametrize("marker", ["no base64!", "YWJj", "_w=="])
def test_a_marker_of_ones_own_making_is_refused(refused: Callable[..., Any], marker: str) -> None:
    code, status, message = refused(list_functions, Marker=marker)
    assert (code, status) == INVALID
    assert marker in message


def test_versions_are_listed_after_latest_by_number(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    for number in range(2, 12):
        do(update_function_code, ZipFile=zipped(f"{number}"), Publish=True)
    numbers = ["$LATEST", *map(str, range(1, 12))]
    listed = do(list_versions_by_function)["Versions"]
    assert [each["Version"] for each in listed] == numbers
    assert [each["FunctionArn"] for each in listed] == [f"{ARN}:{number}" for number in numbers]
    everything = do(list_functions, FunctionVersion="ALL", MaxItems=5)
    rest = do(list_functions, FunctionVersion="ALL", Marker=everything["NextMarker"])
    assert [*everything["Functions"], *rest["Functions"]] == listed


def test_a_deleted_function_takes_versions_and_aliases_along(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    do(create_alias, Name="live", FunctionVersion="1")
    assert do(delete_function) == {"StatusCode": 204}
    create()
    assert [each["Version"] for each in do(list_versions_by_function)["Versions"]] == ["$LATEST"]
    assert do(publish_version)["Version"] == "1"


def test_a_deleted_name_leaves_longer_names_alone(do: Do, create: Callable[..., Any]) -> None:
    create()
    create(FunctionName="pets-2", Publish=True)
    do(delete_function)
    assert do(get_function, FunctionName="pets-2", Qualifier="1")["Configuration"]["Version"] == "1"


def test_a_version_an_alias_uses_cannot_be_deleted(
    do: Do, create: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    create(Publish=True)
    do(update_function_code, ZipFile=zipped("2"), Publish=True)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    do(create_alias, Name="live", FunctionVersion="1", RoutingConfig=routing)
    for version in ("1", "2"):
        assert refused(delete_function, Qualifier=version) == (
            "ResourceConflictException",
            409,
            "Unable to delete version because the following aliases reference it: [live]",
        )


def test_a_version_is_deleted_alone(do: Do, create: Callable[..., Any]) -> None:
    create(Publish=True)
    do(delete_function, Qualifier="1")
    do(delete_function, Qualifier="1")
    assert [each["Version"] for each in do(list_versions_by_function)["Versions"]] == ["$LATEST"]


def test_delete_refuses_latest_aliases_and_what_is_not_there(
    do: Do, create: Callable[..., Any], refused: Callable[..., Any]
) -> None:
    assert refused(delete_function) == (*MISSING, f"Function not found: {ARN}")
    assert refused(delete_function, Qualifier="3") == (*MISSING, f"Function not found: {ARN}")
    create(Publish=True)
    do(create_alias, Name="live", FunctionVersion="1")
    latest = "$LATEST version cannot be deleted without deleting the function."
    assert refused(delete_function, Qualifier="$LATEST") == (*INVALID, latest)
    alias = "Deletion of functions via alias is not currently supported."
    assert refused(delete_function, Qualifier="live") == (*INVALID, alias)
    assert do(get_alias, Name="live")["FunctionVersion"] == "1"


def test_a_qualified_name_cannot_be_created(refused: Callable[..., Any]) -> None:
    code, status, _ = refused(create_function, FunctionName="pets:1", Role=ROLE, Code={"ZipFile": zipped()})
    assert (code, status) == INVALID
