"""`gatewright dev PATH`: what is saved is served, what cannot be is told with its line."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import LOCAL
from tests.support.processes import BOUND, Gatewright

from gatewright.cli.main import run

OPENAPI = """\
openapi: 3.0.1
info: { title: hello, version: "1.0" }
paths:
  /hello:
    get:
      responses: { "200": { description: hello } }
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: { application/json: '{"statusCode": 200}' }
        responses:
          default:
            statusCode: "200"
            responseTemplates:
              application/json: |
                $stageVariables.greeting
                one
  /function:
    $ref: function.yaml
"""
FUNCTION = """\
get:
  responses: {}
  x-amazon-apigateway-integration:
    type: aws_proxy
    httpMethod: POST
    uri: >-
      arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/FUNCTION:say/invocations
""".replace("FUNCTION", "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function")
PROJECT = """\
account_id = "123456789012"

[project]
openapi = "openapi.yaml"
name = "hello"
stage_variables = { greeting = "Hello" }
environment = { WHOM = "world" }

[project.functions.say]
directory = "say"
handler = "main.handler"
"""
CODE = """\
import os

def handler(event, context):
    return {"statusCode": 200, "body": "first " + os.environ["WHOM"]}
"""
FILES = {
    "openapi.yaml": OPENAPI,
    "function.yaml": FUNCTION,
    "gatewright.toml": PROJECT,
    "say/main.py": CODE,
}


class Project:
    """The files, and the node that follows them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "say").mkdir()
        for name, text in FILES.items():
            (directory / name).write_text(text)
        self.node = Gatewright("dev", directory / "data", *LOCAL, str(directory))

    def answer(self, path: str, stage: str = "dev") -> str:
        """The words of the answer, or its status if that is none of success."""
        try:
            with urllib.request.urlopen(self.node.stage_url("hello", stage, path), timeout=BOUND) as answer:
                return " ".join(answer.read().decode().split())
        except urllib.error.HTTPError as error:
            with error:
                return str(error.code)

    def answers(self, path: str, text: str, stage: str = "dev") -> None:
        """Ask until that is the answer: gateway and functions follow changes with short delays."""
        end = time.monotonic() + BOUND
        while (answer := self.answer(path, stage)) != text:
            assert time.monotonic() < end, f"{path} answers {answer}, never {text}"

    def save(self, name: str, old: str = "", new: str = "") -> None:
        """Write a file as it was at first, but for one change."""
        (self.directory / name).write_text(FILES[name].replace(old, new) if old else FILES[name])

    def deployed(self, name: str, *change: str) -> None:
        """Save, and wait until it is served."""
        before = self._deployments()
        self.save(name, *change)
        self.node.wait_for(lambda: self._deployments() > before, "further deployment")

    def refused(self, name: str, *change: str) -> str:
        """Save, and wait for the reason why it is not served."""
        before = len(self._refusals())
        self.save(name, *change)
        self.node.wait_for(lambda: len(self._refusals()) > before, "refusal")
        return self._refusals()[-1].replace(f"{self.directory}/", "")

    def _deployments(self) -> int:
        return sum(line.startswith("Deployed ") for line in self.node.printed)

    def _refusals(self) -> list[str]:
        return [line.partition(": ")[2] for line in self.node.logged if line.startswith("Not deployed: ")]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("project"))
    project.node.ready()
    yield project
    project.node.close()


@pytest.fixture
def project(started: Project) -> Iterator[Project]:
    """As it was at first, also for the next test."""
    yield started
    changed = [name for name, text in FILES.items() if (started.directory / name).read_text() != text]
    for name in changed:
        (started.save if name.endswith(".py") else started.deployed)(name)
    started.answers("/hello", "Hello one")
    started.answers("/function", "first world")


def test_it_is_served_with_its_function_variables_and_settings(project: Project) -> None:
    project.answers("/hello", "Hello one")
    assert project.answer("/function") == "first world"
    assert any("Account, region  123456789012" in line for line in project.node.printed)


def test_each_file_that_is_saved_is_served(project: Project) -> None:
    project.deployed("openapi.yaml", "one", "two")
    project.answers("/hello", "Hello two")
    project.deployed("gatewright.toml", '"Hello"', '"Welcome"')
    project.answers("/hello", "Welcome two")
    project.deployed("function.yaml", "get:", "put:")
    project.answers("/function", "403")
    gateway = project.node.client("apigateway")
    assert len(gateway.get_deployments(restApiId="hello")["items"]) == 1
    gateway.close()


