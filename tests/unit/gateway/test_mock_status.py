"""The lenient reader of a mock template's output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gateway.integrations.mock import status_code


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ('{"statusCode": 200}', 200),
        ("{ statusCode: 200 }", 200),
        ("{'statusCode': 200}", 200),
        ('{"statusCode": 0}', 0),
        ('{"statusCode": -1000}', -1000),
        ('{"statusCode": 200 , }', 200),
        ('{"statusCode": 200 ,, }', 200),
        ('{"statusCode": 200, "x": "y"}', 200),
        ("{statusCode: 200, \"value\": 'goog'}", 200),
        ("{statusCode: 200, foo}: [ba r]}", 200),
        ("{statusCode: 200, }foo: ''}", 200),
        ('{"a": {"b": [1, {"c": 2}]}, "statusCode": 204}', 204),
        ('\n{\n  "statusCode" : 200\n}\n', 200),
    ],
)
def test_outputs_that_pass(output: str, code: int) -> None:
    assert status_code(output) == code


@pytest.mark.parametrize(
    "output",
    [
        '{"statusCode": "200"}',
        '{"statusCode": 200',
        "statusCode: 200",
        "{\"statusCode': 200 }",
        "{'statusCode: 200 }",
        "{statusCode: 200, {foo: [ba r]}",
        "{" * 100_000,
        '{"statusCode": true}',
        '{"statusCode": 200.5}',
        '[{"statusCode": 200}]',
        "200",
        "{}",
        "",
    ],
)
def test_outputs_without_a_status(output: str) -> None:
    assert status_code(output) is None


@given(st.text(alphabet="{}[]'\",: statusCode200-\n", max_size=60))
def test_rubbish_is_read_or_refused_but_never_raises(output: str) -> None:
    code = status_code(output)
    assert code is None or "statusCode" in output
