"""What the rest of the house knows of Lambda: name a function, hand it bytes, get an outcome later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from gatewright.aws.errors import AwsError
from gatewright.aws.principals import Principal
from gatewright.aws.sigv4 import Secret
from gatewright.wire.flow import Source as Payload
from gatewright.wire.pending import Pending

InvocationType = Literal["RequestResponse", "Event", "DryRun"]


@dataclass(frozen=True, slots=True)
class FunctionName:
    """One function, perhaps one of its versions or aliases; parsed from a name, a partial or a full ARN."""

    account: str
    region: str
    name: str
    qualifier: str | None = None

    @property
    def arn(self) -> str:
        """The ARN as the caller wrote it: with the qualifier if there is one."""
        suffix = f":{self.qualifier}" if self.qualifier else ""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}{suffix}"


@dataclass(frozen=True, slots=True)
class Source:
    """On whose behalf a service invokes: checked against the function's resource policy."""

    principal: str  # "apigateway.amazonaws.com"
    arn: str  # arn:aws:execute-api:{region}:{account}:{api}/{stage}/{METHOD}{resource path}
    account: str


Invoker = Source | Principal  # a service, or a role or user whose own policies count too


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Lambda's Invoke answers."""

    status_code: int  # 200 RequestResponse, 202 Event, 204 DryRun
    payload: bytes = b""
    function_error: str | None = None  # "Unhandled" when the function failed
    executed_version: str = "$LATEST"
    request_id: str = ""
    log_tail: bytes | None = None  # last 4 KiB of the log, when asked for


@dataclass(frozen=True, slots=True)
class StreamedOutcome:
    """What InvokeWithResponseStream answers: the payload as the function makes it. The payload of a function
    that fails ends with `FunctionFailed`."""

    payload: Payload
    executed_version: str = "$LATEST"
    request_id: str = ""


class FunctionFailed(Exception):
    """A function's error, before or behind the beginning of what it streams; `payload` is its document."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload[:1000].decode("utf-8", "replace"))
        self.payload = payload


class Functions(Protocol):
    """The embedded Lambda, or a remote endpoint that speaks its API.

    The embedded one decides whether the `source` of an invocation may; a remote one does itself, by the keys
    that sign: its own, or `secret`.
    """

    @property
    def is_remote(self) -> bool: ...

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
        """Fails with one of the errors below; a function's own failure is an `Outcome` too."""

    def invoke_streamed(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        source: Invoker | None = None,
        secret: Secret | None = None,
        trace_id: str = "",
    ) -> Pending[StreamedOutcome]:
        """Answered as soon as the function has begun to answer, or has failed. Fails like `invoke`."""

    async def close(self) -> None:
        """Stop every function process."""


class FunctionNotFound(AwsError):
    code, status = "ResourceNotFoundException", 404


class PermissionDenied(AwsError):
    """Policies, the function's or the invoker's own, do not let it be invoked."""

    code, status = "AccessDeniedException", 403


class FunctionThrottled(AwsError):
    """No instance may be added: the concurrency limit is reached."""

    code, status = "TooManyRequestsException", 429


class InvocationFailed(AwsError):
    """Lambda itself failed: the runtime cannot be started, or the remote endpoint cannot be reached."""

    code, status = "ServiceException", 500


class PayloadTooLarge(AwsError):
    code, status = "RequestEntityTooLargeException", 413


class InvalidRequestContent(AwsError):
    """The payload is not JSON, or the client context is not an encoded JSON object."""

    code, status = "InvalidRequestContentException", 400
