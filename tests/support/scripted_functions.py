"""Functions that answer as a script says, at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from gatewright.aws.sigv4 import Secret
from gatewright.functions.api import FunctionName, InvocationType, Invoker, Outcome, StreamedOutcome
from gatewright.wire.pending import Pending

Reply = Outcome | Exception | None  # None: no answer ever comes


@dataclass
class Invoked:
    function: FunctionName
    event: Any
    source: Invoker | None


class ScriptedFunctions:
    """`reply(event)` is what each invocation comes to."""

    is_remote = False

    def __init__(self, reply: Callable[[Any], Reply]) -> None:
        self.reply = reply
        self.invoked: list[Invoked] = []

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
        event = orjson.loads(payload)
        self.invoked.append(Invoked(function, event, source))
        pending: Pending[Outcome] = Pending()
        reply = self.reply(event)
        if isinstance(reply, Exception):
            pending.fail(reply)
        elif reply is not None:
            pending.resolve(reply)
        return pending

    def invoke_streamed(
        self,
        function: FunctionName,
        payload: bytes,
        *,
        source: Invoker | None = None,
        secret: Secret | None = None,
        trace_id: str = "",
    ) -> Pending[StreamedOutcome]:
        raise AssertionError("these functions do not stream")

    async def close(self) -> None:
        return


def answered(document: Any) -> Outcome:
    """A function's result; bytes go out as they are."""
    return Outcome(200, document if isinstance(document, bytes) else orjson.dumps(document))


def failed(message: str) -> Outcome:
    """A function that raised."""
    payload = orjson.dumps({"errorMessage": message, "errorType": "Exception"})
    return Outcome(200, payload, function_error="Unhandled", request_id="f-1")
