"""Runs a Python function. Standard library only: any python3 may run it.

Talks to the engine over the inherited socket that `functions/channel.py` describes, frame by frame.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

READY, RESULT, ERROR, INIT_ERROR = b"N", b"R", b"E", b"I"  # kinds of frames
ROOT = os.environ["LAMBDA_TASK_ROOT"]
SHOWN_ROOT = "/var/task"  # where the code lies on Lambda: stack traces show it there


class Fault(Exception):
    """An error of the runtime itself, reported under Lambda's name for it."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class Event:
    """One invocation as the engine sent it."""

    __slots__ = ("arn", "client_context", "deadline", "payload", "request_id", "trace_id")

    def __init__(self, head: str, payload: bytes) -> None:
        self.request_id, self.deadline, self.arn, self.trace_id, self.client_context = head.split("\n")
        self.payload = payload


class Channel:
    """The function's end of the channel."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._socket = socket.socket(fileno=descriptor)

    def send(self, kind: bytes, body: bytes = b"") -> None:
        self._socket.sendall(b"%b%b%b" % (kind, len(body).to_bytes(4, "big"), body))

    def receive(self) -> Event:
        data = self._read()
        while len(data) < 8:
            data += self._read()
        start = 8 + int.from_bytes(data[:4], "big")
        missing = start + int.from_bytes(data[4:8], "big") - len(data)
        if missing > 0:
            data += self._read_exactly(missing)
        return Event(data[8:start].decode(), data[start:])

    def _read(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            os._exit(0)  # the engine is gone, and so is the reason to run
        return data

    def _read_exactly(self, count: int) -> bytes:
        pieces = []
        while count:
            piece = self._socket.recv(min(count, 1 << 20)) or os._exit(0)
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)


class _Members:
    """An object with the members of a JSON object; those that are missing are None."""

    names: tuple[str, ...] = ()

    def __init__(self, members: dict[str, Any]) -> None:
        for name in self.names:
            setattr(self, name, members.get(name))


class CognitoIdentity(_Members):
    names = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Members):
    names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Members):
    names = ("custom", "env", "client")
    client: Any

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members)
        if self.client is not None:
            self.client = Client(self.client)


class LambdaContext:
    """The handler's second argument, as Lambda documents it."""

    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
    log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")

    def __init__(self, event: Event) -> None:
        self.aws_request_id = event.request_id
        self.invoked_function_arn = event.arn
        self.identity = CognitoIdentity({})
        self.client_context = _client_context(event.client_context) if event.client_context else None
        self._deadline = int(event.deadline)

    def get_remaining_time_in_millis(self) -> int:
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


def _client_context(text: str) -> ClientContext:
    try:
        return ClientContext(json.loads(text))
    except Exception as error:
        message = f"Unable to parse Client Context JSON: {error}"
        raise Fault("Runtime.LambdaContextUnmarshalError", message) from error


def _plain_number(value: object) -> int | float:
    """DynamoDB's numbers are Decimals; Lambda's encoder writes them as JSON numbers."""
    decimal = sys.modules.get("decimal")  # who has one has loaded it: a start need not
    if decimal is None or not isinstance(value, decimal.Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    whole = value.is_finite() and value == value.to_integral_value()
    return int(value) if whole else float(value)


def _ensures_ascii() -> bool:
    """Lambda's encoder escapes what is not ASCII up to Python 3.11, and no more from 3.12."""
    version = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
    return not version.isdigit() or int(version) < 12


encode = json.JSONEncoder(default=_plain_number, ensure_ascii=_ensures_ascii()).encode


def _marshal(result: object) -> bytes:
    if isinstance(result, bytes):
        return result
    try:
        return encode(result).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def _unmarshal(body: bytes) -> Any:
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def _runner_frame(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen importlib") or filename == importlib.__file__


def _stack(error: BaseException) -> list[str]:
    """The traceback in Lambda's form: from the function's first frame on, paths under /var/task."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and _runner_frame(frames[0].filename):
        del frames[0]
    return traceback.format_list([(_shown(f.filename), f.lineno or 0, f.name, f.line) for f in frames])


def _shown(filename: str) -> str:
    return SHOWN_ROOT + filename[len(ROOT) :] if filename.startswith(ROOT + os.sep) else filename


def _describe(error: BaseException, request_id: str) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": error.kind if isinstance(error, Fault) else type(error).__name__,
        "requestId": request_id,
        "stackTrace": error.trace if isinstance(error, Fault) else _stack(error),
    }


def _print_error(description: dict[str, Any]) -> None:
    lines = [f"[ERROR] {description['errorType']}: {description['errorMessage']}"]
    if description["stackTrace"]:
        lines += ["Traceback (most recent call last):", "".join(description["stackTrace"]).rstrip("\n")]
    sys.stdout.write("\n".join(lines) + "\n")


class _RequestIds(logging.Filter):
    """Gives log records the current request id, which Lambda's format shows."""

    current = ""

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = _RequestIds.current
        return True


class _Output(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record))


def _set_up_logging() -> None:
    logging.Formatter.converter = time.gmtime
    output = _Output()
    output.setFormatter(
        logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
            "%Y-%m-%dT%H:%M:%S",
        )
    )
    output.addFilter(_RequestIds())
    logging.getLogger().addHandler(output)


def _load(handler: str) -> Callable[[Any, LambdaContext], object]:
    """Import what `_HANDLER` names; a Fault carries Lambda's error type and message."""
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        raise Fault(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)",
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module"
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        trace = f'  File "{_shown(error.filename or "")}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, [trace]) from error
    try:
        found: Callable[[Any, LambdaContext], object] = getattr(module, name)
    except AttributeError:
        raise Fault(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'"
        ) from None
    return found


def _fail_init(channel: Channel, error: BaseException) -> NoReturn:
    description = _describe(error, "")
    _print_error(description)
    sys.stdout.flush()
    channel.send(INIT_ERROR, encode(description).encode())
    sys.exit(1)


def _follow_trace(trace_id: str) -> None:
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    elif "_X_AMZN_TRACE_ID" in os.environ:
        del os.environ["_X_AMZN_TRACE_ID"]


def _answer(handler: Callable[[Any, LambdaContext], object], event: Event) -> tuple[bytes, bytes]:
    """Handle one event: the kind of its outcome, and the outcome."""
    _RequestIds.current = event.request_id
    try:
        return RESULT, _marshal(handler(_unmarshal(event.payload), LambdaContext(event)))
    except Exception as error:
        description = _describe(error, event.request_id)
        _print_error(description)
        return ERROR, encode(description).encode()


def main() -> NoReturn:
    sys.path[0] = ROOT  # in place of this file's own directory
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _set_up_logging()
    channel = Channel(int(os.environ.pop("_GATEWRIGHT_CHANNEL")))
    try:
        handler = _load(os.environ["_HANDLER"])
    except Exception as error:
        _fail_init(channel, error)
    gc.freeze()  # what was loaded stays: the collector need not look at it again
    channel.send(READY)
    while True:
        event = channel.receive()
        _follow_trace(event.trace_id)
        kind, outcome = _answer(handler, event)
        sys.stdout.flush()
        channel.send(kind, outcome)


if __name__ == "__main__":
    main()
