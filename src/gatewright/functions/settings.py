"""What the owner may set about the embedded Lambda. Sizes are bytes, times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gatewright.functions.runtimes import Runtimes


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    directory: Path  # the data directory: code is unpacked to functions/, logs go to logs/lambda/
    runtimes: Runtimes = field(default_factory=Runtimes)
    enforce_permissions: bool = True  # check resource policies when a service invokes
    instances: int = 256  # processes of one engine, over all functions
    function_instances: int = 256  # processes of one version of one function
    scale_after: float = 0.05  # how long an invocation waits for a busy instance before one more is started
    queue: int = 1_000  # invocations that may wait for an instance of one function
    queue_wait: float = 30.0  # how long one may wait: API Gateway itself gives up after 29 s
    idle: float = 300.0  # an instance without work for so long is stopped
    init_timeout: float = 10.0  # Lambda's bound of the init phase
    close_wait: float = 5.0  # how long `close` lets running invocations finish
    request_bytes: int = 6_291_456  # Lambda's quota for a synchronous payload
    event_bytes: int = 1_048_576  # Lambda's quota for an asynchronous payload
    response_bytes: int = 6_291_556  # Lambda's quota for a result
    unpacked_bytes: int = 262_144_000  # Lambda's quota for unzipped code
    log_file_bytes: int = 10_485_760  # a log is rotated once past this size, with one predecessor kept
    invocation_log_bytes: int = 1_048_576  # what one invocation may print; the rest is dropped
    reload_check: float = 0.3  # how often a hot-reload directory is looked at, at most
    config_check: float = 0.05  # how stale the configuration of a function invoked by a service may be
    keep_up: float = 1.0  # how often code is looked for that no version has any more
