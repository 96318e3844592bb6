"""What a Python handler gets and what becomes of what it returns."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda


def deploy(functions: Lambda, body: str, **configuration: Any) -> None:
    functions.deploy("f", {"app.py": f"def handler(event, context):\n    {body}\n"}, **configuration)


def test_the_event_comes_in_and_the_result_goes_out(functions: Lambda) -> None:
    deploy(functions, "return {'got': event, 'umlaut': 'ä'}")
    outcome = functions.invoke("f", {"a": [1, None, "ü"]})
    assert outcome.payload.decode() == '{"got": {"a": [1, null, "ü"]}, "umlaut": "ä"}'
    assert (outcome.status_code, outcome.executed_version, outcome.log_tail) == (200, "$LATEST", None)
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", outcome.request_id
    )


def test_before_python_3_12_lambda_escapes_what_is_not_ascii(functions: Lambda) -> None:
    deploy(functions, "return 'ä'", runtime="python3.11")
    assert functions.invoke("f").payload == rb'"\u00e4"'


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ("return None", b"null"),
        ("return b'raw \\xff'", b"raw \xff"),
        ("from decimal import Decimal; return [Decimal('7'), Decimal('1.5')]", b"[7, 1.5]"),
        ("return 'x' * 70000", b'"' + b"x" * 70000 + b'"'),
    ],
)
def test_results_are_serialised_as_lambda_does(functions: Lambda, body: str, payload: bytes) -> None:
    deploy(functions, body)
    assert functions.invoke("f").payload == payload


def test_a_large_event_arrives_whole(functions: Lambda) -> None:
    deploy(functions, "return len(event)")
    assert functions.call("f", "x" * 3_000_000) == 3_000_000


def test_no_payload_is_an_empty_event(functions: Lambda) -> None:
    deploy(functions, "return event")
    assert functions.call("f", b"") == {}


def test_the_context_describes_the_invocation(functions: Lambda) -> None:
    deploy(
        functions,
        "c = context; return [c.aws_request_id, c.invoked_function_arn, c.function_name, c.function_version,"
        " c.memory_limit_in_mb, c.log_group_name, c.log_stream_name, c.get_remaining_time_in_millis(),"
        " c.identity.cognito_identity_id, c.client_context]",
        MemorySize=256,
        Timeout=7,
    )
    outcome = functions.invoke("f")
    request_id, arn, name, version, memory, group, stream, remaining, identity, client = json.loads(
        outcome.payload
    )
    assert request_id == outcome.request_id
    assert arn == "arn:aws:lambda:eu-west-1:123456789012:function:f"
    assert (name, version, memory, group) == ("f", "$LATEST", "256", "/aws/lambda/f")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert 0 < remaining <= 7000
    assert (identity, client) == (None, None)


def test_the_client_context_reaches_the_handler(functions: Lambda) -> None:
    deploy(functions, "c = context.client_context; return [c.custom, c.env, c.client.app_title]")
    text = json.dumps({"custom": {"k": "ü"}, "env": {"e": "1"}, "client": {"app_title": "t"}})
    encoded = base64.b64encode(text.encode()).decode()
    assert functions.call("f", client_context=encoded) == [{"k": "ü"}, {"e": "1"}, "t"]


def test_the_environment_is_lambdas_and_the_users_and_not_the_workers(
    functions: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_SECRET", "s3cret")
    deploy(
        functions,
        "import os; return dict(os.environ)",
        MemorySize=192,
        Environment={
            "Variables": {"COLOUR": "green", "TZ": "Europe/Rome", "AWS_LAMBDA_FUNCTION_NAME": "forged"}
        },
    )
    environment = functions.call("f")
    expected = {
        "COLOUR": "green",
        "TZ": "Europe/Rome",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "192",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "_HANDLER": "app.handler",
    }
    assert {name: environment.get(name) for name in expected} == expected
    assert environment["LAMBDA_TASK_ROOT"].startswith(str(functions.directory / "functions"))
    assert "WORKER_SECRET" not in environment


def test_the_trace_id_is_in_the_environment_of_its_invocation_only(functions: Lambda) -> None:
    deploy(functions, "import os; return os.environ.get('_X_AMZN_TRACE_ID')")
    assert functions.call("f", trace_id="Root=1-2-3") == "Root=1-2-3"
    assert functions.call("f") is None
    assert functions.call("f", trace_id="a\r\nLambda-Runtime-Aws-Request-Id: forged") is None


def test_modules_and_files_beside_the_handler_are_found(functions: Lambda) -> None:
    files = {
        "pkg/entry.py": "import helper\ndef main(e, c):\n    return [helper.NAME, open('data.txt').read()]\n",
        "helper.py": "NAME = 'helper'\n",
        "data.txt": "text",
    }
    functions.deploy("f", files, handler="pkg/entry.main")
    assert functions.call("f") == ["helper", "text"]


def test_an_instance_is_kept_warm(functions: Lambda) -> None:
    functions.deploy(
        "f", {"app.py": "calls = []\ndef handler(e, c):\n    calls.append(1)\n    return len(calls)\n"}
    )
    assert [functions.call("f") for _ in range(3)] == [1, 2, 3]


def test_prints_and_log_records_reach_the_log_in_order(functions: Lambda) -> None:
    body = "import logging; print('one'); logging.warning('two'); print('three', end=''); return 1"
    deploy(functions, body, MemorySize=256)
    outcome = functions.invoke("f", log_tail=True)
    assert outcome.log_tail is not None
    request_id = outcome.request_id
    start, one, two, rest, report, *more = outcome.log_tail.decode().splitlines()
    assert start == f"START RequestId: {request_id} Version: $LATEST"
    assert one == "one"
    assert re.fullmatch(rf"\[WARNING\]\t\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{request_id}\ttwo", two)
    assert rest == f"threeEND RequestId: {request_id}"
    pattern = rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
    pattern += r"Memory Size: 256 MB\tMax Memory Used: [1-9]\d* MB\tInit Duration: [\d.]+ ms\t"
    assert re.fullmatch(pattern, report)
    assert more == []
    functions.close()
    assert functions.log("f") == outcome.log_tail.decode()


def test_the_tail_is_the_last_four_kibibytes(functions: Lambda) -> None:
    deploy(functions, "print('x' * 10000); print('end')")
    tail = functions.invoke("f", log_tail=True).log_tail
    assert tail is not None
    assert len(tail) == 4096
    assert b"\nend\nEND RequestId" in tail
