"""One function process behind its own Runtime API address, working on one invocation at a time."""

from __future__ import annotations

import asyncio
import enum
import math
import socket
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from gatewright.catalog.api import Document, Partition
from gatewright.functions import faults, runtime_api
from gatewright.functions.environment import environment, memory_size, timeout
from gatewright.functions.invocation import Invocation
from gatewright.functions.logs import FunctionLog, end_lines, start_line
from gatewright.functions.process import Guardian, Process, exit_reason
from gatewright.functions.settings import FunctionSettings
from gatewright.wire.server import Server
from gatewright.wire.types import Reply

MEMORY_CHECK = 0.2  # seconds between looks at a busy process's memory
_DRAIN_READS = 4  # a pipe holds one read's worth: more means that it is being filled as fast as we read
_Describe = Callable[[str], bytes]  # a failed invocation's payload, given its request id


class State(enum.Enum):
    """STARTING -> IDLE <-> BUSY; any -> STOPPED, for good."""

    STARTING = enum.auto()
    IDLE = enum.auto()
    BUSY = enum.auto()  # until the runtime asks for its next event
    STOPPED = enum.auto()


class Owner(Protocol):
    """Who gives an instance its work."""

    def ready(self, instance: Instance) -> None:
        """The instance asks for an event: `run` one now or later, or `stop` it."""

    def init_failed(self, instance: Instance, describe: _Describe) -> None:
        """The process did not get as far as asking for an event."""

    def stopped(self, instance: Instance) -> None:
        """The instance takes no more work. Called once."""


