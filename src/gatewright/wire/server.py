"""The HTTP/1.1 server: listeners, the set of open connections, the drain."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from .accept import Listener, ProxiedListener
from .batch import Batch
from .connection import Connection
from .head import Lines
from .inflow import StreamedRequest
from .limits import PlainRefusals, Refusals, ServerLimits
from .timers import TimerWheel
from .types import Handler, Reply

__all__ = ["LargeHandler", "PlainRefusals", "Refusals", "Server", "ServerLimits"]

LargeHandler = Callable[[StreamedRequest, Reply], None]

_DRAIN_STEP: Final = 0.1

_REFUSED_CONNECTIONS: Final = 256
"""Connections over the limit that are answered 503 at one time; beyond them one is cut without a word."""


class Server:
    """Answers HTTP/1.1 on any number of listening sockets with one handler."""

    def __init__(
        self,
        handler: Handler,
        *,
        loop: asyncio.AbstractEventLoop,
        limits: ServerLimits | None = None,
        refusals: Refusals | None = None,
        tls: ssl.SSLContext | None = None,
        proxy_protocol: bool = False,
        large: LargeHandler | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`large` answers requests while their bodies come: those longer than `streamed_from`, and those of a
        known length whose client asks before it sends them."""
        self.handler = handler
        self.large = large
        self.limits = limits or ServerLimits()
        self.refusals = refusals or PlainRefusals()
        self.scheme = "https" if tls is not None else "http"
        self.draining = False
        self.timers = TimerWheel(loop, clock)
        self.batch = Batch(loop)
        self.lines: Lines = {}
        self.keep_alive_ending = b""
        self.close_ending = b""
        self._loop = loop
        self._tls = tls
        self._proxy_protocol = proxy_protocol
        self._listeners: list[asyncio.Server | Listener] = []
        self._handshakes: list[set[asyncio.Task[None]]] = []  # of each listener, also after its end
        self._open: set[Connection] = set()
        self._emptied = asyncio.Event()
        self._date_timer: asyncio.TimerHandle | None = None
        self._renew_date()

    @property
    def connections(self) -> int:
        """Client connections open now."""
        return len(self._open)

    async def listen(self, sock: socket.socket) -> None:
        """Accept on `sock`, which is bound and listening already. It may be shared with other processes:
        closing ours leaves theirs."""
        if self._tls is None and not self._proxy_protocol:
            plain = await self._loop.create_server(lambda: Connection(self), sock=sock, backlog=2048)
            self._listeners.append(plain)
            return
        kind = ProxiedListener if self._proxy_protocol else Listener
        listener = kind(self._loop, sock, self._connection, self._tls, self.limits, self.timers)
        self._listeners.append(listener)
        self._handshakes.append(listener.handshakes)

    def _connection(self, client: tuple[str, int] | None) -> Connection:
        return Connection(self, client)

    def stop_accepting(self) -> None:
        """Close the listeners; open connections go on."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.close()

    async def drain(self, bound: float) -> bool:
        """Finish what is in flight, TLS handshakes too; from now on every answer says `Connection: close`.
        Connections that stay idle are closed. False if some had to be cut after `bound` seconds. Call
        `stop_accepting` first."""
        self.draining = True
        start = self._loop.time()
        grace = min(self.limits.drain_grace, bound / 2)
        while self._busy() and (spent := self._loop.time() - start) < bound:
            if spent >= grace:
                for connection in list(self._open):
                    connection.close_if_idle()
            await self._something_ended()
        clean = not self._busy()
        await self._cut()
        return clean

    def _busy(self) -> bool:
        return bool(self._open) or any(self._handshakes)

    def _shaking_hands(self) -> set[asyncio.Task[None]]:
        return set[asyncio.Task[None]]().union(*self._handshakes)

    async def _something_ended(self) -> None:
        """Wait for the last connection to end, or a handshake if there are only those; not long."""
        if not self._open:
            await asyncio.wait(self._shaking_hands(), timeout=_DRAIN_STEP)
            return
        try:
            await asyncio.wait_for(self._emptied.wait(), _DRAIN_STEP)
        except TimeoutError:
            pass

    async def _cut(self) -> None:
        handshakes = self._shaking_hands()
        for handshake in handshakes:
            handshake.cancel()
        await asyncio.gather(*handshakes, return_exceptions=True)
        for connection in list(self._open):
            connection.abort()
        if self._open:
            await self._emptied.wait()
        if self._date_timer is not None:
            self._date_timer.cancel()
            self._date_timer = None
        self.timers.close()

    # ---- for connections ---------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        """Take in a connection; False when it is one too many and must be told so."""
        self._open.add(connection)
        self._emptied.clear()
        surplus = len(self._open) - self.limits.connections
        if surplus > _REFUSED_CONNECTIONS:
            connection.abort()
        return surplus <= 0

    def closed(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._emptied.set()

    def _renew_date(self) -> None:
        now = time.time()
        date = email.utils.formatdate(now, usegmt=True).encode()
        self.keep_alive_ending = b"\r\nConnection: keep-alive\r\nDate: %b\r\n\r\n" % date
        self.close_ending = b"\r\nConnection: close\r\nDate: %b\r\n\r\n" % date
        self._date_timer = self._loop.call_later(1.0 - now % 1.0, self._renew_date)
