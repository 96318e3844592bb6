"""The texts of a document."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.openapi.exporting.layout import json_text, yaml_text
from gatewright.openapi.importing.source import read_source

DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "schemes": ["https"],
    "paths": {"/": {"get": {"parameters": [{"name": "a", "required": True}, {"name": "b"}], "tags": []}}},
    "200": {},
    "on": None,
    "n": 1.5,
}
JSON = """{
  "swagger" : "2.0",
  "schemes" : [ "https" ],
  "paths" : {
    "/" : {
      "get" : {
        "parameters" : [ {
          "name" : "a",
          "required" : true
        }, {
          "name" : "b"
        } ],
        "tags" : [ ]
      }
    }
  },
  "200" : { },
  "on" : null,
  "n" : 1.5
}"""
YAML = """---
swagger: "2.0"
schemes:
- "https"
paths:
  /:
    get:
      parameters:
      - name: "a"
        required: true
      - name: "b"
      tags: []
"200": {}
"on": null
n: 1.5
"""

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def test_json_is_spaced_as_amazon_spaces_it() -> None:
    assert json_text(DOCUMENT).decode() == JSON


def test_yaml_has_its_texts_in_double_quotes() -> None:
    assert yaml_text(DOCUMENT).decode() == YAML


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_a_text_says_what_the_document_says(document: dict[str, Any]) -> None:
    assert json.loads(json_text(document)) == document
    text = yaml_text(document)
    assert yaml.safe_load(text) == document
    assert read_source(text).document == document


def test_a_long_text_stays_on_its_line() -> None:
    assert yaml_text({"a": "word " * 100}).decode().count("\n") == 2
