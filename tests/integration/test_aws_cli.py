"""The AWS CLI itself, signing with the profile that a node keeps in its credentials file."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright

X = "x-amazon-apigateway-"
PET = '{"id": "$input.params(\'id\')", "colour": "$stageVariables.colour"}'
REFUSED = 255  # what version 1 of the CLI exits with when the service refuses


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    data = tmp_path_factory.mktemp("cli") / "data"
    node = Gatewright("serve", data, *BOTH_LOCAL, "--workers", "1", *SMALL_STATE)
    yield node.ready()
    node.close()


class Cli:
    """`aws` in a directory of its own, with nothing of this machine's environment."""

    def __init__(self, node: Gatewright, directory: Path) -> None:
        self.directory = directory
        self.environment = {
            "AWS_SHARED_CREDENTIALS_FILE": str(node.data_dir / "credentials"),
            "AWS_CONFIG_FILE": str(directory / "config"),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": node.management_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "awscli", "apigateway", *arguments],
            cwd=self.directory,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=BOUND,
        )

    def __call__(self, *arguments: str) -> Any:
        """What a command that succeeds prints."""
        ran = self.run(*arguments)
        assert (ran.returncode, ran.stderr) == (0, "")
        return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def aws(node: Gatewright, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(node, tmp_path_factory.mktemp("here"))


def document() -> dict[str, Any]:
    """`GET /pets/{id}` answers with the id and a stage variable; there are more paths to list."""
    respond = {"statusCode": "200", "responseTemplates": {"application/json": PET}}
    template = {"application/json": '{"statusCode": 200}'}
    mock = {"type": "mock", "requestTemplates": template, "responses": {"default": respond}}
    identifier = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    method = {"responses": {"200": {"description": "OK"}}, f"{X}integration": mock}
    paths: dict[str, Any] = {f"/{name}": {"get": method} for name in "abc"}
    paths["/pets/{id}"] = {"get": {**method, "parameters": [identifier]}}
    return {"openapi": "3.0.1", "info": {"title": "pets", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def pets(aws: Cli) -> str:
    """The id of the document's API, deployed as `prod`."""
    (aws.directory / "api.json").write_text(json.dumps(document()))
    regional = ("--parameters", "endpointConfigurationTypes=REGIONAL")
    made = aws("import-rest-api", "--body", "fileb://api.json", "--fail-on-warnings", *regional)
    assert (made["name"], made["endpointConfiguration"]["types"]) == ("pets", ["REGIONAL"])
    on = ("--rest-api-id", made["id"], "--stage-name", "prod")
    deployed = aws("create-deployment", *on, "--description", "first", "--variables", "colour=red,size=1")
    assert deployed["description"] == "first"
    return str(made["id"])


@pytest.fixture(scope="module")
def resources(aws: Cli, pets: str) -> dict[str, str]:
    """Ids by path: the CLI puts the pages together and then asks its query."""
    query = ("--query", "sort_by(items, &path)[].[path, id]")
    return dict(aws("get-resources", "--rest-api-id", pets, "--page-size", "2", *query))


def test_pages_and_queries(resources: dict[str, str]) -> None:
    assert list(resources) == ["/", "/a", "/b", "/c", "/pets", "/pets/{id}"]


def test_patches_of_a_stage_reach_traffic(aws: Cli, node: Gatewright, pets: str) -> None:
    operations = (
        "op=replace,path=/variables/colour,value=blue",
        "op=remove,path=/variables/size",
        "op=replace,path=/*/*/throttling/burstLimit,value=50",
    )
    on = ("--rest-api-id", pets, "--stage-name", "prod")
    stage = aws("update-stage", *on, "--patch-operations", *operations)
    assert stage["variables"] == {"colour": "blue"}
    assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 50
    url = node.stage_url(pets, "prod", "/pets/7")

    def answer() -> Any:
        with urllib.request.urlopen(url) as response:
            return json.load(response)

    # A change of the catalog is known within milliseconds; asked again and again, it must come.
    assert any(answer() == {"id": "7", "colour": "blue"} for _ in range(2000))


def test_templates_from_a_file(aws: Cli, pets: str, resources: dict[str, str]) -> None:
    templates = {"application/json": '{"statusCode": 200}\n## ü', "text/xml": "#set($x = 1)"}
    (aws.directory / "templates.json").write_text(json.dumps(templates))
    where = ("--rest-api-id", pets, "--resource-id", resources["/a"], "--http-method", "GET")
    put = aws("put-integration", *where, "--type", "MOCK", "--request-templates", "file://templates.json")
    assert (put["type"], put["requestTemplates"]) == ("MOCK", templates)


def test_a_method_is_tried(aws: Cli, pets: str, resources: dict[str, str]) -> None:
    where = ("--rest-api-id", pets, "--resource-id", resources["/pets/{id}"], "--http-method", "GET")
    given = ("--path-with-query-string", "/pets/8", "--stage-variables", "colour=green")
    tried = aws("test-invoke-method", *where, *given)
    assert tried["status"] == 200
    assert json.loads(tried["body"]) == {"id": "8", "colour": "green"}
    assert "Method completed with status: 200" in tried["log"]


def test_an_export_is_written_to_a_file(aws: Cli, pets: str) -> None:
    wanted = ("--export-type", "oas30", "--accepts", "application/yaml")
    parts = ("--parameters", "extensions=integrations")
    told = aws("get-export", "--rest-api-id", pets, "--stage-name", "prod", *wanted, *parts, "out.yaml")
    assert told == {
        "contentType": "application/octet-stream",
        "contentDisposition": 'attachment; filename="oas30_1.yaml"',
    }
    exported = yaml.safe_load((aws.directory / "out.yaml").read_text())
    assert exported["openapi"] == "3.0.1"
    integration = exported["paths"]["/pets/{id}"]["get"][f"{X}integration"]
    assert integration["responses"]["default"]["responseTemplates"]["application/json"] == PET


def test_what_is_refused_is_told_on_standard_error(aws: Cli) -> None:
    ran = aws.run("get-rest-api", "--rest-api-id", "unknown")
    assert (ran.returncode, ran.stdout) == (REFUSED, "")
    called = "(NotFoundException) when calling the GetRestApi operation"
    assert called in ran.stderr
    assert f"Invalid API identifier specified {ACCOUNT}:unknown" in ran.stderr


def test_another_key_is_not_let_in(aws: Cli) -> None:
    ran = aws.run("get-account", AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="other")
    assert (ran.returncode, ran.stdout) == (REFUSED, "")
    assert "(UnrecognizedClientException) when calling the GetAccount operation" in ran.stderr
