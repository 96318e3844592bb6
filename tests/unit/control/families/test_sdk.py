"""GetSdk, GetSdkType, GetSdkTypes: what is asked for, and what is generated."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from tests.support.exported_api import OK, Draft
from tests.support.patches import shown

from .conftest import Refused

ANDROID = {"groupId": "g", "invokerPackage": "i", "artifactId": "a", "artifactVersion": "v"}


@pytest.fixture(scope="module")
def served(client: Any) -> dict[str, str]:
    draft = Draft(client)
    client.put_integration(**draft.method("/pets", "GET"), type="MOCK", requestTemplates=OK)
    client.create_deployment(restApiId=draft.id, stageName="prod")
    return {"restApiId": draft.id, "stageName": "prod"}


def test_the_types_are_amazons_and_ours(client: Any) -> None:
    types = {one["id"]: one for one in client.get_sdk_types()["items"]}
    amazons = {"android", "java", "javascript", "objectivec", "ruby", "swift"}
    assert set(types) == amazons | {"python", "typescript"}
    assert types["javascript"] == {"id": "javascript", "friendlyName": "JavaScript", "description": ""}
    assert shown(client.get_sdk_type(id="java")) == types["java"]
    properties = {one["name"]: one for one in types["java"]["configurationProperties"]}
    assert [name for name, one in properties.items() if one["required"]] == [
        "service.name",
        "java.package-name",
    ]
    assert properties["java.artifact-version"]["defaultValue"] == "1.0-SNAPSHOT"


@pytest.mark.parametrize(
    ("kind", "file"), [("javascript", "index.js"), ("typescript", "index.d.ts"), ("python", "mine/client.py")]
)
def test_a_package_comes_as_a_zip(client: Any, served: dict[str, str], kind: str, file: str) -> None:
    parameters = {"packageName": "mine", "packageVersion": "2.0.0", "baseUrl": "http://pets.local/"}
    answer = client.get_sdk(**served, sdkType=kind, parameters=parameters)
    assert answer["contentType"] == "application/octet-stream"
    name = rf'attachment; filename="{kind}_\d{{4}}-\d\d-\d\d_\d\d-\d\dZ\.zip"'
    assert re.fullmatch(name, answer["contentDisposition"])
    with zipfile.ZipFile(io.BytesIO(answer["body"].read())) as zipped:
        assert file in zipped.namelist()
        text = "".join(zipped.read(one).decode() for one in zipped.namelist())
    assert '"http://pets.local"' in text
    assert "2.0.0" in text


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (
            "android",
            {"groupId": "g"},
            "Missing required parameters for SDK type 'android': invokerPackage, artifactId, artifactVersion",
        ),
        ("swift", {"classPrefix": ""}, "Missing required parameters for SDK type 'swift': classPrefix"),
        ("python", {"packageName": "A"}, "packageName 'A' must be lower case"),
        ("javascript", {"x": "1"}, "Unknown SDK parameter 'x'."),
        *(
            (
                kind,
                parameters,
                f"Gatewright generates no SDK of type '{kind}', only javascript, python, typescript.",
            )
            for kind, parameters in (
                ("android", ANDROID),
                ("objectivec", {"classPrefix": "P"}),
                ("swift", {"classPrefix": "P"}),
                ("java", {"serviceName": "s", "javaPackageName": "p"}),
                ("java", {"service.name": "s", "java.package-name": "p"}),
                ("ruby", {"service.name": "s"}),
            )
        ),
    ],
)
def test_what_is_not_generated_is_refused(
    client: Any,
    served: dict[str, str],
    refused: Refused,
    kind: str,
    parameters: dict[str, str],
    message: str,
) -> None:
    code, answer = refused(client.get_sdk, **served, sdkType=kind, parameters=parameters)
    assert code == "BadRequestException"
    assert answer.startswith(message)


def test_what_is_not_there(client: Any, served: dict[str, str], refused: Refused) -> None:
    code, message = refused(client.get_sdk, **served, sdkType="cobol")
    assert (code, message[:41]) == ("NotFoundException", "Invalid SDK type specified: cobol. Valid ")
    assert refused(client.get_sdk_type, id="cobol")[0] == "NotFoundException"
    answer = refused(client.get_sdk, **{**served, "stageName": "none"}, sdkType="python")
    assert answer == ("NotFoundException", "Invalid stage identifier specified")