class Host(Protocol):
    """What instances share."""

    loop: asyncio.AbstractEventLoop
    settings: FunctionSettings
    guardian: Guardian

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` as a task that is kept and awaited on close."""

    def process_started(self, pid: int) -> None: ...

    def process_ended(self, pid: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What an instance runs."""

    partition: Partition
    configuration: Document
    log: FunctionLog


class Instance:
    def __init__(self, host: Host, owner: Owner, subject: Subject) -> None:
        configuration = subject.configuration
        self._host = host
        self._owner = owner
        self._subject = subject
        self._version: str = configuration["Version"]
        self._timeout = timeout(configuration)
        self._memory_size = memory_size(configuration)
        self._response_bytes = host.settings.response_bytes
        self._server: Server | None = None
        self._process: Process | None = None
        self._current: Invocation | None = None
        self._parked: Reply | None = None  # the runtime's unanswered request for an event
        self._printed = 0
        self._memory = 0
        self._memory_read = 0.0
        self._deadline = math.inf  # monotonic: of the initialisation, then of each invocation
        self._spawned = 0.0
        self._init: float | None = None  # seconds the initialisation took, until it is reported
        self.state = State.STARTING
        self.idle_since = 0.0

    async def start(self, command: list[str], task_root: Path) -> None:
        """Start the process; raises OSError if that is not possible."""
        if self._stopped:
            return
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        self._server = server = Server(
            lambda request, reply: runtime_api.serve(self, request, reply),
            loop=self._host.loop,
            limits=runtime_api.limits(self._response_bytes),
        )
        await server.listen(listener)
        try:
            if not self._stopped:
                self._spawn(command, task_root, address)
        finally:
            if self._process is None:
                await self._close_server()

    @property
    def _stopped(self) -> bool:
        return self.state is State.STOPPED

    def _spawn(self, command: list[str], task_root: Path, address: str) -> None:
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{self._version}]{uuid.uuid4().hex}"
        variables = environment(
            self._subject.partition,
            self._subject.configuration,
            task_root=task_root,
            runtime_api=address,
            log_stream=stream,
        )
        self._spawned = time.monotonic()
        self._deadline = self._spawned + self._host.settings.init_timeout + self._timeout
        self._process = process = Process(command, variables, task_root)
        self._host.process_started(process.pid)
        self._host.loop.add_reader(process.output, self._copy_output, 1)
        process.watch(self._host.loop, self._exited)

    # What the runtime asks (runtime_api.Endpoint)

    def next_event(self, reply: Reply) -> None:
        if self.state is State.STOPPED or self._current is not None or self._parked is not None:
            reply.send(runtime_api.INVALID_STATE)
            return
        now = time.monotonic()
        if self.state is State.STARTING:
            self._init = now - self._spawned
        self._parked = reply
        self.state = State.IDLE
        self.idle_since = now
        self._owner.ready(self)

    def outcome(self, request_id: str, body: bytes, *, failed: bool, reply: Reply, chained: bool) -> None:
        invocation = self._current
        if invocation is None or invocation.request_id != request_id:
            reply.send(runtime_api.INVALID_REQUEST_ID)
            return
        error = faults.UNHANDLED if failed else None
        if len(body) > self._response_bytes:
            body, error, chained = faults.response_too_large(self._response_bytes), faults.UNHANDLED, False
            reply.send(runtime_api.too_large(self._response_bytes))
        elif not chained:
            reply.send(runtime_api.ACCEPTED)
        self._copy_output(_DRAIN_READS)
        self._end(invocation)
        if chained:
            self.next_event(reply)
        invocation.finish(body, error, self._version)

    def init_error(self, body: bytes, reply: Reply) -> None:
        if self.state is not State.STARTING:
            reply.send(runtime_api.INVALID_STATE)
            return
        reply.send(runtime_api.ACCEPTED)
        self._copy_output(_DRAIN_READS)
        self._owner.init_failed(self, lambda _request_id: body)
        self.stop()

    # What the pool asks

    def run(self, invocation: Invocation) -> None:
        """Hand over an event; only when IDLE."""
        parked, self._parked = self._parked, None
        assert parked is not None
        self.state = State.BUSY
        self._current = invocation
        now = time.monotonic()
        invocation.started = now
        self._deadline = now + self._timeout
        self._printed = 0
        self._write(start_line(invocation.request_id, self._version))
        parked.send(
            runtime_api.event(
                invocation.request_id,
                int((time.time() + self._timeout) * 1000),
                invocation.arn,
                invocation.trace_id,
                invocation.client_context,
                invocation.payload,
            )
        )

    def check(self, now: float) -> None:
        """Enforce the time-out and the memory size of whatever runs."""
        if self.state is State.BUSY and now - self._memory_read > MEMORY_CHECK:
            self._read_memory(now)
            if self._memory > self._memory_size << 20:
                self._kill_process()  # as Lambda does: the invocation ends with the exit
        if now < self._deadline or self.state is State.IDLE or self.state is State.STOPPED:
            return
        if self.state is State.STARTING:
            self._owner.init_failed(self, lambda request_id: faults.timed_out(request_id, self._timeout))
        elif self._current is not None:
            self._time_out(self._current)
        self.stop()

    def stop(self) -> None:
        """Kill the process; an invocation still running on it fails."""
        if self.state is State.STOPPED:
            return
        self.state = State.STOPPED
        self._kill_process()
        self._owner.stopped(self)

    # What happens to the process

    def _exited(self, code: int) -> None:
        process, self._process = self._process, None
        assert process is not None
        self._drain(process)
        invocation = self._current
        reason = exit_reason(code)
        if self.state is State.STARTING:
            self._owner.init_failed(self, lambda request_id: faults.exited(request_id, reason))
        elif invocation is not None:
            self._write(f"RequestId: {invocation.request_id} Error: {reason}\nRuntime.ExitError\n".encode())
            self._end(invocation, "Status: error\tError Type: Runtime.ExitError")
            invocation.finish(faults.exited(invocation.request_id, reason), faults.UNHANDLED, self._version)
        self.stop()
        self._host.process_ended(process.pid)
        self._host.spawn(self._close_server())

    async def _close_server(self) -> None:
        if self._server is not None:
            self._server.stop_accepting()
            await self._server.drain(0)

    def _drain(self, process: Process) -> None:
        for _ in range(_DRAIN_READS):
            self._print(process.read())
        self._host.loop.remove_reader(process.output)
        process.close()

    def _kill_process(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _time_out(self, invocation: Invocation) -> None:
        self._copy_output(_DRAIN_READS)
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        message = f"{stamp}Z {invocation.request_id} Task timed out after {self._timeout}.00 seconds\n\n"
        self._write(message.encode())
        self._end(invocation, "Status: timeout")
        invocation.finish(
            faults.timed_out(invocation.request_id, self._timeout), faults.UNHANDLED, self._version
        )

    def _end(self, invocation: Invocation, status: str = "") -> None:
        """The invocation is over: account for it in the log. The runtime asks for more when it is ready."""
        now = time.monotonic()
        self._current = None
        if now - self._memory_read > 1.0:
            self._read_memory(now)
        init, self._init = self._init, None
        duration = now - invocation.started
        lines = end_lines(invocation.request_id, duration, self._memory_size, self._memory, init, status)
        self._subject.log.write(lines)
        invocation.log(lines)

    def _read_memory(self, now: float) -> None:
        if self._process is not None:
            self._memory = self._process.resident_bytes()
            self._memory_read = now

    # What it prints

    def _copy_output(self, reads: int) -> None:
        for _ in range(reads):
            text = self._process.read() if self._process is not None else b""
            if not text:
                return
            self._print(text)

    def _print(self, text: bytes) -> None:
        """Log what the function printed, up to a bound for each invocation."""
        room = self._host.settings.invocation_log_bytes - self._printed
        self._printed += len(text)
        if room >= len(text):
            self._write(text)
        elif room > 0:
            self._write(text[:room] + b"\n[further output of this invocation is dropped]\n")

    def _write(self, text: bytes) -> None:
        self._subject.log.write(text)
        if self._current is not None:
            self._current.log(text)
