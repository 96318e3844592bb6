"""What one instance writes into its function's log: output, and Lambda's lines about each invocation."""

from __future__ import annotations

from datetime import UTC, datetime

from gatewright.functions.invocation import Invocation
from gatewright.functions.logs import FunctionLog, end_lines, start_line


class Journal:
    def __init__(self, log: FunctionLog, version: str, memory_size: int, bound: int) -> None:
        self._log = log
        self._version = version
        self._memory_size = memory_size
        self._bound = bound  # bytes that one invocation, or the time after it, may print
        self._printed = 0
        self._invocation: Invocation | None = None
        self.init: float | None = None  # seconds the initialisation took, until it is reported

    def begin(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._printed = 0
        self._write(start_line(invocation.request_id, self._version))

    def end(self, duration: float, memory: int, status: str = "") -> None:
        """`duration` in seconds, `memory` in bytes."""
        invocation, init = self._invocation, self.init
        assert invocation is not None
        self._write(end_lines(invocation.request_id, duration, self._memory_size, memory, init, status))
        self._invocation = self.init = None
        self._printed = 0

    def timed_out(self, request_id: str, timeout: int) -> None:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        self._write(f"{stamp}Z {request_id} Task timed out after {timeout}.00 seconds\n\n".encode())

    def exited(self, request_id: str, reason: str) -> None:
        self._write(f"RequestId: {request_id} Error: {reason}\nRuntime.ExitError\n".encode())

    def print(self, text: bytes) -> None:
        """What the function printed; dropped past the bound."""
        room = self._bound - self._printed
        self._printed += len(text)
        if room >= len(text):
            self._write(text)
        elif room >= 0:  # once: from here on it is below
            self._write(text[:room] + b"\n[further output of this invocation is dropped]\n")

    def _write(self, text: bytes) -> None:
        self._log.write(text)
        if self._invocation is not None:
            self._invocation.log(text)
