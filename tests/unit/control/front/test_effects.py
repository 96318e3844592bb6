"""Operations that go on outside the catalog, on the event loop: Invoke."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.management import client_of, running_management

from gatewright.catalog.api import Catalog
from gatewright.control.lambda_api.invoke_streamed import CHUNK_BYTES
from gatewright.functions.api import (
    FunctionFailed,
    FunctionName,
    FunctionNotFound,
    Outcome,
    StreamedOutcome,
)
from gatewright.wire.flow import Flow
from gatewright.wire.pending import Pending


class Ignored:
    """The valve of a body that is all there."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def cancel(self) -> None: ...


class LateFunctions:
    """Answers each invocation on a later turn of the loop: with its own payload, or the error it is given."""

    is_remote = False

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.invoked: list[tuple[FunctionName, dict[str, Any]]] = []

    def invoke(self, function: FunctionName, payload: bytes, **given: Any) -> Pending[Outcome]:
        self.invoked.append((function, given))
        pending: Pending[Outcome] = Pending()
        if self._error is not None:
            asyncio.get_running_loop().call_soon(pending.fail, self._error)
        else:
            outcome = Outcome(200, payload, function_error="Unhandled", log_tail=b"log")
            asyncio.get_running_loop().call_soon(pending.resolve, outcome)
        return pending

    def invoke_streamed(self, function: FunctionName, payload: bytes, **_: Any) -> Pending[StreamedOutcome]:
        """More than one event takes, and an error behind it."""
        flow = Flow(Ignored())
        flow.give(payload * CHUNK_BYTES)
        if self._error is not None:
            asyncio.get_running_loop().call_later(0, flow.fail, self._error)
        else:
            flow.finish()
        pending: Pending[StreamedOutcome] = Pending()
        pending.resolve(StreamedOutcome(flow, "7", "an id"))
        return pending

    async def close(self) -> None:
        return None


def test_an_invocation_is_answered_when_it_ends(catalog: Catalog) -> None:
    functions = LateFunctions()
    with (
        running_management(catalog, functions=functions) as endpoint,
        client_of(endpoint, "lambda") as client,
    ):
        answer = client.invoke(FunctionName="hello", Payload=b'{"a": 1}', LogType="Tail", Qualifier="live")
        assert answer["Payload"].read() == b'{"a": 1}'
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (answer["ExecutedVersion"], answer["LogResult"]) == ("$LATEST", "bG9n")
    ((function, given),) = functions.invoked
    assert function == FunctionName("111122223333", "us-east-1", "hello", "live")
    assert given["log_tail"] is True


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (FunctionNotFound("Function not found: x", Type="User"), "ResourceNotFoundException", 404),
        (RuntimeError("a bug"), "InternalFailure", 500),
    ],
)
def test_an_invocation_that_fails_is_answered_too(
    catalog: Catalog, error: Exception, code: str, status: int
) -> None:
    with (
        running_management(catalog, functions=LateFunctions(error)) as endpoint,
        client_of(endpoint, "lambda") as client,
        pytest.raises(ClientError) as raised,
    ):
        client.invoke(FunctionName="hello")
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert "a bug" not in raised.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("error", "complete"),
    [
        (None, {}),
        (FunctionFailed(b'{"errorType": "E"}'), {"ErrorCode": "E", "ErrorDetails": '{"errorType": "E"}'}),
        (FunctionFailed(b"[]"), {"ErrorCode": "Unhandled", "ErrorDetails": "[]"}),
    ],
)
def test_a_streamed_invocation_is_answered_in_events(
    catalog: Catalog, error: Exception | None, complete: dict[str, str]
) -> None:
    with (
        running_management(catalog, functions=LateFunctions(error)) as endpoint,
        client_of(endpoint, "lambda") as client,
    ):
        answer = client.invoke_with_response_stream(FunctionName="hello", Payload=b"12")
        *chunks, last = answer["EventStream"]
    assert answer["ExecutedVersion"] == "7"
    assert answer["ResponseMetadata"]["RequestId"] == "an id"
    assert [event["PayloadChunk"]["Payload"] for event in chunks] == [b"12" * (CHUNK_BYTES // 2)] * 2
    assert last == {"InvokeComplete": complete}


@pytest.mark.parametrize(
    "asked", [{"LogType": "Tail"}, {"InvocationType": "DryRun"}, {"ClientContext": "e30="}]
)
def test_what_a_streamed_invocation_does_not_do_is_refused_by_name(
    catalog: Catalog, asked: dict[str, str]
) -> None:
    with (
        running_management(catalog, functions=LateFunctions()) as endpoint,
        client_of(endpoint, "lambda") as client,
        pytest.raises(ClientError, match=next(iter(asked))) as raised,
    ):
        client.invoke_with_response_stream(FunctionName="hello", **asked)
    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_an_error_lets_go_of_what_was_sent(catalog: Catalog) -> None:
    """A failed call's frames hold its payload, and the error would hold them."""
    error = FunctionNotFound("Function not found: x", Type="User")
    with (
        running_management(catalog, functions=LateFunctions(error)) as endpoint,
        client_of(endpoint, "lambda") as client,
        pytest.raises(ClientError),
    ):
        client.invoke(FunctionName="hello", Payload=b"{}")
    assert error.__traceback__ is None
