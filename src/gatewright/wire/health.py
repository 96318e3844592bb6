"""Checks of backends at an interval: whether they accept, or answer well."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from .target_group import HealthCheck
from .timers import Timer
from .upstream_errors import UpstreamError

if TYPE_CHECKING:
    from .balancing import Member
    from .client import Client

STATUS_LINE_BYTES = 4096


class Heard(Protocol):
    def passed(self, member: Member) -> None: ...

    def failed(self, member: Member, reason: str) -> None: ...


class Unhealthy(Exception):
    """The target answered, and not well."""


class Checks:
    """Of all members of a group, from now on; what comes of them goes to `heard`."""

    def __init__(self, client: Client, check: HealthCheck, members: Iterable[Member], heard: Heard) -> None:
        self._client = client
        self._check = check
        self._members = members
        self._heard = heard
        self._running: dict[Member, asyncio.Task[None]] = {}
        self._timer = Timer(client.timers, self)
        self.expired()

    def expired(self) -> None:
        """It is time: check all whose last check is over."""
        for member in self._members:
            if member not in self._running:
                task = self._client.loop.create_task(self._ask(member))
                self._running[member] = task
                task.add_done_callback(partial(self._over, member))
        self._timer.set(self._check.interval)

    def _over(self, member: Member, _task: asyncio.Task[None]) -> None:
        del self._running[member]

    async def _ask(self, member: Member) -> None:
        try:
            async with asyncio.timeout(self._check.timeout):
                await self._connect(member)
        except TimeoutError:
            self._heard.failed(member, f"its health check took longer than {self._check.timeout:g} s")
        except (OSError, UpstreamError, Unhealthy, ValueError) as error:
            self._heard.failed(member, f"its health check failed: {error}")
        else:
            self._heard.passed(member)

    async def _connect(self, member: Member) -> None:
        """Raises what tells that the target is not well."""
        host, port = member.address
        address = (await self._client.dns.addresses(host))[0]
        tls = self._client.context(False) if self._check.protocol == "HTTPS" else None
        reader, writer = await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=host if tls else None, limit=STATUS_LINE_BYTES
        )
        try:
            if self._check.protocol != "TCP":
                await self._get(reader, writer, member)
        finally:
            writer.close()

    async def _get(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, member: Member) -> None:
        writer.write(
            f"GET {self._check.path} HTTP/1.1\r\nHost: {member}\r\nUser-Agent: Gatewright-HealthCheck\r\n"
            "Connection: close\r\n\r\n".encode("latin-1")
        )
        said = (await reader.readline()).split()
        if len(said) < 2 or not said[0].startswith(b"HTTP/1.") or not b"200" <= said[1] < b"400":
            answer = b" ".join(said)[:80].decode("latin-1")
            raise Unhealthy(f"{self._check.path} answered {answer or 'nothing'}")

    async def close(self) -> None:
        self._timer.close()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
