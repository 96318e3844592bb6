"""Lambda's management as boto3 and Terraform drive it, on a node that runs the functions."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright
from tests.support.waiting import until

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
SOURCE = """
import os
def handler(event, context):
    print("seen:", event)
    if event == "fail":
        raise ValueError("as asked")
    custom = context.client_context.custom if context.client_context else None
    return [event, VERSION, os.environ.get("NAME"), custom, context.invoked_function_arn]
"""
NAMES = count()


def zipped(version: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), f"VERSION = {version}\n{SOURCE}")
    return content.getvalue()


@pytest.fixture(scope="module")
def client(dev: Gatewright) -> Iterator[Any]:
    client = dev.client("lambda")
    yield client
    client.close()


@pytest.fixture
def name(client: Any) -> Iterator[str]:
    """A function of this test's own; gone at its end."""
    name = f"managed-{next(NAMES)}"
    client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped(1)},
        Environment={"Variables": {"NAME": "one"}},
        Timeout=20,
    )
    yield name
    try:
        client.delete_function(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        pass


def arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def call(client: Any, name: str, event: Any, **options: Any) -> Any:
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **options)
    assert "FunctionError" not in answer, answer["Payload"].read()
    return json.loads(answer["Payload"].read())


def test_invoke_answers_result_version_and_log(client: Any, name: str) -> None:
    context = base64.b64encode(b'{"custom": {"a": "b"}}').decode()
    answer = client.invoke(FunctionName=name, Payload=b'{"x": 1}', LogType="Tail", ClientContext=context)
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert json.loads(answer["Payload"].read()) == [{"x": 1}, 1, "one", {"a": "b"}, arn(name)]
    assert b"seen: {'x': 1}" in base64.b64decode(answer["LogResult"])


def test_code_that_no_version_has_any_more_leaves_the_disk(dev: Gatewright, client: Any, name: str) -> None:
    unpacked = dev.data_dir / "functions"
    first, second = (hashlib.sha256(content).hexdigest() for content in (zipped(101), zipped(102)))
    client.update_function_code(FunctionName=name, ZipFile=zipped(101))
    assert call(client, name, 1)[1] == 101
    assert (unpacked / first).is_dir()
    client.update_function_code(FunctionName=name, ZipFile=zipped(102))
    assert call(client, name, 1)[1] == 102
    until(lambda: not (unpacked / first).exists(), "the replaced code is removed")
    assert (unpacked / second).is_dir()
    client.delete_function(FunctionName=name)
    until(lambda: not list(unpacked.glob(f"*{second}*")), "the deleted function's code is removed")


def test_invoke_without_an_answer(client: Any, name: str) -> None:
    event = client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    assert (event["StatusCode"], event["Payload"].read()) == (202, b"")
    dry = client.invoke(FunctionName=name, InvocationType="DryRun")
    assert (dry["StatusCode"], dry["Payload"].read()) == (204, b"")


def test_a_functions_failure_is_an_answer(client: Any, name: str) -> None:
    answer = client.invoke(FunctionName=name, Payload=b'"fail"')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.loads(answer["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "as asked")


@pytest.mark.parametrize(
    ("options", "code", "status"),
    [
        ({"FunctionName": "no-such-function"}, "ResourceNotFoundException", 404),
        ({"Qualifier": "no-such-alias"}, "ResourceNotFoundException", 404),
        ({"Payload": b"no json"}, "InvalidRequestContentException", 400),
        ({"ClientContext": "no base64!"}, "InvalidRequestContentException", 400),
        ({"Payload": b'"' + b"x" * 6_291_456 + b'"'}, "RequestEntityTooLargeException", 413),
        (
            {"InvocationType": "Event", "Payload": b'"' + b"x" * 1_048_576 + b'"'},
            "RequestEntityTooLargeException",
            413,
        ),
        ({"TenantId": "somebody"}, "InvalidParameterValueException", 400),
    ],
)
def test_what_cannot_be_invoked(
    client: Any, name: str, options: dict[str, Any], code: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        client.invoke(**{"FunctionName": name, **options})
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_updates_are_served_and_versions_are_not(client: Any, name: str) -> None:
    assert call(client, name, 0)[1:3] == [1, "one"]
    assert client.publish_version(FunctionName=name)["Version"] == "1"
    client.update_function_code(FunctionName=name, ZipFile=zipped(2))
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"NAME": "two"}})
    assert call(client, name, 0)[1:3] == [2, "two"]
    assert call(client, name, 0, Qualifier="1")[1:3] == [1, "one"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert call(client, name, 0, Qualifier="live")[1] == 1
    client.publish_version(FunctionName=name)
    client.update_alias(
        FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}}
    )
    answer = client.invoke(FunctionName=f"{name}:live", Payload=b"0")
    assert answer["ExecutedVersion"] == "2"
    assert json.loads(answer["Payload"].read())[1:] == [2, "two", None, f"{arn(name)}:live"]


