"""Which templates are literal, and what the others are told."""

from __future__ import annotations

import pytest

from gatewright.gateway.templates import compile_template, compile_templates

LIMIT = 1000


@pytest.mark.parametrize(
    "text",
    ['{"statusCode": 200}', "costs $5.00", "$ and # alone ", "#1 of 2", "100 %", "a\nb", "$-x", "${ x }"],
)
def test_a_literal_renders_as_itself(text: str) -> None:
    assert compile_template(text, LIMIT).text == text


@pytest.mark.parametrize(
    ("text", "line", "excerpt"),
    [
        ("$input.body", 1, "$input.body"),
        ("a\n$!x", 2, "$!x"),
        ("${x}", 1, "${x}"),
        ("\n\n#set($x = 1)\nmore", 3, "#set($x = 1)"),
        ("#{if}(1)", 1, "#{if}(1)"),
        ("x ## comment", 1, "## comment"),
        ("#* comment *#", 1, "#* comment *#"),
        ("#[[x]]#", 1, "#[[x]]#"),
        ("ends with $", 1, "$"),
        ("ends with #", 1, "#"),
    ],
)
def test_more_than_a_literal_is_refused_with_its_place(text: str, line: int, excerpt: str) -> None:
    with pytest.raises(ValueError, match=f"line {line} of the template holds") as caught:
        compile_template(text, LIMIT)
    assert repr(excerpt) in str(caught.value)


def test_a_template_over_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="has 1001 bytes; at most 1000 are allowed"):
        compile_template("x" * 1001, LIMIT)


def test_empty_and_null_templates_count_as_none() -> None:
    assert compile_templates({"application/json": "", "text/plain": None}, LIMIT) == {}


def test_keys_are_compared_without_case_and_named_in_refusals() -> None:
    assert list(compile_templates({"Application/JSON": "x"}, LIMIT)) == ["application/json"]
    with pytest.raises(ValueError, match="mapping template text/plain: line 1"):
        compile_templates({"text/plain": "$x"}, LIMIT)
