"""What a Lambda proxy function's output becomes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gateway import lambda_answer
from gatewright.gateway.errors import GatewayError
from gatewright.wire.types import Field

JSON_TYPE = (b"Content-Type", b"application/json")


def parsed(output: Any, *, accept_binary: bool = False) -> tuple[int, list[Field], bytes]:
    response = lambda_answer.parse(orjson.dumps(output), accept_binary)
    return response.status, response.fields, response.body


@pytest.mark.parametrize(
    ("output", "status", "fields", "body"),
    [
        ({}, 200, [], b""),
        ({"statusCode": 201, "body": "x"}, 201, [], b"x"),
        ({"statusCode": "204"}, 204, [], b""),
        ({"statusCode": None, "body": None, "headers": None, "multiValueHeaders": None}, 200, [], b""),
        ({"headers": {"A": True, "B": False}}, 200, [(b"A", b"true"), (b"B", b"false")], b""),
        ({"headers": {"A": 5, "B": 1.5, "C": None}}, 200, [(b"A", b"5"), (b"B", b"1.5")], b""),
        ({"headers": {"A": "grün\t"}}, 200, [(b"A", "grün\t".encode())], b""),
        ({"body": "", "isBase64Encoded": None}, 200, [], b""),
        (
            {"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2", None]}},
            200,
            [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")],
            b"",
        ),
        (
            {"multiValueHeaders": {"tesT-Multi": ["value-multi"]}, "headers": {"test-multi": "value-solo"}},
            200,
            [(b"tesT-Multi", b"value-multi"), (b"tesT-Multi", b"value-solo")],
            b"",
        ),
        (
            {"headers": {"Server": "x", "WWW-Authenticate": "Basic", "Via": "y", "X-Amzn-Trace-Id": "z"}},
            200,
            [(b"x-amzn-Remapped-Server", b"x"), (b"x-amzn-Remapped-WWW-Authenticate", b"Basic")],
            b"",
        ),
    ],
)
def test_outputs_of_the_right_shape(output: Any, status: int, fields: list[Field], body: bytes) -> None:
    assert parsed(output) == (status, [JSON_TYPE, *fields], body)


@pytest.mark.parametrize("headers", ["headers", "multiValueHeaders"])
def test_a_content_type_of_its_own_replaces_the_default(headers: str) -> None:
    value = "text/x" if headers == "headers" else ["text/x"]
    assert parsed({headers: {"content-type": value}})[1] == [(b"content-type", b"text/x")]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"5", "not a JSON object"),
        (b'{"statusCode":200,"cookies":[]}', "unknown member 'cookies'"),
        (b'{"errorMessage":"x","errorType":"y"}', "unknown member 'errorMessage'"),
        (b'{"statusCode":"test"}', 'statusCode "test"'),
        (b'{"statusCode":600}', "statusCode 600"),
        (b'{"statusCode":101}', "statusCode 101"),
        (b'{"statusCode":true}', "statusCode true"),
        (b'{"statusCode":200.5}', "statusCode 200.5"),
        (b'{"body":{"a":1}}', 'body {"a":1}'),
        (b'{"body":[]}', "body []"),
        (b'{"body":5}', "body 5"),
        (b'{"isBase64Encoded":1}', "isBase64Encoded 1"),
        (b'{"isBase64Encoded":"yes"}', 'isBase64Encoded "yes"'),
        (b'{"headers":[]}', "headers []"),
        (b'{"headers":{"A":{}}}', "header A {}"),
        (b'{"headers":{"A":[]}}', "header A []"),
        (b'{"headers":{"A b":"x"}}', '"A b" is no header name'),
        (b'{"headers":{"":"x"}}', '"" is no header name'),
        (b'{"headers":{"' + b"A" * 257 + b'":"x"}}', "is no header name"),
        (b'{"headers":{"A":"x\\r\\nForged: 1"}}', "header A has a value with a line break"),
        (b'{"headers":{"A":"x\\u0000"}}', "NUL"),
        (b'{"multiValueHeaders":"x"}', 'multiValueHeaders "x"'),
        (b'{"multiValueHeaders":{"A":"x"}}', 'multiValueHeaders.A "x" is not an array'),
        (b'{"multiValueHeaders":{"A":[{}]}}', "header A {}"),
    ],
)
def test_outputs_of_another_shape_are_malformed(payload: bytes, why: str) -> None:
    with pytest.raises(GatewayError) as refused:
        lambda_answer.parse(payload, False)
    error = refused.value
    assert (error.status, error.message, error.type.name) == (502, "Internal server error", "DEFAULT_5XX")
    assert error.traced
    assert error.reason == "Execution failed due to configuration error: Malformed Lambda proxy response"
    assert why in error.detail


def test_a_reason_shows_no_more_than_it_must() -> None:
    with pytest.raises(GatewayError) as refused:
        parsed({"body": ["x" * 10_000]})
    assert len(str(refused.value)) < 300


def test_a_value_nested_too_deeply_to_be_shown_is_still_malformed() -> None:
    with pytest.raises(GatewayError, match="body … is not a string"):
        lambda_answer.parse(b'{"body":' + b"[" * 500 + b"]" * 500 + b"}", False)


ENCODED = {"body": "dGVzdC1kYXRh", "isBase64Encoded": True}


@pytest.mark.parametrize(
    ("flag", "accept_binary", "body"),
    [
        (True, True, b"test-data"),
        ("true", True, b"test-data"),
        (True, False, b"dGVzdC1kYXRh"),
        (False, True, b"dGVzdC1kYXRh"),
        ("false", True, b"dGVzdC1kYXRh"),
    ],
)
def test_base64_is_decoded_for_clients_that_accept_binary(
    flag: Any, accept_binary: bool, body: bytes
) -> None:
    assert parsed(ENCODED | {"isBase64Encoded": flag}, accept_binary=accept_binary)[2] == body


def test_bad_base64_is_a_configuration_error() -> None:
    with pytest.raises(GatewayError, match="Unable to base64 decode the body") as refused:
        parsed(ENCODED | {"body": "not base64"}, accept_binary=True)
    assert (refused.value.status, refused.value.traced) == (500, True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"])
REFUSED: tuple[int, list[Field], bytes] = (500, [], b"")


def answered_or_refused(output: dict[str, Any]) -> tuple[int, list[Field], bytes]:
    try:
        return parsed(output, accept_binary=True)
    except GatewayError:
        return REFUSED


@given(st.dictionaries(MEMBERS, JSON, max_size=5))
def test_no_output_breaks_the_answer(output: dict[str, Any]) -> None:
    status, fields, body = answered_or_refused(output)
    assert 200 <= status <= 599
    assert isinstance(body, bytes)
    for name, value in fields:
        assert name
        assert not set(name + value) & set(b"\r\n\0")