def test_errors_are_boto3s_own_classes(client: Any, name: str) -> None:
    with pytest.raises(client.exceptions.ResourceConflictException, match="Function already exist: "):
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": zipped(1)},
        )
    with pytest.raises(client.exceptions.PreconditionFailedException) as outdated:
        client.publish_version(FunctionName=name, RevisionId="old")
    assert outdated.value.response["Type"] == "User"
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="Function not found: "):
        client.get_function(FunctionName="no-such-function")
    with pytest.raises(ClientError, match=r"ValidationException.*at 'role'"):
        client.update_function_configuration(FunctionName=name, Role="nobody")


def test_listings_are_paged_for_paginators(client: Any, name: str) -> None:
    for version in range(2, 5):
        client.update_function_code(FunctionName=name, ZipFile=zipped(version), Publish=True)
    pages = client.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 2}
    )
    listed = [[version["Version"] for version in page["Versions"]] for page in pages]
    assert listed == [["$LATEST", "1"], ["2", "3"]]
    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
    assert name in [function["FunctionName"] for page in pages for function in page["Functions"]]


def terraform_reads(client: Any, name: str) -> dict[str, Any]:
    """What aws_lambda_function, aws_lambda_alias and aws_lambda_permission read of a function."""
    read = {
        "function": client.get_function(FunctionName=name),
        "versions": client.list_versions_by_function(FunctionName=name),
        "signing": client.get_function_code_signing_config(FunctionName=name),
        "alias": client.get_alias(FunctionName=name, Name="live"),
        "policy": client.get_policy(FunctionName=name, Qualifier="live"),
    }
    for answer in read.values():
        del answer["ResponseMetadata"]
    return read


def test_terraform_finds_what_it_wrote(client: Any) -> None:
    name = "terraformed"
    given = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": ROLE,
        "Description": "",
        "MemorySize": 128,
        "Timeout": 3,
        "PackageType": "Zip",
        "Architectures": client.create_function(
            FunctionName="probe",
            Runtime="python3.12",
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": zipped(1)},
        )["Architectures"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "Environment": {"Variables": {"NAME": "one"}},
    }
    client.delete_function(FunctionName="probe")
    client.create_function(**given, Code={"ZipFile": zipped(1)}, Publish=True, Tags={"by": "terraform"})
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="")
    client.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:a1b2c3d4e5/*",
    )
    first = terraform_reads(client, name)
    assert first == terraform_reads(client, name)
    assert first["function"]["Configuration"].items() >= given.items()
    assert first["function"]["Tags"] == {"by": "terraform"}
    assert first["signing"] == {}

    client.update_function_configuration(FunctionName=name, Timeout=30, Environment={"Variables": {}})
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=zipped(2))
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert client.publish_version(FunctionName=name)["Version"] == "2"
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig={})
    client.tag_resource(Resource=arn(name), Tags={"by": "hand"})
    client.untag_resource(Resource=arn(name), TagKeys=["by"])
    second = terraform_reads(client, name)
    assert second == terraform_reads(client, name)
    assert second["function"]["Configuration"]["Timeout"] == 30
    assert "Tags" not in second["function"]
    assert [version["Version"] for version in second["versions"]["Versions"]] == ["$LATEST", "1", "2"]
    assert second["alias"]["FunctionVersion"] == "2"
    assert second["policy"]["Policy"] == first["policy"]["Policy"]

    client.remove_permission(FunctionName=name, Qualifier="live", StatementId="api")
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_function(FunctionName=name)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=name)


def test_a_directory_is_served_as_it_changes(client: Any, tmp_path: Path) -> None:
    name = "reloaded"
    code = tmp_path / "app.py"
    code.write_text("handler = lambda event, context: 'before'")
    client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role=ROLE,
        Code={"S3Bucket": "hot-reload", "S3Key": str(tmp_path)},
    )
    assert call(client, name, None) == "before"
    location = client.get_function(FunctionName=name)["Code"]["Location"]
    assert location == f"file://{tmp_path}"
    code.write_text("handler = lambda event, context: 'after'")
    give_up = time.monotonic() + BOUND
    while call(client, name, None) != "after":
        assert time.monotonic() < give_up, "the change was not picked up"
    client.delete_function(FunctionName=name)


def test_invoke_is_answered_under_the_id_that_the_function_sees(client: Any, name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return context.aws_request_id")
    client.update_function_code(FunctionName=name, ZipFile=content.getvalue())
    answer = client.invoke(FunctionName=name, LogType="Tail")
    seen = json.loads(answer["Payload"].read())
    assert answer["ResponseMetadata"]["RequestId"] == seen
    assert f"START RequestId: {seen}".encode() in base64.b64decode(answer["LogResult"])
    event = client.invoke(FunctionName=name, InvocationType="Event")
    assert event["ResponseMetadata"]["RequestId"] not in ("", seen)


def test_what_no_instance_sees_restarts_none(client: Any, name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "import os\ndef handler(event, context): return os.getpid()")
    client.update_function_code(FunctionName=name, ZipFile=content.getvalue())
    pid = call(client, name, 0)
    client.add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    client.tag_resource(Resource=arn(name), Tags={"team": "pets"})
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Description="the same")
    assert call(client, name, 0) == pid
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"NAME": "other"}})
    assert call(client, name, 0) != pid
