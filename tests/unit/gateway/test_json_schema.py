"""Models: the dialect, references between them, what is refused, and the words for what is wrong."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gatewright.gateway.method_request.json_schema import (
    DETAILED_BYTES,
    DETAILED_MEMBERS,
    MODEL_BYTES,
    compile_model,
)

MODELS = "https://apigateway.amazonaws.com/restapis/abc123/models/"


def problems(schema: Any, body: Any, **others: Any) -> list[str] | None:
    documents = {name: {"schema": orjson.dumps(one).decode()} for name, one in others.items()}
    documents["M"] = {"schema": orjson.dumps(schema).decode()}
    return compile_model("M", documents, "abc123").problems(orjson.dumps(body))


TYPE = "instance type ({}) does not match any allowed primitive type (allowed: {})"


@pytest.mark.parametrize(
    ("schema", "body", "texts"),
    [
        ({"type": "integer"}, "x", [TYPE.format("string", '["integer"]')]),
        ({"type": "number"}, "x", [TYPE.format("string", '["integer","number"]')]),
        ({"type": ["string", "null", "boolean"]}, 5, [TYPE.format("integer", '["boolean","null","string"]')]),
        ({"type": "integer"}, 1.0, [TYPE.format("number", '["integer"]')]),
        ({"type": "integer"}, True, [TYPE.format("boolean", '["integer"]')]),
        ({"type": "string"}, None, [TYPE.format("null", '["string"]')]),
        ({"type": "string"}, {}, [TYPE.format("object", '["string"]')]),
        ({"required": ["b", "a"]}, {}, ['object has missing required properties (["a","b"])']),
        (
            {"required": ["bar"], "properties": {"bar": {}}, "additionalProperties": False},
            {"foo": 1},
            [
                'object has missing required properties (["bar"])',
                'object instance has properties which are not allowed by the schema: ["foo"]',
            ],
        ),
        (
            {"minProperties": 2},
            {"a": 1},
            ["object has too few properties (found 1 but schema requires at least 2)"],
        ),
        (
            {"maxProperties": 0},
            {"a": 1},
            ["object has too many properties (found 1 but schema requires at most 0)"],
        ),
        (
            {"dependencies": {"a": ["c", "b"], "x": ["y"]}},
            {"a": 1, "b": 2},
            [
                'property "a" of object has missing property dependencies '
                '(schema requires ["b","c"]; missing: ["c"])'
            ],
        ),
        (
            {"dependencies": {"a": {"required": ["z"]}}},
            {"a": 1},
            ['object has missing required properties (["z"])'],
        ),
        (
            {"minItems": 2},
            [1],
            ["array is too short: must have at least 2 elements but instance has 1 elements"],
        ),
        (
            {"maxItems": 1},
            [1, 2],
            ["array is too long: must have at most 1 elements but instance has 2 elements"],
        ),
        ({"uniqueItems": True}, [1, 1], ["array must not contain duplicate elements"]),
        (
            {"items": [{}], "additionalItems": False},
            [1, 2],
            ["schema only allows 1 elements in array but instance has 2 elements"],
        ),
        (
            {"minimum": 3},
            2,
            ["numeric instance is lower than the required minimum (minimum: 3, found: 2)"],
        ),
        (
            {"minimum": 3, "exclusiveMinimum": True},
            3,
            ["numeric instance is not strictly greater than the required minimum 3"],
        ),
        (
            {"maximum": 1.5},
            2,
            ["numeric instance is greater than the required maximum (maximum: 1.5, found: 2)"],
        ),
        (
            {"maximum": 3, "exclusiveMaximum": True},
            3,
            ["numeric instance is not strictly lower than the required maximum 3"],
        ),
        ({"multipleOf": 2}, 3, ["remainder of division is not zero (3 / 2)"]),
        ({"minLength": 3}, "ab", ['string "ab" is too short (length: 2, required minimum: 3)']),
        ({"maxLength": 1}, "ab", ['string "ab" is too long (length: 2, maximum allowed: 1)']),
        ({"pattern": "^\\d+$"}, "ab", ['ECMA 262 regex "^\\d+$" does not match input string "ab"']),
        ({"enum": ["a", 1]}, "b", ['instance value ("b") not found in enum (possible values: ["a",1])']),
        (
            {"allOf": [{"type": "integer"}, {"minimum": 3}, {"maximum": 1}]},
            2,
            ["instance failed to match all required schemas (matched only 1 out of 3)"],
        ),
        (
            {"anyOf": [{"type": "string"}, {"minimum": 3}]},
            2,
            ["instance failed to match at least one required schema among 2"],
        ),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 1}, {"type": "string"}]},
            2,
            ["instance failed to match exactly one schema (matched 2 out of 3)"],
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}]},
            2,
            ["instance failed to match exactly one schema (matched 0 out of 2)"],
        ),
        ({"not": {"type": "integer"}}, 2, ["instance matched a schema which it should not have"]),
        ({"format": "email"}, "x", ['string "x" is not a valid email address']),
    ],
)
def test_each_keyword_has_its_words(schema: Any, body: Any, texts: list[str]) -> None:
    assert problems(schema, body) == texts


def test_an_object_is_told_of_before_its_members() -> None:
    schema = {
        "required": ["id"],
        "properties": {"tags": {"items": {"type": "string"}}, "allOf": {"allOf": [{"type": "null"}, {}]}},
        "maxProperties": 1,
    }
    found = problems(schema, {"tags": [1, "x", 2], "allOf": 3})
    assert found is not None
    assert set(found[:2]) == {
        'object has missing required properties (["id"])',
        "object has too many properties (found 2 but schema requires at most 1)",
    }
    assert found[2:] == [
        "instance failed to match all required schemas (matched only 1 out of 2)",
        TYPE.format("integer", '["string"]'),
        TYPE.format("integer", '["string"]'),
    ]


def test_the_dialect_is_draft_4_whatever_schema_says() -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "const": 1, "contains": {"type": "null"}}
    assert problems(schema, 2) is None
    assert problems({"$ref": MODELS + "Other"}, 2, Other=schema) is None


@pytest.mark.parametrize("name", ["date", "time", "uuid", "nonsense"])
def test_formats_of_other_drafts_are_not_checked(name: str) -> None:
    assert problems({"format": name}, "x") is None


@pytest.mark.parametrize("name", ["date-time", "email", "ipv4", "ipv6", "uri", "hostname"])
def test_formats_of_draft_4_are_checked(name: str) -> None:
    assert problems({"format": name}, "-- no --")


def test_references_within_a_model_and_to_others() -> None:
    schema = {
        "definitions": {"tag/name": {"type": "string"}},
        "properties": {"tag": {"$ref": "#/definitions/tag~1name"}, "owner": {"$ref": MODELS + "Owner"}},
    }
    owner = {"allOf": [{"type": "object"}, {"$ref": "#/definitions/named"}], "definitions": {"named": NAMED}}
    assert problems(schema, {"tag": "x", "owner": {"name": "y"}}, Owner=owner) is None
    assert problems(schema, {"tag": 1, "owner": {}}, Owner=owner) == [
        TYPE.format("integer", '["string"]'),
        "instance failed to match all required schemas (matched only 1 out of 2)",
    ]


NAMED = {"required": ["name"]}


def test_a_schema_with_an_address_of_its_own_is_explained_by_the_keyword() -> None:
    schema = {
        "id": "http://example.com/pets.json",
        "properties": {"a": {"$ref": "http://example.com/pets.json#/definitions/n"}},
        "definitions": {"n": {"allOf": [{"type": "null"}]}},
    }
    assert problems(schema, {"a": 1}) == [TYPE.format("integer", '["null"]')]


def test_models_may_refer_to_each_other_in_a_circle() -> None:
    cat = {"required": ["name"], "properties": {"prey": {"$ref": MODELS + "Mouse"}}}
    mouse = {"properties": {"hunter": {"$ref": MODELS + "M"}}}
    assert problems(cat, {"name": "a", "prey": {"hunter": {"name": "b"}}}, Mouse=mouse) is None
    assert problems(cat, {"name": "a", "prey": {"hunter": {}}}, Mouse=mouse) == [
        'object has missing required properties (["name"])'
    ]


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"$ref": MODELS + "M"}])
def test_a_model_that_only_refers_to_itself_ends(schema: Any) -> None:
    assert problems(schema, {"a": 1}) is None


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "objec"}, "model M: "),
        ({"required": []}, "model M: "),
        ({"minimum": "a"}, "model M: "),
        ({"exclusiveMinimum": 3}, "model M: "),
        ([], "model M: "),
        ({"$ref": "#/definitions/nope"}, "/definitions/nope"),
        ({"$ref": "http://127.0.0.1:9/x"}, "127.0.0.1:9"),
        ({"$ref": "file:///etc/passwd"}, "passwd"),
        ({"$ref": "other.json"}, "other.json"),
        ({"$ref": MODELS + "Nope"}, "there is no model named Nope"),
        ({"$ref": "https://apigateway.amazonaws.com/restapis/zzz/models/M"}, "zzz"),
        ({"pattern": "^(?!x)"}, "look-around and back-references are not supported"),
        ({"pattern": "(a)\\1"}, "look-around and back-references are not supported"),
        ({"pattern": "((a{1,999}){1,999}){1,999}"}, "regex"),
        ({"patternProperties": {"(?=x)": {}}}, "regex"),
    ],
)
def test_what_cannot_be_enforced_is_refused(schema: Any, reason: str) -> None:
    with pytest.raises(ValueError, match="model M: ") as refused:
        problems(schema, {})
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_schema_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="model M: "):
        compile_model("M", {"M": {"schema": "{"}}, "abc123")


def test_a_model_has_a_bound() -> None:
    with pytest.raises(ValueError, match=f"at most {MODEL_BYTES} are allowed"):
        problems({"description": "x" * MODEL_BYTES}, {})


def test_a_schema_too_deep_is_refused() -> None:
    text = '{"not":' * 900 + "{}" + "}" * 900
    with pytest.raises(ValueError, match="model M: "):
        compile_model("M", {"M": {"schema": text}}, "abc123")


def test_of_a_large_body_only_the_first_problem_is_told() -> None:
    text = TYPE.format("integer", '["string"]')
    strings = {"items": {"type": "string"}}
    assert problems(strings, [1] * (DETAILED_MEMBERS + 1)) == [text] * (DETAILED_MEMBERS + 1)
    assert problems(strings, [1] * (DETAILED_MEMBERS + 2)) == [text]
    assert problems(strings, [1, 2, "x" * DETAILED_BYTES]) == [text]


def test_a_body_nested_too_deeply_to_be_shown_is_still_refused() -> None:
    model = compile_model("M", {"M": {"schema": '{"enum": [1]}'}}, "abc123")
    assert model.problems(b"[" * 255 + b"]" * 255) == [
        "instance value (…) not found in enum (possible values: [1])"
    ]
    for depth in (256, 500, 100_000):
        assert model.problems(b"[" * depth + b"]" * depth) == ["Unknown error parsing request body"]


def test_a_long_value_is_shown_in_part() -> None:
    found = problems({"maxLength": 1}, "x" * 100_000)
    assert found is not None
    assert len(found[0]) < 2_000
