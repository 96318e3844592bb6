"""The client of a remote Lambda endpoint, against a server that checks what it is sent."""

from __future__ import annotations

import asyncio
import binascii
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

from gatewright.aws import sigv4
from gatewright.aws.errors import AwsError
from gatewright.aws.sigv4 import Secret
from gatewright.functions.api import (
    FunctionFailed,
    FunctionName,
    FunctionNotFound,
    FunctionThrottled,
    InvocationFailed,
    Outcome,
    PayloadTooLarge,
    PermissionDenied,
)
from gatewright.functions.remote import RemoteFunctions
from gatewright.functions.remote_stream import StreamBroken
from gatewright.wire.flow import Collected
from gatewright.wire.pending import future_from
from gatewright.wire.server import Server
from gatewright.wire.types import Reply, Request, Response, render_fields

KEYS = Secret("AKIAEXAMPLE", "secret", "token")
FUNCTION = FunctionName("123456789012", "eu-west-1", "pets", "live")


class Endpoint:
    """A Lambda endpoint that answers what a test wants, and remembers what it was asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.answer = Response(200, b"", b"{}")
        self.requests: list[Request] = []
        self._server = Server(self, loop=loop)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        loop.run_until_complete(self._server.listen(listener))
        self._clients: list[RemoteFunctions] = []

    def __call__(self, request: Request, reply: Reply) -> None:
        self.requests.append(request)
        reply.send(self.answer)

    def client(self, secrets: Callable[[], Secret | None] = lambda: KEYS, **options: Any) -> RemoteFunctions:
        client = RemoteFunctions(self.url, loop=self.loop, secrets=secrets, **options)
        self._clients.append(client)
        return client

    def invoke(self, client: RemoteFunctions, payload: bytes = b"{}", **options: Any) -> Outcome:
        pending = client.invoke(FUNCTION, payload, **options)
        return self.loop.run_until_complete(asyncio.wait_for(future_from(pending, self.loop), 10))

    def streamed(self, client: RemoteFunctions, **options: Any) -> bytes:
        """The payload of a streamed invocation, whole."""

        async def collected() -> bytes:
            outcome = await future_from(client.invoke_streamed(FUNCTION, b"{}", **options), self.loop)
            sink = Collected(1_000_000)
            outcome.payload.pour(sink)
            return await future_from(sink, self.loop)

        return self.loop.run_until_complete(asyncio.wait_for(collected(), 10))

    def close(self) -> None:
        for client in self._clients:
            self.loop.run_until_complete(client.close())
        self._server.stop_accepting()
        self.loop.run_until_complete(self._server.drain(1))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    loop = uvloop.new_event_loop()
    endpoint = Endpoint(loop)
    yield endpoint
    endpoint.close()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_the_call_is_lambdas_and_signed(endpoint: Endpoint) -> None:
    now = 1_795_500_000.0
    client = endpoint.client(clock=lambda: now)
    endpoint.invoke(client, b'{"a":1}', log_tail=True, client_context="e30=", trace_id="Root=1-2-3")
    [request] = endpoint.requests
    assert (request.method, request.path) == ("POST", "/2015-03-31/functions/pets/invocations")
    assert (request.query, request.body) == ("Qualifier=live", b'{"a":1}')
    sent = {name: request.headers.get(name) for name in (b"x-amz-invocation-type", b"x-amz-log-type")}
    assert sent == {b"x-amz-invocation-type": b"RequestResponse", b"x-amz-log-type": b"Tail"}
    assert request.headers.get(b"x-amz-client-context") == b"e30="
    assert request.headers.get(b"x-amzn-trace-id") == b"Root=1-2-3"
    identity = sigv4.verify(
        request.method,
        request.path,
        request.query,
        request.headers,
        request.body,
        lambda key: KEYS if key == KEYS.access_key else None,
        service="lambda",
        now=now,
    )
    assert (identity.access_key, identity.region) == (KEYS.access_key, "eu-west-1")


def test_the_answer_is_read_whole(endpoint: Endpoint) -> None:
    fields = [
        (b"X-Amz-Executed-Version", b"7"),
        (b"X-Amz-Function-Error", b"Unhandled"),
        (b"x-amzn-RequestId", b"an-id"),
        (b"X-Amz-Log-Result", b"bG9n"),
    ]
    endpoint.answer = Response(200, render_fields(fields), b'{"errorMessage":"boom"}')
    outcome = endpoint.invoke(endpoint.client())
    assert outcome == Outcome(200, b'{"errorMessage":"boom"}', "Unhandled", "7", "an-id", b"log")


@pytest.mark.parametrize("log", [b"no base64", b"\xe4\xf6\xfc"])
def test_a_log_that_cannot_be_read_is_none(endpoint: Endpoint, log: bytes) -> None:
    endpoint.answer = Response(200, render_fields([(b"X-Amz-Log-Result", log)]), b"1")
    outcome = endpoint.invoke(endpoint.client())
    assert (outcome.payload, outcome.log_tail) == (b"1", None)


def test_an_event_is_accepted(endpoint: Endpoint) -> None:
    endpoint.answer = Response(202)
    outcome = endpoint.invoke(endpoint.client(), invocation_type="Event")
    assert (outcome.status_code, outcome.payload, outcome.executed_version) == (202, b"", "live")
    assert endpoint.requests[0].headers.get(b"x-amz-invocation-type") == b"Event"


@pytest.mark.parametrize(
    ("status", "kind", "body", "expected", "message"),
    [
        (
            404,
            b"ResourceNotFoundException",
            b'{"Type":"User","Message":"Function not found: x"}',
            FunctionNotFound,
            "Function not found: x",
        ),
        (
            429,
            b"TooManyRequestsException:",
            b'{"message":"Rate Exceeded."}',
            FunctionThrottled,
            "Rate Exceeded.",
        ),
        (403, b"AccessDeniedException", b'{"Message":"no"}', PermissionDenied, "no"),
        (413, b"RequestEntityTooLargeException", b'{"message":"large"}', PayloadTooLarge, "large"),
        (502, b"", b"<html>", InvocationFailed, "The Lambda endpoint answered 502"),
        (500, b"ServiceException", b"[]", InvocationFailed, "The Lambda endpoint answered 500"),
    ],
)
def test_refusals_are_the_errors_they_stand_for(
    endpoint: Endpoint, status: int, kind: bytes, body: bytes, expected: type[AwsError], message: str
) -> None:
    endpoint.answer = Response(status, render_fields([(b"x-amzn-ErrorType", kind)]), body)
    with pytest.raises(expected) as caught:
        endpoint.invoke(endpoint.client())
    assert (caught.value.message, caught.value.status) == (message, status)


def test_an_endpoint_that_is_not_there(endpoint: Endpoint) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(InvocationFailed, match="The Lambda endpoint cannot be used for arn:aws:lambda"):
        endpoint.invoke(endpoint.client())


def test_without_keys_nothing_is_signed(endpoint: Endpoint) -> None:
    endpoint.invoke(endpoint.client(lambda: None))
    assert endpoint.requests[0].headers.get(b"authorization") is None


def test_renewed_keys_sign_later_calls(endpoint: Endpoint) -> None:
    times = iter(range(0, 10_000, 100))
    keys = iter([KEYS, *[Secret("AKIARENEWED", "other")] * 100])
    client = endpoint.client(lambda: next(keys), clock=lambda: float(next(times)))
    for _ in range(100):
        endpoint.invoke(client)
        authorization = endpoint.requests[-1].headers.get(b"authorization") or b""
        if b"AKIARENEWED" in authorization:
            break
    else:
        pytest.fail("the new keys were never used")


def test_the_default_keys_are_the_sdks(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    client = RemoteFunctions(endpoint.url, loop=endpoint.loop)
    endpoint.invoke(client)
    endpoint.loop.run_until_complete(client.close())
    assert b"Credential=AKIAENVIRONMENT/" in (endpoint.requests[0].headers.get(b"authorization") or b"")


def event(kind: str, payload: bytes) -> bytes:
    """One message of application/vnd.amazon.eventstream."""
    headers = b""
    for name, value in ((":message-type", "event"), (":event-type", kind)):
        headers += struct.pack("!B", len(name)) + name.encode()
        headers += struct.pack("!BH", 7, len(value)) + value.encode()
    return message(headers, payload)


def message(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack("!I", binascii.crc32(prelude)) + headers + payload
    return whole + struct.pack("!I", binascii.crc32(whole))


CHUNKS = event("PayloadChunk", b"one ") + event("PayloadChunk", b"two")


def test_a_streamed_invocation_is_read_from_its_events(endpoint: Endpoint) -> None:
    endpoint.answer = Response(200, b"", CHUNKS + event("InvokeComplete", b"{}"))
    assert endpoint.streamed(endpoint.client()) == b"one two"
    [request] = endpoint.requests
    assert request.path == "/2021-11-15/functions/pets/response-streaming-invocations"
    assert request.query == "Qualifier=live"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (CHUNKS + event("InvokeComplete", b'{"ErrorCode":"Late","ErrorDetails":"no"}'), FunctionFailed),
        (CHUNKS, StreamBroken),
        (CHUNKS[:-6] + b"xxxxxx", StreamBroken),
        (CHUNKS + event("InvokeComplete", b"{"), StreamBroken),
        (CHUNKS + event("InvokeComplete", b"[]"), StreamBroken),
        (CHUNKS + message(b"\1x\x63", b""), StreamBroken),  # a header of a type that there is not
        (CHUNKS + message(b"\1x\x07", b""), StreamBroken),  # one that is cut
    ],
)
def test_a_streamed_invocation_that_does_not_end_well(
    endpoint: Endpoint, body: bytes, error: type[Exception]
) -> None:
    endpoint.answer = Response(200, b"", body)
    with pytest.raises(error):
        endpoint.streamed(endpoint.client())


def test_a_roles_keys_sign_in_place_of_its_own(endpoint: Endpoint) -> None:
    role = Secret("ASIAROLEROLEROLEROLE", "another secret")
    client = endpoint.client()
    endpoint.invoke(client, secret=role)
    endpoint.invoke(client)
    endpoint.answer = Response(200, b"", CHUNKS + event("InvokeComplete", b"{}"))
    endpoint.streamed(client, secret=role)
    signatures = [request.headers.get(b"authorization") or b"" for request in endpoint.requests]
    keys = [signature.partition(b"Credential=")[2].partition(b"/")[0].decode() for signature in signatures]
    assert keys == [role.access_key, KEYS.access_key, role.access_key]


def test_a_refused_streamed_invocation(endpoint: Endpoint) -> None:
    head = render_fields([(b"x-amzn-ErrorType", b"ResourceNotFoundException")])
    endpoint.answer = Response(404, head, b'{"Message":"no such function"}')
    with pytest.raises(FunctionNotFound, match="no such function"):
        endpoint.streamed(endpoint.client())
