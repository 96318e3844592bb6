"""The outcomes Lambda itself writes when a function did not give one: time-outs, exits, oversize."""

from __future__ import annotations

import orjson

UNHANDLED = "Unhandled"  # the only X-Amz-Function-Error that today's runtimes cause


def _fault(kind: str, message: str) -> bytes:
    return orjson.dumps({"errorType": kind, "errorMessage": message})


def timed_out(request_id: str, timeout: int) -> bytes:
    message = f"RequestId: {request_id} Error: Task timed out after {timeout}.00 seconds"
    return _fault("Sandbox.Timedout", message)


def exited(request_id: str, reason: str) -> bytes:
    return _fault("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def invalid_entrypoint(request_id: str, reason: str) -> bytes:
    return _fault("Runtime.InvalidEntrypoint", f"RequestId: {request_id} Error: {reason}")


def response_too_large(limit: int) -> bytes:
    return orjson.dumps(
        {
            "errorMessage": f"Response payload size exceeded maximum allowed payload size ({limit} bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
    )
