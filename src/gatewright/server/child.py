"""One child process, as the supervisor sees it: a fresh interpreter, told its job, retired or stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Self

from gatewright.server.channel import Job, Order
from gatewright.server.settings import Settings

READY_TIMEOUT = 60.0  # seconds; a loaded machine starts a process in one or two


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that one process at a time fills: which module runs there, on which listener."""

    name: str
    module: str
    number: int
    listener: socket.socket


# glibc gives memory back to the system at sizes that bodies of a megabyte pass all the time, and then spends
# more on page faults than on the bodies. What the owner's environment says counts instead.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "33554432"}


class Child:
    """A process that fills a slot."""

    def __init__(
        self,
        slot: Slot,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.slot = slot
        self.pid = process.pid
        self.started = asyncio.get_running_loop().time()
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def spawn(cls, slot: Slot, settings: Settings) -> Self:
        """Start the process and hand it its job. Its process group is its own, so that Ctrl-C on a terminal
        reaches the supervisor only; `-P` keeps it from importing what the current directory holds."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", slot.module, str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), slot.listener.fileno()),
                process_group=0,
                env={**ALLOCATOR, **os.environ},
            )
        child = cls(slot, process, *await asyncio.open_unix_connection(sock=ours))
        child._say(Job(settings, slot.listener.fileno(), slot.number).to_line())
        return child

    async def ready(self) -> bool:
        """Wait until it accepts connections; False if it ended or took too long."""
        try:
            async with asyncio.timeout(READY_TIMEOUT):
                return await self._reader.readline() == b"ready\n"
        except (TimeoutError, ConnectionError):
            return False

    def order(self, order: Order) -> None:
        """Ask it to drain and end."""
        self._say(order.value + b"\n")

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()

    def stopped(self) -> bool:
        """Whether a signal (SIGSTOP, Ctrl-Z) has stopped it; a debugger that holds it is not told of."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # it has ended
            return False

    async def ended(self) -> str:
        """Wait for its end; how it ended, in words."""
        code = await self._process.wait()
        self._writer.close()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    async def ended_within(self, bound: float) -> str:
        """The same, but past `bound` seconds it is killed."""
        try:
            return await asyncio.wait_for(self.ended(), bound)
        except TimeoutError:
            self.kill()
            await self.ended()
            return f"killed, for it did not end within {bound:g} s"

    def _say(self, words: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(words)
