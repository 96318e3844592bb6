"""What values of a template stand for, and in which order resources are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatewright.projects.api import Node
from gatewright.projects.cloudformation.faults import TemplateFault
from gatewright.projects.cloudformation.local_files import LocalFiles
from gatewright.projects.cloudformation.made import Foreseen
from gatewright.projects.cloudformation.outputs import resolved_outputs
from gatewright.projects.cloudformation.plan import Plan, plan_of
from gatewright.projects.cloudformation.project import stack_name
from gatewright.projects.cloudformation.resolver import Resolver
from gatewright.projects.cloudformation.source import is_template, read_source
from gatewright.projects.cloudformation.stack import Stack

HEAD = """\
Parameters:
  Word: {Type: String, Default: moon}
  Words: {Type: CommaDelimitedList, Default: "a, b ,c"}
Mappings:
  Map: {moon: {size: 7, list: [x, y]}}
Conditions:
  Moon: !Equals [!Ref Word, moon]
  Sun: !Not [!Condition Moon]
  Both: !And [!Condition Moon, !Condition Sun]
  Either: !Or [!Condition Sun, !Condition Moon]
Resources:
  Role: {Type: AWS::IAM::Role}
"""

# Of an output's value, what is made of it. A resource that is not made yet gives its own name.
VALUES = {
    "!Ref Word": "moon",
    "!Ref Words": ["a", "b", "c"],
    "!Ref AWS::Region": "eu-west-1",
    "!Ref AWS::StackName": "pets",
    "!Ref Role": "Role",
    "!GetAtt Role.Arn": "Role.Arn",
    "{Fn::GetAtt: [Role, Arn]}": "Role.Arn",
    "!Sub '${Word}-${AWS::AccountId}-${Role.Arn}-${!Literal}'": "moon-000000000000-Role.Arn-${Literal}",
    "!Sub ['${a}/${Word}', {a: !Select [1, !Ref Words]}]": "b/moon",
    "!Join ['-', [x, !Ref Word, 7, true]]": "x-moon-7-true",
    "!Join [',', !Ref Words]": "a,b,c",
    "!Select [0, !Split ['/', 'a/b']]": "a",
    "!Select ['2', !Ref Words]": "c",
    "!FindInMap [Map, !Ref Word, size]": 7,
    "!FindInMap [Map, moon, list]": ["x", "y"],
    "!If [Moon, yes it is, !ImportValue other]": "yes it is",
    "!If [Both, 1, !If [Either, 2, 3]]": 2,
    "{a: !Ref AWS::NoValue, b: !If [Sun, 1, !Ref AWS::NoValue], c: 1}": {"c": 1},
    "[1, !Ref AWS::NoValue, 2]": [1, 2],
    "!Base64 {Ref: Word}": "bW9vbg==",
    "{Version: 2012-10-17}": {"Version": "2012-10-17"},
    "{200: a, Ref2: b}": {"200": "a", "Ref2": "b"},
}

# Of an output's value, why there is none.
FAULTS = {
    "!Select [3, !Ref Words]": "Fn::Select asks for item 3 of a list of 3",
    "!Select [-1, !Ref Words]": "Fn::Select takes an index, from 0, and a list",
    "!Split ['', a]": "Fn::Split takes a separator and a text",
    "!Join ['-', a]": "Fn::Join takes a separator and a list",
    "!Join ['-', [[a]]]": "a text is needed here, not a list or a map",
    "!FindInMap [Map, sun, size]": "the Mappings have no Map / sun / size",
    "!If [Moonlight, 1, 2]": "there is no condition Moonlight",
    "!If [Moon, 1]": "Fn::If takes a condition's name and two values",
    "!Sub '${Nowhere}'": "there is no parameter and no resource Nowhere here",
    "!Sub [a]": "Fn::Sub takes a text, or a text and a map of variables",
    "!GetAtt Role": "Fn::GetAtt takes the name of a resource and of its attribute",
    "!Ref [a]": "Ref takes the name of a parameter or a resource",
}


def plan(directory: Path, text: str, **parameters: str) -> Plan:
    file = directory / "template.yaml"
    file.write_text(text)
    node = Node("http://127.0.0.1:1", "http://127.0.0.1:1", "eu-west-1", "000000000000")
    return plan_of(LocalFiles(file).bring_into(read_source(file).document), parameters, "pets", node)


def output(directory: Path, value: str, **parameters: str) -> Any:
    found = plan(directory, f"{HEAD}Outputs:\n  Value:\n    Value: {value}\n", **parameters)
    resolver = Resolver(found.names, Foreseen(found.resources))
    return resolved_outputs(found.outputs, found.names, resolver)["Value"]


@pytest.mark.parametrize(("value", "expected"), VALUES.items(), ids=VALUES.keys())
def test_values(tmp_path: Path, value: str, expected: Any) -> None:
    assert output(tmp_path, value) == expected


@pytest.mark.parametrize(("value", "words"), FAULTS.items(), ids=FAULTS.keys())
def test_values_that_cannot_be_worked_out(tmp_path: Path, value: str, words: str) -> None:
    with pytest.raises(TemplateFault) as fault:
        output(tmp_path, value)
    assert fault.value.message == words
    assert fault.value.path[:3] == ("Outputs", "Value", "Value")


def test_a_parameter_given_decides_the_conditions(tmp_path: Path) -> None:
    assert output(tmp_path, "!If [Sun, 1, 2]", Word="sun") == 1


def test_conditions_in_a_circle(tmp_path: Path) -> None:
    text = HEAD.replace("!Equals [!Ref Word, moon]", "!Not [!Condition Sun]")
    with pytest.raises(TemplateFault, match="the conditions Moon -> Sun -> Moon are a circle"):
        plan(tmp_path, f"{text}Outputs: {{A: {{Value: !If [Moon, 1, 2]}}}}\n")


def test_each_resource_comes_after_those_it_uses_and_deployments_late(tmp_path: Path) -> None:
    text = """\
