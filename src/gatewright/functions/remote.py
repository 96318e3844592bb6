"""Lambda elsewhere: AWS itself, or anything that speaks its Invoke call."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import botocore.session
import orjson

from gatewright.aws import sigv4
from gatewright.aws.errors import AwsError
from gatewright.aws.sigv4 import Secret
from gatewright.functions.api import (
    FunctionName,
    FunctionNotFound,
    FunctionThrottled,
    InvocationFailed,
    InvocationType,
    Invoker,
    Outcome,
    PayloadTooLarge,
    PermissionDenied,
    StreamedOutcome,
)
from gatewright.functions.content import printable
from gatewright.functions.names import LATEST
from gatewright.functions.remote_stream import EventStream
from gatewright.wire.client import Answer, Client, Patience, StreamedAnswer, Target, UpstreamError
from gatewright.wire.flow import Collected
from gatewright.wire.pending import Pending
from gatewright.wire.types import Field, render_fields

TIMEOUT = 905.0  # seconds: a function may run for 900
REFUSAL_BYTES = 65_536  # read of a refusal of a streamed invocation
CREDENTIALS_CHECK = 60.0  # seconds: temporary keys are renewed minutes before they expire

_ERRORS: tuple[type[AwsError], ...] = (
    FunctionNotFound,
    FunctionThrottled,
    PayloadTooLarge,
    PermissionDenied,
)

Secrets = Callable[[], Secret | None]


def aws_credentials() -> Secrets:
    """The keys the AWS SDKs would use: environment, profile, container or instance. Reading may block."""
    chain = botocore.session.get_session().get_credentials()

    def read() -> Secret | None:
        if chain is None:
            return None
        keys = chain.get_frozen_credentials()
        if not keys.access_key or not keys.secret_key:
            return None
        return Secret(keys.access_key, keys.secret_key, keys.token)

    return read


class RemoteFunctions:
    """Invokes functions of the account whose keys sign, by name, at one endpoint.

    Without keys requests are not signed, which emulators accept and AWS refuses. Whether a service may invoke
    a function is the endpoint's to decide: `source` is not looked at.
    """

    is_remote = True

    def __init__(
        self,
        endpoint: str,
        *,
        loop: asyncio.AbstractEventLoop,
        secrets: Secrets | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`endpoint` is a URL such as https://lambda.eu-west-1.amazonaws.com. Reads the keys once, now."""
        url = urlsplit(endpoint)
        host = url.hostname or ""
        port = url.port or (443 if url.scheme == "https" else 80)
        self._loop = loop
        self._clock = clock
        self._host = url.netloc.encode("ascii")
        self._path = url.path.rstrip("/")
        self._client = Client(loop)
        self._pool = self._client.pool(Target(url.scheme, host, port))
        self._read_secret = secrets or aws_credentials()
        self._secret = self._read_secret()
        self._secret_read = clock()
        self._reading: asyncio.Future[Secret | None] | None = None

    def invoke(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        invocation_type: InvocationType = "RequestResponse",
        source: Invoker | None = None,
        secret: Secret | None = None,
        log_tail: bool = False,
        client_context: str | None = None,
        trace_id: str = "",
    ) -> Pending[Outcome]:
        self._renew_secret()
        fields = [
            (b"Host", self._host),
            (b"X-Amz-Invocation-Type", invocation_type.encode()),
            *([(b"X-Amz-Log-Type", b"Tail")] if log_tail else []),
            *_field(b"X-Amz-Client-Context", client_context or ""),
            *_field(b"X-Amzn-Trace-Id", trace_id),
        ]
        head = self._head(function, fields, payload, secret or self._secret)
        outcome: Pending[Outcome] = Pending()
        answer = self._pool.send(head, payload, timeout=TIMEOUT, method="POST")
        answer.then(lambda done: _settle(outcome, done, function))
        return outcome

    def invoke_streamed(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        source: Invoker | None = None,
        secret: Secret | None = None,
        trace_id: str = "",
    ) -> Pending[StreamedOutcome]:
        self._renew_secret()
        fields = [(b"Host", self._host), *_field(b"X-Amzn-Trace-Id", trace_id)]
        secret = secret or self._secret
        head = self._head(function, fields, payload, secret, "2021-11-15", "response-streaming-invocations")
        patience = Patience(head=TIMEOUT, idle=TIMEOUT, whole=TIMEOUT)
        outcome: Pending[StreamedOutcome] = Pending()
        answer = self._pool.stream(head, payload, patience=patience, method="POST")
        answer.then(lambda done: _settle_streamed(outcome, done, function))
        return outcome

    async def close(self) -> None:
        if self._reading is not None:
            await asyncio.wait([self._reading])
        await self._client.close()

    def _head(
        self,
        function: FunctionName,
        fields: list[Field],
        payload: bytes,
        secret: Secret | None,
        version: str = "2015-03-31",
        kind: str = "invocations",
    ) -> bytes:
        path = f"{self._path}/{version}/functions/{quote(function.name, safe='')}/{kind}"
        query = f"Qualifier={quote(function.qualifier, safe='')}" if function.qualifier else None
        if secret is not None:
            fields = fields + sigv4.sign(
                "POST",
                path,
                query,
                fields,
                payload,
                secret,
                service="lambda",
                region=function.region,
                now=self._clock(),
            )
        target = f"{path}?{query}" if query else path
        framing = (b"Content-Length", b"%d" % len(payload))
        return b"POST %b HTTP/1.1\r\n%b\r\n" % (target.encode("ascii"), render_fields([*fields, framing]))

    def _renew_secret(self) -> None:
        """Look for new keys now and then, beside the loop: the ones at hand stay good meanwhile."""
        now = self._clock()
        if self._reading is None and now - self._secret_read > CREDENTIALS_CHECK:
            self._secret_read = now
            self._reading = self._loop.run_in_executor(None, self._read_secret)
            self._reading.add_done_callback(self._renewed)

    def _renewed(self, reading: asyncio.Future[Secret | None]) -> None:
        self._reading = None
        if reading.exception() is None:  # else the old keys serve on, and the next look may succeed
            self._secret = reading.result()


