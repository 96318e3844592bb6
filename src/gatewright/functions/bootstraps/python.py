"""Runs a Python function behind the Lambda Runtime API. Standard library only: any python3 may run it.

Posts an answer with `?next`, an extension of our Runtime API: the reply to it is the next event, so that one
invocation costs one request and one reply.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

INVOCATION = "/2018-06-01/runtime/invocation/"
INIT_ERROR = "/2018-06-01/runtime/init/error"
ROOT = os.environ["LAMBDA_TASK_ROOT"]
SHOWN_ROOT = "/var/task"  # where the code lies on Lambda: stack traces show it there


class Fault(Exception):
    """An error of the runtime itself, reported under Lambda's name for it."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class Reply:
    """What the Runtime API answered: `headers` by lower-case name."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Connection:
    """One keep-alive connection to the Runtime API."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = f" HTTP/1.1\r\nHost: {address}\r\nContent-Length: ".encode()

    def call(self, request: str, body: bytes = b"", fields: bytes = b"") -> Reply:
        head = b"%b%b%d\r\n%b\r\n" % (request.encode(), self._host, len(body), fields)
        self._socket.sendall(head + body)
        return self._receive()

    def _receive(self) -> Reply:
        data = self._read()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._read()
        status_line, *lines = data[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = data[end + 4 :]
        missing = int(headers["content-length"]) - len(body)
        if missing > 0:
            body += self._read_exactly(missing)
        return Reply(int(status_line[9:12]), headers, body)

    def _read(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            sys.exit(0)  # the engine is gone, and so is the reason to run
        return data

    def _read_exactly(self, count: int) -> bytes:
        pieces = []
        while count:
            piece = self._read()
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

    def __init__(self, headers: dict[str, str]) -> None:
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self._deadline = int(headers["lambda-runtime-deadline-ms"])
        self.client_context = None
        text = headers.get("lambda-runtime-client-context")
        if text:
            self.client_context = ClientContext(_context_member(text, "Client Context"))
        identity = headers.get("lambda-runtime-cognito-identity")
        members = _context_member(identity, "Cognito Identity") if identity else {}
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": members.get("cognitoIdentityId"),
                "cognito_identity_pool_id": members.get("cognitoIdentityPoolId"),
            }
        )

    def get_remaining_time_in_millis(self) -> int:
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


def _context_member(text: str, name: str) -> dict[str, Any]:
    try:
        members = json.loads(text)
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}") from error
    if not isinstance(members, dict):
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse {name} JSON: not an object")
    return members


def _plain_number(value: object) -> int | float:
    """DynamoDB's numbers are Decimals; Lambda's encoder writes them as JSON numbers."""
    if not isinstance(value, Decimal):
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


def _fail_init(connection: Connection, error: BaseException) -> NoReturn:
    description = _describe(error, "")
    _print_error(description)
    sys.stdout.flush()
    fields = f"Lambda-Runtime-Function-Error-Type: {description['errorType']}\r\n".encode()
    connection.call(f"POST {INIT_ERROR}", encode(description).encode(), fields)
    sys.exit(1)


def _follow_trace(headers: dict[str, str]) -> None:
    trace = headers.get("lambda-runtime-trace-id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    elif "_X_AMZN_TRACE_ID" in os.environ:
        del os.environ["_X_AMZN_TRACE_ID"]


def _answer(handler: Callable[[Any, LambdaContext], object], event: Reply) -> tuple[str, bytes]:
    """Handle one event: which endpoint its outcome goes to, and the outcome."""
    request_id = _RequestIds.current = event.headers["lambda-runtime-aws-request-id"]
    try:
        return "response", _marshal(handler(_unmarshal(event.body), LambdaContext(event.headers)))
    except Exception as error:
        description = _describe(error, request_id)
        _print_error(description)
        return "error", encode(description).encode()


def main() -> NoReturn:
    sys.path[0] = ROOT  # in place of this file's own directory
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _set_up_logging()
    connection = Connection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = _load(os.environ["_HANDLER"])
    except Exception as error:
        _fail_init(connection, error)
    event = connection.call(f"GET {INVOCATION}next")
    while True:
        _follow_trace(event.headers)
        outcome, body = _answer(handler, event)
        sys.stdout.flush()
        request_id = event.headers["lambda-runtime-aws-request-id"]
        event = connection.call(f"POST {INVOCATION}{request_id}/{outcome}?next", body)
        if event.status != 200:  # the answer was refused: the engine has told the caller why
            event = connection.call(f"GET {INVOCATION}next")


if __name__ == "__main__":
    main()
