"""Templates made of models: they are templates, and what they write is JSON of the model's shape."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.openapi.model_template import TooLarge, model_template
from gatewright.testing import render

PET = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "kind": {"enum": ["dog", "cat"]},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"$ref": "#/definitions/Tag"}},
    },
    "definitions": {"Tag": {"properties": {"ok": {"type": "boolean"}, "n": {"type": "number"}}}},
}
TEMPLATE = """#set($inputRoot = $input.path('$'))
{
  "name" : "foo",
  "kind" : "dog",
  "age" : 42,
  "tags" : [
##TODO: Update this foreach loop to reference array from input json
#foreach($elem in $inputRoot)
    {
      "ok" : true,
      "n" : 42
    }
#if($foreach.hasNext),#end
#end
  ]
}"""


def written(template: str, elements: int) -> Any:
    return json.loads(render(template, {"body": json.dumps([0] * elements)}).output)


def test_a_model_without_properties() -> None:
    assert model_template({"type": "object"}) == "#set($inputRoot = $input.path('$'))\n{ }"


def test_each_property_has_a_sample_and_a_list_a_loop() -> None:
    assert model_template(PET) == TEMPLATE


@pytest.mark.parametrize("elements", [0, 1, 3])
def test_the_template_writes_json(elements: int) -> None:
    assert written(model_template(PET), elements) == {
        "name": "foo",
        "kind": "dog",
        "age": 42,
        "tags": [{"ok": True, "n": 42}] * elements,
    }


def test_a_list_of_lists_writes_json_too() -> None:
    schema = {"type": "array", "items": {"items": [{"type": "null"}]}}
    assert written(model_template(schema), 2) == [[None, None]] * 2


def test_a_model_that_holds_itself_ends() -> None:
    schema = {
        "properties": {"next": {"$ref": "#"}, "other": {"$ref": "#/definitions/A"}, "odd": {"$ref": "x"}},
        "definitions": {"A": {"$ref": "#/definitions/B"}, "B": {"$ref": "#/definitions/A"}},
    }
    assert written(model_template(schema), 0) == {
        "next": {},
        "other": {},
        "odd": {},
    }


def test_names_that_look_like_velocity_stay_names() -> None:
    schema = {"properties": {"$id": {"enum": ["#if(1)", "x"]}, "a$!{b}##": {"type": "string"}}}
    assert written(model_template(schema), 0) == {"$id": "#if(1)", "a$!{b}##": "foo"}


def test_a_sample_past_the_bound_is_refused() -> None:
    """Each definition holds the next one twice."""
    definitions: dict[str, Any] = {
        f"D{n}": {"properties": {side: {"$ref": f"#/definitions/D{n + 1}"} for side in "ab"}}
        for n in range(40)
    }
    with pytest.raises(TooLarge, match="more than 10000 values"):
        model_template({"$ref": "#/definitions/D0", "definitions": definitions})
