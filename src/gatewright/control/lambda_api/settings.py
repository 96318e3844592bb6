"""What a function's configuration may say: each setting checked, and kept as Lambda returns it."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from typing import Any, cast

import orjson
from botocore.model import StringShape

from gatewright.aws.errors import ValidationFailed
from gatewright.catalog.api import Document
from gatewright.control.lambda_api.unsupported import refuse, refuse_others
from gatewright.control.operation import Params
from gatewright.control.protocol.service import services
from gatewright.functions.names import InvalidParameterValue
from gatewright.functions.runtimes import Runtimes

ENVIRONMENT_BYTES = 4_096  # Lambda's quota for all variables of one function
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"

_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_PLAIN = ("Role", "Handler", "Description")


def defaults(name: str) -> Document:
    """The settings of a function that names none, whatever else it needs."""
    return {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "PackageType": "Zip",
        "Architectures": [ARCHITECTURE],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }


def apply(configuration: Document, params: Params) -> None:
    """Set in `configuration` what `params` give; what they leave out stays as it is."""
    for member in _PLAIN:
        if params.get(member) is not None:
            configuration[member] = params[member]
    for member, take in _CHECKED.items():
        if params.get(member) is not None:
            configuration[member] = take(params[member])
    if params.get("LoggingConfig"):
        _check_logging(params["LoggingConfig"], configuration["LoggingConfig"])


def check_unenforced(params: Params, done: frozenset[str]) -> None:
    """Refuse settings that would be stored and not enforced; `done` are the operation's other members."""
    refuse_others(params, done | _CHECKED.keys() | _ACCEPTED_VALUES.keys() | {*_PLAIN, "LoggingConfig"})
    for member, accepted in _ACCEPTED_VALUES.items():
        if params.get(member) not in (None, accepted):
            refuse(member, f"leave it out, or give {orjson.dumps(accepted).decode()}")


_ACCEPTED_VALUES: dict[str, Any] = {
    "Architectures": [ARCHITECTURE],
    "EphemeralStorage": {"Size": 512},
    "PackageType": "Zip",
    "SnapStart": {"ApplyOn": "None"},
    "TracingConfig": {"Mode": "PassThrough"},
}


def _runtime(runtime: str) -> str:
    known = cast(StringShape, services()["lambda"].model.shape_for("Runtime")).enum
    if runtime not in known:
        raise InvalidParameterValue(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(known)}] or be a valid ARN"
        )
    refusal = Runtimes().refusal(runtime)
    if refusal is not None:
        raise InvalidParameterValue(refusal)
    return runtime


def _between(member: str, least: int, most: int) -> Callable[[int], int]:
    def take(value: int) -> int:
        if least <= value <= most:
            return value
        bound = f"greater than or equal to {least}" if value < least else f"less than or equal to {most}"
        raise ValidationFailed(
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )

    return take


def _environment(environment: Document) -> Document:
    variables: dict[str, str] = environment.get("Variables") or {}
    _check_names(variables)
    text = orjson.dumps(variables)
    if len(text) > ENVIRONMENT_BYTES:
        raise InvalidParameterValue(
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the 4KB limit: they have {len(text)} bytes"
        )
    for name, value in variables.items():
        if "\0" in value:
            raise InvalidParameterValue(f"The value of environment variable {name} holds a NUL character")
    return {"Variables": variables}


def _check_names(variables: dict[str, str]) -> None:
    if not all(_VARIABLE.fullmatch(name) for name in variables if name not in RESERVED):
        raise ValidationFailed(
            "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map "
            "keys must satisfy constraint: [Member must satisfy regular expression pattern: "
            "[a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"
        )
    reserved = sorted(RESERVED & variables.keys())
    if reserved:
        raise InvalidParameterValue(
            "Lambda was unable to configure your environment variables because the environment variables you "
            "have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )


def _check_logging(asked: Document, kept: Document) -> None:
    for member, value in asked.items():
        if value not in (None, "", kept.get(member)):
            refuse(f"LoggingConfig.{member}", f"functions log as text, to {kept['LogGroup']}")


_CHECKED: dict[str, Callable[[Any], Any]] = {
    "Runtime": _runtime,
    "Timeout": _between("timeout", 1, 900),
    "MemorySize": _between("memorySize", 128, 10_240),
    "Environment": _environment,
}
