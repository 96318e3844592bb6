"""What a template cannot have: refused by line, logical id and property before the node is asked anything."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.projects.cloudformation.conftest import Refused

API = """\
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: pets
"""

CASES = yaml.safe_load((Path(__file__).parent / "refusals.yaml").read_text())


def cases(group: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES[group], ids=[case["it"] for case in CASES[group]])


@cases("resources")
def test_refused_before_anything_is_touched(refused: Refused, case: dict[str, str]) -> None:
    assert case["refused"].strip() in refused(API + case["template"])


def test_a_resource_whose_condition_is_false_is_not_looked_at(refused: Refused) -> None:
    text = "Conditions: {Never: !Equals [a, b]}\n" + API
    text += (
        "  Table:\n    Type: AWS::DynamoDB::Table\n    Condition: Never\n  Bad:\n    Type: AWS::Foo::Bar\n"
    )
    assert refused(text).startswith("template.yaml:10: Bad (AWS::Foo::Bar): is not supported")


@cases("sam")
def test_sam_templates_are_refused_where_they_were_written(refused: Refused, case: dict[str, str]) -> None:
    assert case["refused"].strip() in refused(case["template"])


BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefg")
)

FILES = {
    "no YAML": ("template.yaml", "Resources: [", "template.yaml:1: is not YAML:"),
    "no JSON": ("template.json", '{"Resources": {,}}', "template.json:1: is not JSON:"),
    "no map": (
        "template.yaml",
        "- a\n",
        "template.yaml: is not a template: its top must be a map with Resources",
    ),
    "nothing in it": (
        "template.yaml",
        "",
        "template.yaml: needs a section Resources with at least one resource",
    ),
    "a bomb": (
        "template.yaml",
        "a: &a [x, x]\n"
        + "".join(
            f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdef", "bcdefg", strict=True)
        ),
        "has more than 200000 values",
    ),
    "a value in itself": ("template.yaml", "a: &a [*a]\n", "is nested more than 100 deep"),
}


@pytest.mark.parametrize(("name", "text", "words"), FILES.values(), ids=FILES.keys())
def test_files_that_are_no_templates(refused: Refused, name: str, text: str, words: str) -> None:
    assert words in refused(text, name)


def test_lines_of_json_with_tabs(refused: Refused) -> None:
    template = {
        "Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "a", "X": 1}}}
    }
    assert refused(json.dumps(template, indent="\t"), "t.json").startswith("t.json:7: Api (AWS::ApiGateway")


@cases("parameters")
def test_parameters(refused: Refused, case: dict[str, Any]) -> None:
    text = f"Parameters:\n  P: {case['declared']}\n{API}      Description: !Ref P\n"
    assert case["refused"].strip() in refused(text, **case["given"])
