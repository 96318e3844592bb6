"""Invoke."""

from __future__ import annotations

from base64 import b64encode

from gatewright.catalog.api import Document
from gatewright.control.lambda_api.store import named
from gatewright.control.lambda_api.unsupported import refuse_others
from gatewright.control.operation import REQUEST_ID, EffectCall, Params
from gatewright.functions.api import InvocationType

_DONE = frozenset({"FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext", "Payload"})


async def invoke(call: EffectCall, params: Params) -> Document:
    """A function's own failure is an answer too: 200 with `FunctionError`.

    It is answered under the invocation's id, which the function sees as its context's `aws_request_id`.
    """
    refuse_others(params, _DONE)
    invocation_type: InvocationType = params.get("InvocationType") or "RequestResponse"
    outcome = await call.outside.functions.invoke(
        named(call.partition, params),
        params.get("Payload") or b"",
        invocation_type=invocation_type,
        log_tail=params.get("LogType") == "Tail" and invocation_type == "RequestResponse",
        client_context=params.get("ClientContext"),
    )
    answer: Document = {
        "StatusCode": outcome.status_code,
        "Payload": outcome.payload,
        REQUEST_ID: outcome.request_id,
    }
    if invocation_type == "RequestResponse":
        answer["ExecutedVersion"] = outcome.executed_version
        answer["FunctionError"] = outcome.function_error
        if outcome.log_tail is not None:
            answer["LogResult"] = b64encode(outcome.log_tail).decode()
    return answer
