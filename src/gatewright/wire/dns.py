"""Names to addresses, remembered for a while; failures too, for a shorter while."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from .upstream_errors import HostNotFound

Resolver = Callable[[str], Awaitable[list[str]]]
"""The addresses of a host, in order of preference; raises OSError when there are none."""

_REMEMBERED: Final = 4096
"""Names held at once; beyond them the memory is emptied."""


def system_resolver(loop: asyncio.AbstractEventLoop) -> Resolver:
    """The operating system's own, in the loop's threads."""

    async def resolve(host: str) -> list[str]:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    return resolve


class Dns:
    """A cache in front of a resolver. The resolver does not tell a TTL, so `ttl` stands for all."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        resolver: Resolver,
        *,
        ttl: float,
        negative_ttl: float,
        clock: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._resolver = resolver
        self._ttl = ttl
        self._negative_ttl = negative_ttl
        self._clock = clock
        self._known: dict[str, tuple[float, list[str]]] = {}
        self._asking: dict[str, asyncio.Task[list[str]]] = {}

    def __len__(self) -> int:
        """How many names are remembered."""
        return len(self._known)

    async def addresses(self, host: str) -> list[str]:
        """All addresses of `host`; the first changes from call to call. Raises `HostNotFound`."""
        if _is_address(host):
            return [host]
        known = self._known.get(host)
        if known is None or known[0] <= self._clock():
            found = await self._ask(host)
        else:
            found = known[1]
        if not found:
            raise HostNotFound(f"the name {host} does not resolve")
        found.append(found.pop(0))
        return list(found)

    async def _ask(self, host: str) -> list[str]:
        """One question at a time for a host, however many wait for it."""
        task = self._asking.get(host)
        if task is None:
            task = self._asking[host] = self._loop.create_task(self._resolve(host))
            task.add_done_callback(lambda _: self._asking.pop(host, None))
        return await asyncio.shield(task)

    async def _resolve(self, host: str) -> list[str]:
        try:
            found = await self._resolver(host)
        except (OSError, UnicodeError):
            found = []
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[host] = (self._clock() + (self._ttl if found else self._negative_ttl), found)
        return found

    async def close(self) -> None:
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
