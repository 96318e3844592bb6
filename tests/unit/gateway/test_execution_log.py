"""The execution log that a trace tells, line by line in the service's words."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.gateway.execution_log import java_map, render_log
from gatewright.gateway.trace import Trace

NOON = 1722506400.0  # Thu, 01 Aug 2024 10:00:00 UTC
ID = "7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11"
REQUEST: dict[str, Any] = {
    "verb": "GET",
    "path": "/pets/123",
    "pathParameters": {"petId": "123"},
    "query": {"foo": "bar"},
    "headers": {},
    "body": "",
}


def log_of(*steps: tuple[Any, dict[str, Any]]) -> list[str]:
    trace = Trace(lambda: NOON)
    for name, facts in steps:
        trace.add(name, **facts)
    return render_log(ID, trace).splitlines()


def test_a_mock_is_told_in_the_recorded_lines() -> None:
    answer = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": ""}
    date = "Thu Aug 01 10:00:00 UTC 2024 : "
    assert log_of(("method request", REQUEST), ("method response", answer)) == [
        f"Execution log for request {ID}",
        f"{date}Starting execution for request: {ID}",
        f"{date}HTTP Method: GET, Resource Path: /pets/123",
        f"{date}Method request path: {{petId=123}}",
        f"{date}Method request query string: {{foo=bar}}",
        f"{date}Method request headers: {{}}",
        f"{date}Method request body before transformations: ",
        f"{date}Method response body after transformations: ",
        f"{date}Method response headers: {{Content-Type=application/json}}",
        f"{date}Successfully completed execution",
        f"{date}Method completed with status: 200",
    ]


KEY: dict[str, Any] = {"key": "*****456789", "stage": "a1b2c3d4e5/prod", "why": ""}


def test_a_usage_plan_is_checked_before_the_execution_starts() -> None:
    accepted = KEY | {"accepted": True, "keyId": "k1", "plan": "gold"}
    texts = [line.partition(" : ")[2] for line in log_of(("api key", accepted), ("method request", REQUEST))]
    assert texts[1:4] == [
        f"Verifying Usage Plan for request: {ID}. API Key: *****456789 API Stage: a1b2c3d4e5/prod",
        "Usage Plan check succeeded for API Key *****456789 and API Stage a1b2c3d4e5/prod",
        f"Starting execution for request: {ID}",
    ]


def test_a_refused_key_starts_no_execution() -> None:
    refused = KEY | {"accepted": False, "key": ""}
    answer = {"type": "INVALID_API_KEY", "status": 403, "reason": "API Key  not authorized because …"}
    texts = [line.partition(" : ")[2] for line in log_of(("api key", refused), ("gateway response", answer))]
    assert texts[1:] == [
        f"Verifying Usage Plan for request: {ID}. API Key:  API Stage: a1b2c3d4e5/prod",
        "API Key  not authorized because …",
        "Method completed with status: 403",
    ]


def test_an_endpoint_is_told_between_request_and_response() -> None:
    called = {"uri": "http://be/x?a=1", "headers": {"Accept": "application/json"}, "body": "{}"}
    answered = {"status": 404, "latencyMs": 19, "headers": {"Server": "be"}, "body": "no"}
    texts = [
        line.partition(" : ")[2]
        for line in log_of(("endpoint request", called), ("endpoint response", answered))
    ]
    assert texts[2:] == [
        "Endpoint request URI: http://be/x?a=1",
        "Endpoint request headers: {Accept=application/json}",
        "Endpoint request body after transformations: {}",
        "Sending request to http://be/x?a=1",
        "Received response. Status: 404, Integration latency: 19 ms",
        "Endpoint response headers: {Server=be}",
        "Endpoint response body before transformations: no",
    ]


def test_a_failure_ends_with_its_reason_and_its_status() -> None:
    reason = "Execution failed due to configuration error: Invalid endpoint address"
    failed = {"status": 500, "reason": reason, "detail": "no such host", "type": "API_CONFIGURATION_ERROR"}
    lines = log_of(("method request", REQUEST), ("gateway response", failed))
    assert [line.partition(" : ")[2] for line in lines[-2:]] == [reason, "Method completed with status: 500"]


def test_steps_that_only_explain_are_not_in_the_log() -> None:
    assert len(log_of(("method request", REQUEST), ("route", {"served": True}))) == 7


def test_a_long_map_is_cut_at_998_characters() -> None:
    text = java_map({"X": "y" * 2000})
    assert text == "{X=" + "y" * 995 + " [TRUNCATED]"
    assert java_map({"X": "y" * 994}) == "{X=" + "y" * 994 + "}"


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Cookie", "X-Amz-Security-Token"])
def test_credentials_keep_their_last_six_characters(name: str) -> None:
    lines = log_of(("method request", {**REQUEST, "headers": {name: "Bearer abcdef123456"}}))
    assert lines[5].endswith(f"Method request headers: {{{name}=*************123456}}")


def test_signatures_in_the_query_string_are_masked() -> None:
    asked = {**REQUEST, "query": {"X-Amz-Signature": "0123456789abcdef", "q": "1"}}
    assert log_of(("method request", asked))[4].endswith("{X-Amz-Signature=**********abcdef, q=1}")
    called = {"uri": "http://be/x?access_token=0123456789&q=1", "headers": {}, "body": ""}
    assert "http://be/x?access_token=****456789&q=1" in log_of(("endpoint request", called))[2]


AUTHORIZED: dict[str, Any] = {
    "name": "auth",
    "kind": "TOKEN",
    "id": "aid123",
    "identity": {"method.request.header.Authorization": "***abc"},
    "allowed": True,
    "cached": True,
    "principal": "***def",
    "why": "",
}


def texts_of(*steps: tuple[Any, dict[str, Any]]) -> list[str]:
    return [line.partition(" : ")[2] for line in log_of(*steps)[1:]]


def test_an_authorizer_is_told_before_the_execution_starts() -> None:
    assert texts_of(("route", {}), ("authorizer", AUTHORIZED), ("method request", REQUEST))[:5] == [
        f"Starting authorizer: aid123 for request: {ID}",
        "Incoming identity: ***abc",
        "Using valid authorizer policy for principal: ***def",
        "Successfully completed authorizer execution",
        f"Starting execution for request: {ID}",
    ]


def test_a_request_that_its_authorizer_refuses_does_not_start() -> None:
    refused = {"name": "auth", "kind": "REQUEST", "id": "aid123", "allowed": False, "why": "missing"}
    answer = {"status": 401, "reason": f"Unauthorized request: {ID}"}
    assert texts_of(("authorizer", refused), ("gateway response", answer)) == [
        f"Starting authorizer: aid123 for request: {ID}",
        f"Unauthorized request: {ID}",
        "Method completed with status: 401",
    ]
