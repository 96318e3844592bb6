"""A project's functions: made, changed only where they differ, open to the project's API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.management import PARTITION, client_of

from gatewright.projects.api import CannotDeploy, Node
from gatewright.projects.configuration import Configuration, read_configuration
from gatewright.projects.functions import Functions

TABLE = """\
[project]
openapi = "openapi.yaml"
name = "shop"
environment = { STAGE = "dev", TABLE = "all" }

[project.functions.NAME]
directory = "code"
handler = "main.handler"
environment = { TABLE = "pets" }
"""


@pytest.fixture(scope="module")
def functions(endpoint: str) -> Iterator[Any]:
    with client_of(endpoint, "lambda") as client:
        yield client


@pytest.fixture
def code(tmp_path: Path) -> Path:
    directory = tmp_path / "code"
    (directory / "__pycache__").mkdir(parents=True)
    (directory / "main.py").write_text("one")
    return directory


def configured(directory: Path, name: str, *changes: tuple[str, str]) -> Configuration:
    text = TABLE.replace("NAME", name)
    for change in changes:
        text = text.replace(*change)
    (directory / "gatewright.toml").write_text(text)
    return read_configuration(directory / "gatewright.toml")


def test_it_is_made_with_its_settings_and_the_projects_environment(
    tmp_path: Path, code: Path, node: Node, functions: Any
) -> None:
    Functions(hot_reload=False).deploy(node, configured(tmp_path, "made"))
    made = functions.get_function_configuration(FunctionName="made")
    assert (made["Handler"], made["Runtime"], made["Timeout"]) == ("main.handler", "python3.12", 3)
    assert made["Environment"]["Variables"] == {"STAGE": "dev", "TABLE": "pets"}
    (statement,) = json.loads(functions.get_policy(FunctionName="made")["Policy"])["Statement"]
    source = statement["Condition"]["ArnLike"]["AWS:SourceArn"]
    assert source == f"arn:aws:execute-api:us-east-1:{PARTITION.account}:shop/*"


@pytest.mark.parametrize("hot_reload", [True, False])
def test_what_did_not_change_is_left_alone(
    tmp_path: Path, code: Path, node: Node, functions: Any, hot_reload: bool
) -> None:
    name = f"same-{hot_reload}"
    for _ in range(2):  # another object, as another run of the command has it
        Functions(hot_reload=hot_reload).deploy(node, configured(tmp_path, name))
        (code / "__pycache__" / "main.pyc").write_text("left by Python")
    first = functions.get_function_configuration(FunctionName=name)
    Functions(hot_reload=hot_reload).deploy(node, configured(tmp_path, name))
    assert functions.get_function_configuration(FunctionName=name)["RevisionId"] == first["RevisionId"]


def test_changed_code_and_settings_are_deployed(
    tmp_path: Path, code: Path, node: Node, functions: Any
) -> None:
    deployer = Functions(hot_reload=False)
    deployer.deploy(node, configured(tmp_path, "changed"))
    before = functions.get_function_configuration(FunctionName="changed")
    (code / "main.py").write_text("two")
    deployer.deploy(node, configured(tmp_path, "changed", ("main.handler", "main.other")))
    after = functions.get_function_configuration(FunctionName="changed")
    assert after["CodeSha256"] != before["CodeSha256"]
    assert after["Handler"] == "main.other"


def test_with_hot_reload_the_directory_is_the_code(
    tmp_path: Path, code: Path, node: Node, functions: Any
) -> None:
    Functions(hot_reload=True).deploy(node, configured(tmp_path, "hot"))
    assert functions.get_function(FunctionName="hot")["Code"]["Location"] == f"file://{code}"


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (('"code"', '"cdoe"'), 7, "function bad: there is no directory "),
        (('"code"', '"empty"'), 6, "function bad: {}/empty holds no files"),
        (("handler =", 'runtime = "cobol1"\nhandler ='), 6, "function bad: Value cobol1 at 'runtime' failed"),
        (('TABLE = "pets"', 'AWS_REGION = "x"'), 6, "function bad: Lambda was unable to configure"),
    ],
)
def test_what_cannot_be_deployed_is_told_at_its_table(
    tmp_path: Path, code: Path, node: Node, change: tuple[str, str], line: int, told: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotDeploy) as refused:
        Functions(hot_reload=False).deploy(node, configured(tmp_path, "bad", change))
    assert str(refused.value).startswith(f"{tmp_path / 'gatewright.toml'}:{line}: {told.format(tmp_path)}")
