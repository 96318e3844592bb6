"""json-smart's reader and writers. `truth` in the cases says who gave the answer."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gatewright.jsonpath.json_smart import ParseError, dumps, parse, to_string

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "json_smart.jsonl").read_text().splitlines()
]
MOCK_CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "mock_status_codes.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"])[:60])
def test_a_text_is_read_and_written_as_json_smart_does(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(ParseError) as raised:
            parse(case["text"])
        assert str(raised.value) == case["error"]
        return
    value = parse(case["text"])
    assert dumps(value) == case["dumps"]
    assert to_string(value) == case["to_string"]


@pytest.mark.parametrize("case", MOCK_CASES, ids=lambda case: case["text"])
def test_the_status_code_of_a_mock_template(case: dict[str, Any]) -> None:
    try:
        value = parse(case["text"])
    except ParseError:
        value = None
    code = value.get("statusCode") if isinstance(value, dict) else None
    assert (code if type(code) is int else None) == case["statusCode"]


@pytest.mark.parametrize("before", ["", " ", "  ", " " * 500])
@pytest.mark.parametrize("number", ["0.12345678901234567", "-0.12345678901234567", "1.2345678901234567e-1"])
def test_a_long_number_is_decimal_wherever_it_stands(before: str, number: str) -> None:
    value = parse(f'["a",{before}{number}]')
    assert value == ["a", Decimal(number)]
    assert isinstance(value, list)
    assert type(value[1]) is Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 1.0, 01, -0]", [1, 1.0, 1, 0]),
        ("9223372036854775808", 9223372036854775808),
        ("[0.1234567890123456, 0.12345678901234567]", [0.1234567890123456, Decimal("0.12345678901234567")]),
        ('{"a": 0.30000000000000004, "b": "x"}', {"a": Decimal("0.30000000000000004"), "b": "x"}),
        (r'"\ud83d\ude00"', "😀"),
        ('{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}),
        ("{a: yes}", {"a": "yes"}),
        ('["\x7f"]', ["\x7f"]),
        ('["\x7f\\n"]', ["\n"]),
    ],
)
def test_values_have_plain_types(text: str, value: object) -> None:
    assert repr(parse(text)) == repr(value)


@pytest.mark.parametrize(
    ("text", "position"), [("{a", 1), ("[a", 1), ('{"é":"b" x}', 8), ('{"😀":"b" x}', 9), ('"abc', 4)]
)
def test_an_error_tells_its_position_in_utf_16_units(text: str, position: int) -> None:
    with pytest.raises(ParseError) as raised:
        parse(text)
    assert raised.value.position == position


@pytest.mark.parametrize("opening", ["[", "{a:", '{"a":'])
def test_nesting_is_bounded(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    assert parse(opening * 399 + "[1]" + closing * 399) is not None
    with pytest.raises(ParseError, match="Malicious payload, having non natural depths, parsing stoped on"):
        parse(opening * 400 + "[1]" + closing * 400)
    with pytest.raises(ParseError, match="non natural depths"):
        parse(opening * 100_000)


def test_many_brackets_are_no_nesting() -> None:
    assert parse("[" + ",".join(["[]"] * 1000) + "]") == [[]] * 1000


def test_the_length_of_text_that_is_no_strict_json_is_bounded() -> None:
    long = ",".join(["1"] * 600_000)
    assert parse(f"[{long}]") == [1] * 600_000
    assert parse(f'["\\ud800", 1e400, {long}]') == ["\ud800", float("inf")] + [1] * 600_000
    with pytest.raises(ParseError, match=r"is no strict JSON: lenient reading ends at position 1000000\."):
        parse(f"[{long},]")


def test_the_digits_of_an_integer_are_bounded() -> None:
    assert parse("[" + "9" * 4300 + "]") == [10**4300 - 1]
    with pytest.raises(ParseError, match=r"Integer of more than 4300 digits at position 1\."):
        parse("[" + "9" * 4301 + "]")


def test_the_exponent_of_a_decimal_is_bounded() -> None:
    assert parse("1.0000000000000000000E99999") == Decimal("1.0000000000000000000E99999")
    for text in ("1.0000000000000000000E9999999999", "[1.0000000000000000000E99999999999999999999]"):
        with pytest.raises(ParseError, match=r"No value for number 1\.0000000000000000000E9999"):
            parse(text)


class _List(list[object]):
    pass


class _Map(dict[object, object]):
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (_List([1, _Map(a="x/y")]), '[1,{"a":"x/y"}]'),
        (_List([_Map(a=1e8)]), '[{"a":1.0E8}]'),
        (
            [1e7, 9999999.5, 1e-3, 9.9e-4, 1e16, 1e-7, 1e100],
            "[1.0E7,9999999.5,0.001,9.9E-4,1.0E16,1.0E-7,1.0E100]",
        ),
        (["12345678.5", "0.000", "1e5"], '["12345678.5","0.000","1e5"]'),
        ([float("inf"), float("-inf")], "[null,null]"),
        ([10**30, Decimal("1.50"), -0.0], "[1000000000000000000000000000000,1.50,-0.0]"),
        ({1: "a", None: 2, 1.5: 3}, '{"1":"a","null":2,"1.5":3}'),
        ({"a": {}, "b": []}, '{"a":{},"b":[]}'),
        ({"a": {}, "b": [], "c": 10**20}, '{"a":{},"b":[],"c":100000000000000000000}'),
        ("\ud800", '"\ud800"'),
        (True, "true"),
        (None, "null"),
        (1.0, "1.0"),
        (float("nan"), "NaN"),
        (float("inf"), "null"),
        ("\x1f\u2028", '"\\u001F\\u2028"'),
    ],
)
def test_dumps(value: object, text: str) -> None:
    assert dumps(value) == text
    assert to_string(value) == text.replace("/", "\\/")


def test_deep_values_are_written_but_not_endless_ones() -> None:
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    assert dumps(deep) == "[" * 901 + "]" * 901
    endless: dict[str, object] = {}
    endless["self"] = endless
    with pytest.raises(ValueError, match="nested deeper than 1000 levels: does it hold itself"):
        dumps(endless)


@pytest.mark.parametrize("value", [object(), [object()], {"a": b"bytes"}, {(): 1}, [10**20, object()]])
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        dumps(value)
