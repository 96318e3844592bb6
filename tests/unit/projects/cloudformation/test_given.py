"""Values for a template's parameters: on the command line, and in the gatewright.toml beside the template."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.projects.cloudformation.conftest import Refused

from gatewright.cli.options import BadOptions
from gatewright.cli.projects import parameters_of
from gatewright.projects.api import CannotDeploy
from gatewright.projects.cloudformation.given import given_parameters
from gatewright.projects.cloudformation.project import CloudFormationProject
from gatewright.projects.opening import open_project

TEMPLATE = "Parameters: {P: {Type: Number}}\nResources: {R: {Type: AWS::IAM::Role}}\n"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return file


def settings(template: Path, text: str) -> None:
    (template.parent / "gatewright.toml").write_text(text)


def test_values_of_the_settings_are_texts(template: Path) -> None:
    assert given_parameters(template) == {}
    settings(template, 'dev_listen = "127.0.0.1:1"\n[parameters]\nA = "a"\nB = 7\nC = true\n')
    assert given_parameters(template) == {"A": "a", "B": "7", "C": "true"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[parameters]\nA = []\n", "gatewright.toml:2: parameters.A must be a text or a number"),
        ("parameters = 3\n", "gatewright.toml:1: parameters must be a table"),
        ("[parameters\n", "gatewright.toml: is not valid TOML"),
    ],
)
def test_bad_settings(template: Path, text: str, words: str) -> None:
    settings(template, text)
    with pytest.raises(CannotDeploy) as refusal:
        given_parameters(template)
    assert words in str(refusal.value)


def test_the_command_line_wins(refused: Refused, tmp_path: Path) -> None:
    settings(tmp_path / "template.yaml", "[parameters]\nP = 1\n")
    assert "Parameter P: 'x' is not a number" in refused(TEMPLATE, P="x")


def test_pairs_on_the_command_line(template: Path, tmp_path: Path) -> None:
    assert parameters_of(template, ["A=b=c", "B="]) == {"A": "b=c", "B": ""}
    assert parameters_of(None, None) == {}
    with pytest.raises(BadOptions, match="--parameter A: write NAME=VALUE"):
        parameters_of(template, ["A"])
    with pytest.raises(BadOptions, match="only a SAM or CloudFormation template has parameters"):
        parameters_of(tmp_path, ["A=b"])


def test_a_template_is_opened_as_one(template: Path) -> None:
    project = open_project(template, hot_reload=True, variables={}, parameters={"P": "1"})
    assert isinstance(project, CloudFormationProject)
    assert list(project.watched()) == [template, template.parent / "gatewright.toml"]
