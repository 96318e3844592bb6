"""What a supervisor and a child say to each other, over a socket pair the child inherits.

    supervisor → child   the job: one line of JSON, read before anything else
    child → supervisor   `ready` once it accepts
    supervisor → child   `retire` (a replacement accepts already) or `stop`
    end of stream        the other side is gone

Settings go this way and not by arguments or environment, which other users of the machine may read.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from dataclasses import dataclass
from enum import Enum
from typing import Self

from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings

JOB_BYTES = 1_048_576


class Order(Enum):
    """Why a child ends. Only `STOP` takes the node out of service, so only then does health say so."""

    RETIRE = b"retire"
    STOP = b"stop"


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is to do: the node's settings and the listener (an inherited descriptor) of its slot."""

    settings: Settings
    listener: int
    slot: int

    def to_line(self) -> bytes:
        job = {"settings": self.settings.to_json(), "listener": self.listener, "slot": self.slot}
        return json.dumps(job).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        job = json.loads(line)
        return cls(Settings.from_json(job["settings"]), job["listener"], job["slot"])


class Parent:
    """The supervisor, as a child sees it."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._received = b""

    def job(self) -> Job:
        """Block until the job has arrived. Unbuffered, for an order may follow at its heels."""
        with self._socket.makefile("rb", buffering=0) as stream:
            line = stream.readline(JOB_BYTES)
        if not line.endswith(b"\n"):
            raise CannotStart("the supervisor ended before it said what to do")
        return Job.from_line(line)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to take orders, from the supervisor and from SIGTERM."""
        self._socket.setblocking(False)
        loop.add_reader(self._socket.fileno(), self._read, loop)
        loop.add_signal_handler(signal.SIGTERM, self._orders.put_nowait, Order.STOP)

    def say_ready(self) -> None:
        self._socket.send(b"ready\n")

    async def order(self) -> Order:
        """The next order; a supervisor that is gone counts as `STOP`."""
        return await self._orders.get()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            data = self._socket.recv(64)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            loop.remove_reader(self._socket.fileno())
            self._orders.put_nowait(Order.STOP)
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._orders.put_nowait(Order(line))