def _field(name: bytes, value: str) -> list[Field]:
    return [(name, value.encode("ascii"))] if printable(value) else []


def _settle(outcome: Pending[Outcome], done: Pending[Answer], function: FunctionName) -> None:
    try:
        outcome.resolve(_outcome(done.result(), function))
    except UpstreamError as error:
        outcome.fail(InvocationFailed(f"The Lambda endpoint cannot be used for {function.arn}: {error}"))
    except AwsError as error:
        outcome.fail(error)


def _settle_streamed(
    outcome: Pending[StreamedOutcome], done: Pending[StreamedAnswer], function: FunctionName
) -> None:
    try:
        answer = done.result()
    except UpstreamError as error:
        outcome.fail(InvocationFailed(f"The Lambda endpoint cannot be used for {function.arn}: {error}"))
        return
    if answer.status >= 300:
        refused = Collected(REFUSAL_BYTES)
        answer.body.pour(refused)
        refused.then(lambda body: _settle_refused(outcome, answer, body))
        return
    headers = _headers(answer.fields)
    version = headers.get(b"x-amz-executed-version", function.qualifier or LATEST)
    request_id = headers.get(b"x-amzn-requestid", "")
    outcome.resolve(StreamedOutcome(EventStream(answer.body).payload, version, request_id))


def _settle_refused(outcome: Pending[StreamedOutcome], answer: StreamedAnswer, done: Pending[bytes]) -> None:
    answer.body.cancel()
    try:
        body = done.result()
    except UpstreamError:
        body = b""
    kind = _headers(answer.fields).get(b"x-amzn-errortype", "")
    outcome.fail(_error(Answer(answer.status, answer.fields, body), kind))


def _headers(fields: list[Field]) -> dict[bytes, str]:
    return {name.lower(): value.decode("latin-1") for name, value in fields}


def _outcome(answer: Answer, function: FunctionName) -> Outcome:
    headers = _headers(answer.fields)
    if answer.status >= 300:
        raise _error(answer, headers.get(b"x-amzn-errortype", ""))
    return Outcome(
        answer.status,
        answer.body,
        headers.get(b"x-amz-function-error"),
        headers.get(b"x-amz-executed-version", function.qualifier or LATEST),
        headers.get(b"x-amzn-requestid", ""),
        _decoded(headers.get(b"x-amz-log-result")),
    )


def _decoded(log_result: str | None) -> bytes | None:
    try:
        return base64.b64decode(log_result, validate=True) if log_result is not None else None
    except ValueError:
        return None


def _error(answer: Answer, kind: str) -> AwsError:
    """The endpoint's refusal, as the error it stands for here."""
    code = kind.partition(":")[0]
    try:
        members = orjson.loads(answer.body)
        message = str(members.get("Message") or members.get("message") or "")
    except (orjson.JSONDecodeError, AttributeError):
        message = ""
    message = message or f"The Lambda endpoint answered {answer.status}"
    for error in _ERRORS:
        if error.code == code:
            return error(message)
    return InvocationFailed(message, code=code or None, status=answer.status)
