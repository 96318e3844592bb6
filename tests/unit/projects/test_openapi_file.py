"""An OpenAPI file on a node: the same API each time, its stage moved only by what could be deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.management import PARTITION

from gatewright.projects.api import CannotDeploy, Node
from gatewright.projects.openapi_file import OpenApiFile

OPENAPI = """\
openapi: 3.0.1
info: { title: pets, version: "1" }
paths:
  /pets:
    get:
      responses: {}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: { application/json: '{"statusCode": 200}' }
"""


def written(directory: Path, text: str = OPENAPI, name: str = "pets.yaml") -> Path:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    return directory / name


@pytest.mark.parametrize(
    ("directory", "name", "api"),
    [
        ("my shop", "openapi.yaml", "my-shop"),
        ("shop", "cats.yaml", "cats"),
        ("shop-2", "Swagger.json", "shop-2"),
    ],
)
def test_it_is_named_after_the_file_or_its_directory(
    tmp_path: Path, node: Node, client: Any, directory: str, name: str, api: str
) -> None:
    (deployed,) = OpenApiFile(written(tmp_path / directory, name=name)).deploy(node).apis
    assert (deployed.api_id, deployed.stage) == (api, "dev")
    assert deployed.url == f"http://127.0.0.1:4566/restapis/{api}/dev/_user_request_"
    assert client.get_stage(restApiId=api, stageName="dev")["deploymentId"]


def test_what_did_not_change_is_not_deployed(tmp_path: Path, node: Node, client: Any) -> None:
    project = OpenApiFile(written(tmp_path, name="same.yaml"))
    project.deploy(node)
    first = client.get_stage(restApiId="same", stageName="dev")["deploymentId"]
    project.deploy(node)
    assert client.get_stage(restApiId="same", stageName="dev")["deploymentId"] == first


def test_stage_variables_are_those_that_were_given(tmp_path: Path, node: Node, client: Any) -> None:
    file = written(tmp_path, name="variables.yaml")
    for variables in ({"a": "1", "b": "2"}, {"b": "3"}, {}):
        OpenApiFile(file, variables=variables).deploy(node)
        stage = client.get_stage(restApiId="variables", stageName="dev")
        assert stage.get("variables", {}) == variables


def test_a_refusal_leaves_the_stage_and_a_mended_file_moves_it(
    tmp_path: Path, node: Node, client: Any
) -> None:
    file = written(tmp_path, name="refused.yaml")
    project = OpenApiFile(file)
    project.deploy(node)
    first = client.get_stage(restApiId="refused", stageName="dev")["deploymentId"]
    written(tmp_path, OPENAPI.replace("'{\"", "'#if({\""), name="refused.yaml")
    with pytest.raises(CannotDeploy, match=r"refused.yaml:9: .*GET /pets: request mapping template"):
        project.deploy(node)
    assert client.get_stage(restApiId="refused", stageName="dev")["deploymentId"] == first
    written(tmp_path, OPENAPI.replace("200", "204"), name="refused.yaml")
    project.deploy(node)
    (kept,) = client.get_deployments(restApiId="refused")["items"]
    assert kept["id"] != first
    assert client.get_stage(restApiId="refused", stageName="dev")["deploymentId"] == kept["id"]


def test_taking_a_refused_edit_back_mends_the_draft_too(tmp_path: Path, node: Node, client: Any) -> None:
    project = OpenApiFile(written(tmp_path, name="back.yaml"))
    project.deploy(node)
    written(tmp_path, OPENAPI.replace("paths:", "x-paths:"), name="back.yaml")
    with pytest.raises(CannotDeploy, match="doesn't contain any methods"):
        project.deploy(node)
    written(tmp_path, name="back.yaml")
    project.deploy(node)
    assert "/pets" in [one["path"] for one in client.get_resources(restApiId="back")["items"]]


def test_a_deployment_that_another_stage_serves_stays(tmp_path: Path, node: Node, client: Any) -> None:
    project = OpenApiFile(written(tmp_path, name="pinned.yaml"))
    project.deploy(node)
    first = client.get_stage(restApiId="pinned", stageName="dev")["deploymentId"]
    client.create_stage(restApiId="pinned", stageName="prod", deploymentId=first)
    written(tmp_path, OPENAPI.replace("200", "204"), name="pinned.yaml")
    project.deploy(node)
    assert client.get_stage(restApiId="pinned", stageName="prod")["deploymentId"] == first


def test_warnings_are_told_with_their_places(tmp_path: Path, node: Node) -> None:
    text = OPENAPI + "        requestParameters: { integration.request.header.a: 1 }\n"
    (note,) = OpenApiFile(written(tmp_path, text, "warned.yaml")).deploy(node).notes
    assert note.startswith(f"{tmp_path / 'warned.yaml'}:7: Invalid format for 'requestParameters'")


def test_files_that_it_refers_to_are_watched(tmp_path: Path, node: Node) -> None:
    file = written(tmp_path, OPENAPI + "  /toys: { $ref: toys.yaml }\n", "parts.yaml")
    toys = written(tmp_path, "get: [\n", "toys.yaml")
    project = OpenApiFile(file)
    assert list(project.watched()) == [file]
    with pytest.raises(CannotDeploy, match=r"toys.yaml:2: the document is not YAML"):
        project.deploy(node)
    assert list(project.watched()) == [file, toys]
    toys.write_text("get: {}\n")
    with pytest.raises(CannotDeploy, match=r"toys.yaml:1: No integration defined for method 'GET'"):
        project.deploy(node)
    file.write_text("[")
    with pytest.raises(CannotDeploy, match=r"parts.yaml:"):
        project.deploy(node)
    assert list(project.watched()) == [file, toys]


def test_a_node_that_is_not_there(tmp_path: Path) -> None:
    nobody = Node("http://127.0.0.1:9", "http://127.0.0.1:9", "us-east-1", PARTITION.account)
    with pytest.raises(CannotDeploy, match=r"pets.yaml: the node cannot be asked: Could not connect"):
        OpenApiFile(written(tmp_path)).deploy(nobody)
    nobody.close()