Resources:
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Api, StageName: dev, DeploymentId: !Ref Deployment}
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api}}
  Method:
    Type: AWS::ApiGateway::Method
    DependsOn: Role
    Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: !Sub "${Role}"}}
  Role: {Type: AWS::IAM::Role}
"""
    ordered = [resource.logical_id for resource in plan(tmp_path, text).ordered]
    assert ordered == ["Role", "Api", "Method", "Deployment", "Stage"]


def test_an_included_file_takes_the_place_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text('{"size": "${Word}"}')
    include = "{'Fn::Transform': {Name: AWS::Include, Parameters: {Location: words.json}}, more: 1}"
    assert output(tmp_path, include) == {"size": "${Word}", "more": 1}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "AWSTemplateFormatVersion: 2010-09-09\n", True),
        ("a.yml", "Resources:\n  A:\n    Type: AWS::Lambda::Function\n", True),
        ("a.json", '{"Transform": "AWS::Serverless-2016-10-31"}', True),
        ("a.yaml", "openapi: 3.0.1\npaths: {}\n", False),
        ("a.py", "AWSTemplateFormatVersion: 2010-09-09\n", False),
    ],
)
def test_what_looks_like_a_template(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    (tmp_path / name).write_text(text)
    assert is_template(tmp_path / name) is expected
    assert not is_template(tmp_path / "gone.yaml")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("hello/template.yaml", "hello"),
        ("hello/.aws-sam/build/template.yaml", "hello"),
        ("hello world/api.yaml", "hello-world-api"),
        ("7/template.yaml", "stack-7"),
    ],
)
def test_the_stack_is_called_as_its_directory(tmp_path: Path, file: str, expected: str) -> None:
    assert stack_name(tmp_path / file) == expected


def test_names_that_would_be_too_long_stay_apart(tmp_path: Path) -> None:
    node = Node("http://127.0.0.1:1", "http://127.0.0.1:1", "eu-west-1", "000000000000")
    stack = Stack(node, tmp_path / "template.yaml", "pets", hot_reload=True)
    assert stack.name_for("Create", 64) == "pets-Create"
    one, other = (stack.name_for("A" * 80 + end, 64) for end in ("1", "2"))
    assert (len(one), len(other), one == other) == (64, 64, False)
