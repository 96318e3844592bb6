"""JSON that can be read in one way only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.aws.strict_json import MOST_DEPTH, Ambiguous, loads

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(values, st.booleans())
def test_what_is_json_is_read(value: Any, plain: bool) -> None:
    text = json.dumps(value, ensure_ascii=plain)
    assert loads(text) == value
    assert loads(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is not JSON"),
        ("{'a': 1}", "it is not JSON"),
        ("1 2", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        ("\ufeff{}", "it is not JSON"),
        ("9" * 5_000, "it is not JSON"),
        ('{"a":1,"a":1}', "the member 'a' stands twice in one object"),
        ('[{"b":{"a":1,"c":2,"a":3}}]', "the member 'a' stands twice"),
        ('{"a":1,"\\u0061":2}', "the member 'a' stands twice"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("[" * 33 + "]" * 33, "nested deeper than 32 levels"),
        ("[" * 100_000, "nested deeper than 32 levels"),
        ('"\\ud800"', "half a surrogate pair"),
        ('{"\\udc00":1}', "half a surrogate pair"),
    ],
)
def test_what_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(Ambiguous) as refused:
        loads(text)
    assert message in str(refused.value)


def test_the_deepest_that_is_read() -> None:
    assert loads("[" * MOST_DEPTH + "]" * MOST_DEPTH)
    assert loads('"\\ud83d\\ude00"') == "😀"
