"""What a function may answer, and what is made of it."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from tests.unit.gateway.authorizers.conftest import allowing

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.method_request.authorizers.authorizer_answer import (
    ANSWER_BYTES,
    read_answer,
    shown_answer,
)


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("context", "exposed"),
    [
        ("null", {}),
        ("{}", {}),
        ('{"tenant": "t1", "level": 3}', {"tenant": "t1", "level": "3"}),
        ('{"vip": true, "off": false}', {"vip": "true", "off": "false"}),
        ('{"half": 0.5, "one": 1.0, "big": 1e10}', {"half": "0.5", "one": "1.0", "big": "1.0E10"}),
        ('{"long": 12345678901234567890}', {"long": "12345678901234567890"}),
        ('{"nothing": null, "empty": ""}', {"empty": ""}),
        ('{"principalId": "somebody else", "integrationLatency": "1"}', {}),
        ('{"claims": "text", "a-b": "c"}', {"claims": "text", "a-b": "c"}),
    ],
)
def test_the_context_is_exposed_as_texts(context: str, exposed: dict[str, str]) -> None:
    payload = json.dumps(allowing(context="here")).replace('"here"', context)
    assert list(read_answer(payload.encode()).exposed(12).items()) == [
        ("principalId", "user|a1"),
        *exposed.items(),
        ("integrationLatency", 12),
    ]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "is not JSON"),
        (b"null", "the answer is no JSON object"),
        (b'"Unauthorized"', "the answer is no JSON object"),
        (b"[]", "the answer is no JSON object"),
        (b"{}", "policyDocument is missing"),
        (b'{"statusCode": 401}', "policyDocument is missing"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"principalId": "a", "principalId": "b"}', "'principalId' stands twice"),
        (b"{" * 100_000, "is not JSON"),
        (b"[" * 100_000, "deeper than"),
        (b" " * (ANSWER_BYTES + 1), "more than 6291456 bytes"),
        (allowing() | {"principalId": 7}, "principalId is no text"),
        (allowing() | {"policyDocument": None}, "policyDocument is missing"),
        (allowing() | {"policyDocument": "{}"}, "policyDocument is missing or no object"),
        (allowing() | {"policyDocument": {}}, "Statement: there is none"),
        (allowing() | {"policyDocument": {"Statement": []}}, "Statement: there is none"),
        (allowing(effect="allow"), "'allow' is neither Allow nor Deny"),
        (allowing(resource="x" * 513), "has 513 characters; at most 512 are allowed"),
        (allowing(context={"o": {"a": 1}}), "context: o: a value must be"),
        (allowing(context={"a": [1], "b": 2, "c": {}}), "context: a, c: a value must be"),
        (allowing() | {"context": "text"}, "context is no object"),
        (allowing(usageIdentifierKey=7), "usageIdentifierKey is no text"),
    ],
)
def test_an_answer_that_is_none_is_a_configuration_error(payload: Any, why: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read_answer(payload if isinstance(payload, bytes) else orjson.dumps(payload))
    error = refused.value
    assert (error.status, error.message) == (500, None)
    assert error.type.error_type == "AuthorizerConfigurationException"
    assert why in error.detail


def test_one_statement_need_not_be_a_list() -> None:
    document = allowing()
    document["policyDocument"]["Statement"] = document["policyDocument"]["Statement"][0]
    assert len(read_answer(orjson.dumps(document)).policy.allows) == 1


@pytest.mark.parametrize("principal", [None, ""])
def test_an_answer_without_a_principal_can_still_be_read(principal: str | None) -> None:
    answer = read_answer(orjson.dumps(allowing() | {"principalId": principal}))
    assert answer.principal_id is None
    assert "principalId" not in answer.exposed(0)


def test_large_answers_are_read_too() -> None:
    answer = read_answer(orjson.dumps(allowing(context={"long": "x" * 100_000})))
    assert len(answer.context["long"]) == 100_000


def test_an_api_key_is_not_shown() -> None:
    payload = orjson.dumps(allowing(usageIdentifierKey="sekrit-abcdef"))
    assert read_answer(payload).usage_identifier_key == "sekrit-abcdef"
    assert "sekrit" not in repr(read_answer(payload))
    shown = shown_answer(payload)
    assert "sekrit" not in shown
    assert orjson.loads(shown) == allowing(usageIdentifierKey="*******abcdef")
