"""Whatever a client sends and an owner writes: JSON and paths fail in their own words or not at all."""

from __future__ import annotations

from decimal import Decimal

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.jsonpath import InvalidPath, PathError, compile_path
from gatewright.jsonpath.json_smart import ParseError, dumps, parse, to_string
from gatewright.jsonpath.json_writer import write
from gatewright.jsonpath.lenient_reader import LenientReader

# json-smart drops U+007F from some texts.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=6)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda nested: st.lists(nested, max_size=4) | st.dictionaries(TEXTS, nested, max_size=4),
    max_leaves=12,
)
JSON_PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "'",
    "\\",
    "\\u00e9",
    "\\x",
    "a",
    " ",
    "1",
    "-",
    ".",
    "e",
    "null",
]
JSON_PIECES += [
    "NaN",
    "\x1a",
    "\x7f",
    "\t",
    "é",
    "😀",
    "\ud800",
    "12345678901234567890",
    "0.12345678901234567",
]
PATH_PIECES = [
    "$",
    "@",
    ".",
    "..",
    "*",
    "a",
    "b",
    "[",
    "]",
    "'",
    '"',
    "0",
    "-1",
    ":",
    ",",
    "?(",
    "(",
    ")",
    " == ",
]
PATH_PIECES += [
    "&&",
    "||",
    "!",
    "=~",
    "/a*/",
    "i",
    " in ",
    "{",
    "}",
    "true",
    "length()",
    "sum(",
    "\\",
    " ",
    "é",
]


def as_read(value: object) -> object:
    """What json-smart keeps exactly is a Decimal where it was a float."""
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    if isinstance(value, float):
        text = orjson.dumps(value).decode()
        return Decimal(text) if len(text) > 18 else value
    return value


@settings(deadline=None)
@given(DOCUMENTS)
def test_strict_json_is_read_as_it_stands(document: object) -> None:
    text = orjson.dumps(document).decode()
    assert parse(text) == as_read(document)
    assert repr(LenientReader(text).read()) == repr(parse(text))


@settings(deadline=None)
@given(DOCUMENTS)
def test_what_is_written_is_json_of_the_same_value(document: object) -> None:
    for written in (dumps(document), to_string(document)):
        assert orjson.loads(written) == document
    assert dumps(document) == write(document)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(JSON_PIECES) | st.text(max_size=3), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = parse(text)
    except ParseError as raised:
        error = raised
    else:
        dumps(value)
        return
    assert -1 <= error.position <= 2 * len(text)
    assert str(error.position) in str(error)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PATH_PIECES), max_size=16).map("".join), DOCUMENTS)
def test_any_path_reads_or_is_refused(text: str, document: object) -> None:
    for candidate in (text, f"${text}", f"$[?(@{text})]"):
        try:
            path = compile_path(candidate)
            found = path.read(document)
        except (InvalidPath, PathError):
            continue
        assert path.definite or isinstance(found, list)
