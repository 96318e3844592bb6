"""Reading JSON and YAML: values, refusals with their lines, bounds, and finding lines again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.openapi.importing.source import Pointer, Unreadable, read_source

YAML = """\
openapi: 3.0.1
info:
  title: Pets
  version: 1
shared: &answers
  200: {description: fine}
paths:
  /pets:
    get:
      parameters:
        - name: a
          in: query
        - {name: b,
           in: header}
      responses: *answers
"""
JSON = """{
  "paths": {"/a\\u002fb": {
    "get": [1,
      {"x": [], "y": {}},
      "s: , ]"]
  }},
  "z": 1
}"""


def test_yaml_is_what_json_would_be() -> None:
    document = read_source(YAML.encode()).document
    assert document["info"]["version"] == 1
    assert document["paths"]["/pets"]["get"]["responses"] == {"200": {"description": "fine"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2016-10-01", "2016-10-01"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("True", True),
        ("false", False),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("012345678901", "012345678901"),
        ("0x10", 16),
        ("-5", -5),
        ("18446744073709551615", 2**64 - 1),
        ("99999999999999999999", 1e20),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_yaml_scalars(text: str, value: Any) -> None:
    assert read_source(f"a: {text}".encode()).document == {"a": value}


def test_yaml_names_are_kept_as_written() -> None:
    document = read_source(b"200: a\nno: b\nnull: c\n1.0: d\n2020-01-01: e").document
    assert list(document) == ["200", "no", "null", "1.0", "2020-01-01"]


def test_yaml_merges() -> None:
    text = b"a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n  y: 3\nd:\n  '<<': 4"
    document = read_source(text).document
    assert document["c"] == {"x": 1, "z": 2, "y": 3}
    assert document["d"] == {"<<": 4}


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (b"{", "the document is not JSON: unexpected end of data", 1),
        (b'{"a": 1,\n "b": NaN}', "the document is not JSON: unexpected character", 2),
        (b'{"a": "\\ud800"}', "the document is not JSON: ", 1),
        (
            b'{"b": {"a": 1,\n"c": [{"d": 1},\n{"d": 2}],\n"a": 2}}',
            "the member 'a' stands twice in one object",
            4,
        ),
        (b"a: 1\nb: 2\na: 3", "the member 'a' stands twice in one mapping", 3),
        (b"a: [\nb]\n]", "the document is not YAML: ", 3),
        (b"a: *b", "the alias 'b' has no anchor before it", 1),
        (b"a: &a\n  b: *a", "the alias 'a' has no anchor before it", 2),
        (b"a: 1\n---\nb: 2", "there is more than one YAML document", 2),
        (b"a:\n  !Ref b", "the tag '!Ref' cannot be read here", 2),
        (b"a: !!int b", "the tag 'tag:yaml.org,2002:int' cannot be read here", 1),
        (b"a: !!python/tuple [1]", "the tag 'tag:yaml.org,2002:python/tuple' cannot be read here", 1),
        (b"? [a]\n: b", "a member's name must be a text", 1),
        (b"<<: 1", "`<<` takes a mapping or a list of mappings", 1),
        (b"", "the document is empty", 1),
        (b"- a", "the document must be an object", 1),
        (b"text", "the document must be an object", 1),
        (b"a: 1\nb: \xff", "the document is not UTF-8 text", 2),
        (b"a: \x00", "the document is not YAML: ", None),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "the document is nested deeper than 100 levels", None),
        (b"a: " + b"[" * 500 + b"]" * 500, "the document is nested deeper than 100 levels", 1),
        (b"a: " + b"x" * 6 * 2**20, "the document has 6291459 bytes; at most 6291456 are read", None),
    ],
)
def test_what_cannot_be_read(text: bytes, reason: str, line: int | None) -> None:
    with pytest.raises(Unreadable) as raised:
        read_source(text)
    assert raised.value.reason.startswith(reason)
    assert raised.value.line == line


def test_aliases_that_stand_for_too_much_are_refused() -> None:
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(Unreadable, match="the aliases stand for more than 20971520 bytes"):
        read_source("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("text", "pointer", "line"),
    [
        (YAML, ("info", "version"), 4),
        (YAML, ("paths", "/pets"), 8),
        (YAML, ("paths", "/pets", "get", "parameters", 0), 11),
        (YAML, ("paths", "/pets", "get", "parameters", 0, "in"), 12),
        (YAML, ("paths", "/pets", "get", "parameters", 1), 13),
        (YAML, ("paths", "/pets", "get", "parameters", 1, "in"), 14),
        (YAML, ("paths", "/pets", "get", "responses", "200"), 15),
        (YAML, ("shared", "200", "description"), 6),
        (YAML, ("nothing",), None),
        (JSON, ("paths",), 2),
        (JSON, ("paths", "/a/b", "get"), 3),
        (JSON, ("paths", "/a/b", "get", 0), 3),
        (JSON, ("paths", "/a/b", "get", 1), 3),
        (JSON, ("paths", "/a/b", "get", 1, "y"), 4),
        (JSON, ("paths", "/a/b", "get", 2), 4),
        (JSON, ("z",), 7),
        (JSON, ("z", "deeper"), 7),
        (JSON, ("nothing",), None),
    ],
)
def test_lines_are_found_again(text: str, pointer: Pointer, line: int | None) -> None:
    assert read_source(text.encode()).line_of(pointer) == line


def test_lines_of_pretty_json() -> None:
    document = {"a": [{"b": {"c": [1, 2]}}, "x"], "d": {"e": None}}
    text = json.dumps(document, indent=1)
    source = read_source(text.encode())
    assert source.line_of(("a", 0, "b", "c", 1)) == text[: text.index("2")].count("\n")
    assert source.line_of(("d", "e")) == text[: text.index('"e"')].count("\n") + 1
