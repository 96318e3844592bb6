"""Query strings in and out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gateway import query_string


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        (None, {}),
        ("", {}),
        ("x=1&x=2&y=%2B", {"x": ["1", "2"], "y": ["+"]}),
        ("a=b+c&d=e%20f", {"a": ["b c"], "d": ["e f"]}),
        ("a", {"a": [""]}),
        ("a=", {"a": [""]}),
        ("A=1&a=2", {"A": ["1"], "a": ["2"]}),
        ("a=b=c", {"a": ["b=c"]}),
        ("&&a=1&", {"a": ["1"]}),
        ("a=1;b=2", {"a": ["1"], "b": ["2"]}),
        ("a=%3B", {"a": [";"]}),
        ("na%20me=%C3%BC", {"na me": ["ü"]}),
        ("a=%FF%zz", {"a": ["\ufffd%zz"]}),
        ("a=" + "ü".encode().decode("latin-1"), {"a": ["ü"]}),
    ],
)
def test_parameters_are_form_decoded(raw: str | None, parsed: dict[str, list[str]]) -> None:
    assert query_string.parse(raw) == parsed


def test_parameters_are_percent_encoded() -> None:
    assert query_string.render({"a": ["1", "b c"], "ü&": ["=+/"]}) == "a=1&a=b%20c&%C3%BC%26=%3D%2B%2F"


@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1)))
def test_what_is_rendered_parses_to_itself(parameters: dict[str, list[str]]) -> None:
    assert query_string.parse(query_string.render(parameters)) == parameters


@given(st.text(st.characters(max_codepoint=255)))
def test_any_query_string_parses(raw: str) -> None:
    for values in query_string.parse(raw).values():
        assert values
