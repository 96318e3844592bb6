"""Paths against documents.

`truth` in the cases: `json-path 2.0.0` where that release gave this answer (or raised), else `documented`:
what newer releases do where 2.0.0 cannot.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gatewright.jsonpath import MISSING, InvalidPath, PathError, compile_path
from gatewright.jsonpath.json_smart import dumps, parse

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "cases" / "paths.jsonl").read_text().splitlines()
]
RAISES = {"InvalidPath": InvalidPath, "PathError": PathError}


def read(path: str, document: object) -> object:
    return compile_path(path).read(document)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['path']} of {case['document'][:30]}")
def test_a_path_finds_what_jayway_finds(case: dict[str, Any]) -> None:
    document = parse(case["document"])
    if "raises" in case:
        with pytest.raises(RAISES[case["raises"]]):
            read(case["path"], document)
        return
    found = read(case["path"], document)
    if "missing" in case:
        assert found is MISSING
        return
    assert dumps(found) == case["result"]
    assert compile_path(case["path"]).definite is case["definite"]


def test_a_definite_path_gives_the_live_value() -> None:
    document: dict[str, Any] = {"a": {"b": [1]}}
    assert read("$.a.b", document) is document["a"]["b"]
    assert read("$", document) is document


def test_null_is_a_value_and_not_missing() -> None:
    assert read("$.a", {"a": None}) is None
    assert read("$.a.b", {"a": None}) is MISSING
    assert read("$.a[0]", {"a": None}) is MISSING


def test_an_indefinite_path_gives_a_new_list_each_time() -> None:
    document: dict[str, Any] = {"a": [1, 2]}
    found = read("$.a[*]", document)
    assert found == [1, 2]
    assert found is not document["a"]


def test_subclasses_of_dict_and_list_are_objects_and_arrays() -> None:
    class Items(list[object]):
        pass

    class Members(dict[str, object]):
        pass

    document = Members(a=Items([Members(b=1)]))
    for path in ("$.a[0].b", "$..b", "$.a[*].b", "$.a[?(@.b)].b"):
        assert read(path, document) in (1, [1])


@pytest.mark.parametrize(
    ("document", "kind"), [({}, "an object"), ("text", "a string"), (1, "a number"), (True, "a boolean")]
)
def test_an_index_needs_an_array(document: object, kind: str) -> None:
    with pytest.raises(PathError, match=f"An index or a slice needs an array; the document has {kind} there"):
        read("$.a[0]", {"a": document})
    assert read("$.*[0]", {"a": document}) == []


@pytest.mark.parametrize("document", ["text", None, 5])
def test_a_filter_needs_a_container(document: object) -> None:
    with pytest.raises(PathError, match="The filter needs an object or an array"):
        read("$[?(@.a)]", document)


@pytest.mark.parametrize(
    ("path", "position", "words"),
    [
        ("", 0, "it is empty"),
        ("$a", 1, "expected . or [ behind the first character"),
        ("$.a b", 3, "expected a name, * or [ here, not ' '"),
        ("$.a[", 4, "expected a quoted name, an index, a slice, * or ?(filter) in the brackets"),
        ("$['a", 2, "the string that begins here has no closing '"),
        ("$['a',]", 6, "expected a quoted name behind the comma"),
        ("$[:]", 2, "a slice needs a number before or behind the colon"),
        ("$[99999999999]", 13, "99999999999 is no index: at most 2147483647"),
        ("$.a.nope()", 4, "there is no function nope"),
        ("$[?(@.a like 1)]", 8, "there is no operator 'LIKE'"),
        ("$[?(1)]", 4, "a value alone is no test"),
        ("$[?(@.a == [1)", 11, "the JSON value that begins here is not closed"),
        ("$[?(@.a == x)]", 11, "expected a path, a quoted text, a number"),
        ("$[?(@.a)", 8, "expected ]"),
    ],
)
def test_an_invalid_path_is_explained(path: str, position: int, words: str) -> None:
    with pytest.raises(InvalidPath) as raised:
        compile_path(path)
    assert words in str(raised.value)
    assert raised.value.position == position


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("$" + ".a" * 201, "more than 200 steps"),
        ("$." + "a" * 4096, "at most 4096"),
        ("$" + "[?(@" * 30 + ")]" * 30, "nested deeper than 20 levels"),
        ("$[?(" + "(" * 2000 + "@.a" + ")" * 2000 + ")]", "nested deeper than 20 levels"),
        ("$[?(" + "!" * 2000 + "@.a)]", "nested deeper than 20 levels"),
        ("$.a.sum(" + "$.a.sum(" * 100, "nested deeper than 20 levels"),
        ("$[?(@.a == " + "[" * 2000 + "]" * 2000 + ")]", "non natural depths"),
        ("$[?(@.a =~ /(((/)]", "Regular expression /(((/ is not valid"),
    ],
)
def test_paths_are_bounded(path: str, words: str) -> None:
    with pytest.raises(InvalidPath) as raised:
        compile_path(path)
    assert words in str(raised.value)


@pytest.mark.parametrize("path", ["$..*..*..*", "$.l[?(@ in $.l)]"])
def test_a_path_that_multiplies_is_stopped(path: str) -> None:
    deep: list[object] = []
    for _ in range(300):
        deep = [deep, 1]
    with pytest.raises(PathError, match="looks at more than 2000000 values"):
        read(path, {"deep": deep, "l": list(range(5000))})


def test_a_document_that_holds_itself_is_stopped() -> None:
    endless: dict[str, object] = {"a": 1}
    endless["self"] = endless
    with pytest.raises(PathError, match="looks at more than 2000000 values"):
        read("$..a", endless)


def test_a_regular_expression_cannot_stall() -> None:
    with pytest.raises(PathError, match="regular expression took over"):
        read("$[?(@ =~ /(a|aa)+(a|aaa)+b/)]", ["a" * 200 + "c"] * 1000)


@pytest.mark.parametrize("path", ["a", "$.a.b", "a.b[0]", "$['a']['b']", "a[*].b", "a[0:2]"])
def test_a_parameter_mapping_takes_plain_paths(path: str) -> None:
    assert compile_path(path, mapping=True).text == path


@pytest.mark.parametrize(
    ("path", "why"),
    [("$..a", "a deep scan"), ("a[?(@.b)].c", "a filter"), ("$.a.length()", "a function")],
)
def test_a_parameter_mapping_takes_no_more(path: str, why: str) -> None:
    with pytest.raises(InvalidPath, match=why):
        compile_path(path, mapping=True)
    compile_path(path)


def test_compiled_paths_are_kept() -> None:
    assert compile_path("$.kept") is compile_path("$.kept")
    assert compile_path("$.kept").text == "$.kept"
    assert repr(compile_path("$.kept")) == "Path('$.kept')"
