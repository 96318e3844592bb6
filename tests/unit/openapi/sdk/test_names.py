"""Identifiers."""

from __future__ import annotations

import pytest

from gatewright.openapi.sdk.names import Names, camel, operation_words, snake


@pytest.mark.parametrize(
    ("operation_id", "verb", "path", "words"),
    [
        ("getPetHTTPUrl", "GET", "/", "get pet http url"),
        ("add-pet_2", "POST", "/", "add pet 2"),
        (None, "GET", "/", "get root"),
        (None, "GET", "/pets/{petId}", "get pets by pet id"),
        (None, "ANY", "/{proxy+}", "any by proxy"),
        ("é", "PUT", "/a.b", "put a b"),
    ],
)
def test_an_operation_has_words(operation_id: str | None, verb: str, path: str, words: str) -> None:
    found = operation_words(operation_id, verb, path)
    assert " ".join(found) == words
    assert snake(found) == words.replace(" ", "_")
    assert camel(found).lower() == words.replace(" ", "")


def test_names_are_unique_and_none_is_reserved() -> None:
    names = Names(["class"])
    assert [names.take(name, "p_") for name in ("a", "a", "a", "class", "1", "")] == [
        "a",
        "a_2",
        "a_3",
        "class_2",
        "p_1",
        "p_",
    ]
