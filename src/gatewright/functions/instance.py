"""One function process: started, given one invocation at a time, watched, and stopped."""

from __future__ import annotations

import asyncio
import enum
import math
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from gatewright.catalog.api import Document, Partition
from gatewright.functions import channel, faults
from gatewright.functions.api import FunctionFailed
from gatewright.functions.channel import Channel
from gatewright.functions.endpoint import Taker, Verdict
from gatewright.functions.environment import environment, memory_size, timeout
from gatewright.functions.guardian import CHANNEL
from gatewright.functions.invocation import Invocation
from gatewright.functions.journal import Journal
from gatewright.functions.logs import FunctionLog
from gatewright.functions.process import Guardian, Process, exit_reason
from gatewright.functions.runtime_api import RuntimeApi
from gatewright.functions.settings import FunctionSettings
from gatewright.wire.flow import Flow, Valve

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
        configuration, settings = subject.configuration, host.settings
        self._host = host
        self._owner = owner
        self._subject = subject
        self._version: str = configuration["Version"]
        self._timeout = timeout(configuration)
        self._memory_size = memory_size(configuration)
        self._journal = Journal(subject.log, self._version, self._memory_size, settings.invocation_log_bytes)
        self._runtime_api: RuntimeApi | None = None
        self._channel = Channel(self, settings.response_bytes)
        self._process: Process | None = None
        self._taker: Taker | None = None  # the runtime, while it waits for an event
        self._current: Invocation | None = None
        self._memory = 0  # bytes, when it was last looked at
        self._memory_read = 0.0
        self._spawned = 0.0
        self._deadline = math.inf  # monotonic: of the initialisation, then of each invocation
        self.state = State.STARTING
        self.idle_since = 0.0

    async def start(self, command: list[str], task_root: Path) -> None:
        """Start the process; raises OSError if that is not possible."""
        if self._stopped:
            return
        settings = self._host.settings
        self._runtime_api = api = RuntimeApi(self, self._host.loop, settings.response_bytes)
        await api.listen()
        try:
            with await self._channel.open(self._host.loop) as theirs:
                if not self._stopped:
                    await self._spawn(command, task_root, api.address, theirs.fileno())
        finally:
            if self._process is None:
                await self._close_links()

    @property
    def _stopped(self) -> bool:
        return self.state is State.STOPPED

    async def _spawn(self, command: list[str], task_root: Path, address: str, descriptor: int) -> None:
        variables = environment(
            self._subject.partition,
            self._subject.configuration,
            task_root=task_root,
            runtime_api=address,
            log_stream=f"{datetime.now(UTC):%Y/%m/%d}/[{self._version}]{uuid.uuid4().hex}",
        )
        variables[channel.VARIABLE] = str(CHANNEL)
        self._spawned = time.monotonic()
        self._deadline = self._spawned + self._host.settings.init_timeout + self._timeout
        guardian = self._host.guardian
        self._process = process = await Process.start(guardian, command, variables, task_root, descriptor)
        self._host.process_started(process.pid)
        self._host.loop.add_reader(process.output, self._copy_output, 1)
        if self._stopped:
            process.kill()  # stopped while it was being started

    # What the runtime says (endpoint.Endpoint)

    def next_event(self, taker: Taker) -> bool:
        if self._stopped or self._current is not None or self._taker is not None:
            return False
        now = time.monotonic()
        if self.state is State.STARTING:
            self._journal.init = now - self._spawned
        self._taker = taker
        self.state = State.IDLE
        self.idle_since = now
        self._owner.ready(self)
        return True

    def outcome(self, request_id: str, body: bytes, *, failed: bool, taker: Taker | None) -> Verdict:
        invocation = self._current
        if invocation is None or invocation.request_id != request_id:
            return Verdict.UNKNOWN_REQUEST
        verdict = Verdict.ACCEPTED
        limit = self._host.settings.response_bytes
        if len(body) > limit:
            body, failed, verdict = faults.response_too_large(limit), True, Verdict.TOO_LARGE
        self._end(invocation)
        if taker is not None:
            self.next_event(taker)  # before the caller goes on: the function need not wait for that
        invocation.finish(body, faults.UNHANDLED if failed else None, self._version)
        return verdict

    def begin_stream(self, request_id: str, valve: Valve) -> Flow | None:
        invocation = self._current
        if invocation is None or invocation.request_id != request_id or invocation.flow is not None:
            return None
        return invocation.begin_stream(valve, self._version, self._host.settings.response_bytes)

    def end_stream(self, request_id: str, error: bytes | None, taker: Taker | None) -> None:
        invocation = self._current
        if invocation is None or invocation.request_id != request_id or invocation.flow is None:
            return
        flow = invocation.flow
        self._end(invocation)
        if taker is not None:
            self.next_event(taker)
        if error is None:
            flow.finish()
        else:
            flow.fail(FunctionFailed(error))

    def init_error(self, body: bytes) -> bool:
        if self.state is not State.STARTING:
            return False
        self._copy_output(_DRAIN_READS)
        self._owner.init_failed(self, lambda _request_id: body)
        self.stop()
        return True

    def lost(self) -> None:
        """Idle, it could not be woken; busy, it runs into its exit or its time-out."""
        if self.state is State.IDLE and self._taker is self._channel:
            self.stop()

    # What the pool asks

    def run(self, invocation: Invocation) -> None:
        """Hand over an event; only when IDLE."""
        taker, self._taker = self._taker, None
        assert taker is not None
        self.state = State.BUSY
        self._current = invocation
        invocation.started = now = time.monotonic()
        self._deadline = now + self._timeout
        self._journal.begin(invocation)
        taker.deliver(invocation, int((time.time() + self._timeout) * 1000))

    def check(self, now: float) -> None:
        """Enforce the time-out and the memory size of whatever runs."""
        if self.state is State.BUSY and now - self._memory_read > MEMORY_CHECK:
            self._read_memory(now)
            if self._memory > self._memory_size << 20:
                self._kill()  # as Lambda does: the invocation ends with the exit
        if now < self._deadline or self.state is State.IDLE or self._stopped:
            return
        if self.state is State.STARTING:
            self._owner.init_failed(self, lambda request_id: faults.timed_out(request_id, self._timeout))
        elif self._current is not None:
            self._time_out(self._current)
        self.stop()

    def stop(self) -> None:
        """Kill the process; an invocation still running on it fails."""
        if not self._stopped:
            self.state = State.STOPPED
            self._kill()
            self._owner.stopped(self)

    # What happens to the process

    async def ended(self) -> None:
        """See the process, if there is one, to the end of it and of all it started."""
        process = self._process
        if process is None:
            return
        reason = exit_reason(await process.ended())
        self._copy_output(_DRAIN_READS)
        self._host.loop.remove_reader(process.output)
        process.close()
        self._process = None
        if self.state is State.STARTING:
            self._owner.init_failed(self, lambda request_id: faults.exited(request_id, reason))
        elif self._current is not None:
            self._fail(self._current, reason)
        self.stop()
        self._host.process_ended(process.pid)
        await self._close_links()

    async def _close_links(self) -> None:
        self._channel.close()
        if self._runtime_api is not None:
            await self._runtime_api.close()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _fail(self, invocation: Invocation, reason: str) -> None:
        request_id = invocation.request_id
        self._journal.exited(request_id, reason)
        self._end(invocation, "Status: error\tError Type: Runtime.ExitError")
        invocation.finish(faults.exited(request_id, reason), faults.UNHANDLED, self._version)

    def _time_out(self, invocation: Invocation) -> None:
        request_id = invocation.request_id
        self._copy_output(_DRAIN_READS)
        self._journal.timed_out(request_id, self._timeout)
        self._end(invocation, "Status: timeout")
        invocation.finish(faults.timed_out(request_id, self._timeout), faults.UNHANDLED, self._version)

    def _end(self, invocation: Invocation, status: str = "") -> None:
        """The invocation is over; the runtime asks for more when it is ready."""
        self._copy_output(_DRAIN_READS)
        now = time.monotonic()
        self._current = None
        if now - self._memory_read > 1.0:
            self._read_memory(now)
        self._journal.end(now - invocation.started, self._memory, status)

    def _read_memory(self, now: float) -> None:
        if self._process is not None:
            self._memory = self._process.resident_bytes()
            self._memory_read = now

    def _copy_output(self, reads: int) -> None:
        for _ in range(reads):
            text = self._process.read() if self._process is not None else b""
            if not text:
                return
            self._journal.print(text)