def test_functions_follow_their_code_and_their_settings(project: Project) -> None:
    for word in ("second", "fourth"):  # as long as each other, within a second
        project.save("say/main.py", "first", word)
        project.answers("/function", f"{word} world")
    project.deployed("gatewright.toml", '"world"', '"moon"')
    project.answers("/function", "fourth moon")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("openapi.yaml", ("one", "#if("), "openapi.yaml:16: "),
        ("openapi.yaml", ("type: mock", "type: moc"), "openapi.yaml:7: "),
        ("openapi.yaml", ("/hello:", "/hello world:"), "openapi.yaml:4: "),
        ("openapi.yaml", ("paths:", "paths: ["), "openapi.yaml:5: "),
        ("openapi.yaml", ("function.yaml", "funktion.yaml"), "openapi.yaml:18: "),
        ("function.yaml", ("function:say", "function:s?y"), "function.yaml:3: "),
        ("gatewright.toml", ("handler =", "handle ="), "gatewright.toml:11: there is no key project."),
        ("gatewright.toml", ('"say"', '"sing"'), "gatewright.toml:10: function say: there is no directory"),
    ],
)
def test_what_cannot_be_deployed_is_told_and_the_old_one_stays(
    project: Project, name: str, change: tuple[str, str], told: str
) -> None:
    assert project.refused(name, *change).startswith(told)
    assert project.answer("/hello") == "Hello one"
    assert project.answer("/function") == "first world"
    project.deployed(name)


def test_a_project_is_deployed_once_to_a_stage_of_its_own(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--endpoint", project.node.url]
    command = ["deploy", str(project.directory), "--stage", "prod", "--variable", "greeting=Bye", *where]
    assert run(command) == 0
    assert f"{project.node.url}/restapis/hello/prod/_user_request_/" in capsys.readouterr().out
    project.answers("/hello", "Bye one", stage="prod")
    assert run(["doctor", "hello", *where]) == 0
    assert capsys.readouterr().out == "API hello: nothing found\n"


def test_what_is_not_deployed_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--endpoint", project.node.url]
    gateway = project.node.client("apigateway")
    change = {"op": "replace", "path": "/description", "value": "not yet"}
    gateway.update_rest_api(restApiId="hello", patchOperations=[change])
    assert run(["diff", "hello", "dev", *where]) == 0
    assert capsys.readouterr().out == "API description: (none) -> not yet\n"
    assert run(["doctor", *where]) == 1
    assert "stage dev: serves an older deployment: 1 change is not deployed" in capsys.readouterr().out
    gateway.update_rest_api(restApiId="hello", patchOperations=[{"op": "remove", "path": "/description"}])
    gateway.close()


def test_a_file_is_imported_as_an_api(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--endpoint", project.node.url]
    file = project.directory / "function.yaml"
    assert run(["import", str(project.directory / "openapi.yaml"), *where]) == 0
    api, name = capsys.readouterr().out.split()
    assert name == "hello"
    assert run(["import", str(project.directory / "openapi.yaml"), "--api", api, *where]) == 0
    assert capsys.readouterr().out.split() == [api, name]
    assert run(["import", str(file), *where]) == 1
    assert f"{file}: Invalid OpenAPI input." in capsys.readouterr().err
    gateway = project.node.client("apigateway")
    paths = {resource["path"] for resource in gateway.get_resources(restApiId=api)["items"]}
    gateway.delete_rest_api(restApiId=api)
    gateway.close()
    assert paths == {"/", "/hello", "/function"}


def test_what_is_served_is_exported_and_imported_again(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--endpoint", project.node.url]
    file = tmp_path / "exported.yaml"
    assert run(["export", "hello", "dev", "--output", str(file), *where]) == 0
    assert run(["import", str(file), *where]) == 0
    api = capsys.readouterr().out.split()[0]
    gateway = project.node.client("apigateway")
    gateway.create_deployment(restApiId=api, stageName="dev", variables={"greeting": "Again"})
    with urllib.request.urlopen(project.node.stage_url(api, "dev", "/hello"), timeout=BOUND) as answer:
        assert answer.read().decode().split() == ["Again", "one"]
    gateway.delete_rest_api(restApiId=api)
    gateway.close()
    assert run(["export", "hello", "none", *where]) == 1
    assert "Invalid stage identifier specified" in capsys.readouterr().err
    assert run(["export", "hello", "dev", "--output", str(tmp_path / "no" / "file"), *where]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
