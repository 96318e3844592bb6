"""Accepting by hand, where something comes before HTTP: a TLS handshake, a PROXY header.

The loop's own servers tell nobody of a handshake until it is over, and a drain is not to cut one. The PROXY
header comes before TLS and must be taken off the socket byte-exact. So these connections are accepted here,
and given to the loop once their header is read.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final

from .limits import ServerLimits
from .proxy_protocol import Client, NotProxiedError, read_header, wanted
from .timers import Timer, TimerWheel

logger = logging.getLogger("gatewright.wire")

_ACCEPT_PAUSE: Final = 1.0
"""Seconds without accepting once the descriptors have run out."""

ConnectionFactory = Callable[[Client | None], asyncio.Protocol]


class Listener:
    """A listening socket; `handshakes` are the connections that are not yet the factory's business."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        factory: ConnectionFactory,
        tls: ssl.SSLContext | None,
        limits: ServerLimits,
        timers: TimerWheel,
    ) -> None:
        self.loop = loop
        self.limits = limits
        self.timers = timers
        self.handshakes: set[asyncio.Task[None]] = set()
        self._sock = sock
        self._factory = factory
        self._tls = tls
        self._resume: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        self._listen()

    def _listen(self) -> None:
        self.loop.add_reader(self._sock.fileno(), self._accept)

    def _accept(self) -> None:
        try:
            sock, peer = self._sock.accept()
        except (BlockingIOError, ConnectionError):
            return  # another process took it, or the client has gone again
        except OSError as error:
            logger.error("cannot accept connections: %s; trying again in %s s", error, _ACCEPT_PAUSE)
            self.loop.remove_reader(self._sock.fileno())
            self._resume = self.loop.call_later(_ACCEPT_PAUSE, self._listen)
            return
        sock.setblocking(False)
        self._accepted(sock, peer)

    def _accepted(self, sock: socket.socket, _peer: object) -> None:
        if len(self.handshakes) >= self.limits.connections:
            sock.close()
        else:
            self.hand_over(sock, None)

    def hand_over(self, sock: socket.socket, client: Client | None) -> None:
        """Give a connection to the loop; one task for its handshake."""
        task = self.loop.create_task(self._connect(sock, client))
        self.handshakes.add(task)
        task.add_done_callback(self.handshakes.discard)

    async def _connect(self, sock: socket.socket, client: Client | None) -> None:
        try:
            await self.loop.connect_accepted_socket(
                lambda: self._factory(client),
                sock,
                ssl=self._tls,
                ssl_handshake_timeout=self.limits.header_timeout if self._tls else None,
            )
        except (OSError, ssl.SSLError):
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise

    def close(self) -> None:
        """Stop accepting; handshakes go on."""
        if self._resume is not None:
            self._resume.cancel()
        self.loop.remove_reader(self._sock.fileno())
        self._sock.close()


class ProxiedListener(Listener):
    """A listening socket whose connections must begin with a PROXY header; one without it is closed."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        factory: ConnectionFactory,
        tls: ssl.SSLContext | None,
        limits: ServerLimits,
        timers: TimerWheel,
    ) -> None:
        self.reading: set[_HeaderReader] = set()
        super().__init__(loop, sock, factory, tls, limits, timers)

    def _accepted(self, sock: socket.socket, peer: object) -> None:
        if len(self.reading) >= self.limits.connections:
            sock.close()
        else:
            self.reading.add(_HeaderReader(self, sock, peer))

    def close(self) -> None:
        """Stop accepting; connections whose header is still awaited are closed."""
        super().close()
        for reader in list(self.reading):
            reader.close()


class _HeaderReader:
    """Takes the PROXY header, and not a byte more, off one accepted socket."""

    __slots__ = ("_header", "_listener", "_sock", "_timer", "peer")

    def __init__(self, listener: ProxiedListener, sock: socket.socket, peer: object) -> None:
        self._listener = listener
        self._sock = sock
        self._header = b""
        self.peer = peer
        self._timer = Timer(listener.timers, self)
        self._timer.set(listener.limits.header_timeout)
        listener.loop.add_reader(sock.fileno(), self._readable)

    def _readable(self) -> None:
        try:
            count = wanted(self._header)
            while count:
                data = self._read_line() if count < 0 else self._sock.recv(count)
                if not data:
                    raise NotProxiedError("the connection ended within its PROXY header")
                self._header += data
                count = wanted(self._header)
            client = read_header(self._header)
        except BlockingIOError:
            return
        except (NotProxiedError, OSError) as error:
            logger.warning("a connection from %s was closed: %s", self.peer, error)
            self.close()
        else:
            self._release()
            self._listener.hand_over(self._sock, client)

    def _read_line(self) -> bytes:
        waiting = self._sock.recv(128, socket.MSG_PEEK)
        newline = waiting.find(b"\n") + 1
        return self._sock.recv(newline or len(waiting))

    def expired(self) -> None:
        self.close()

    def close(self) -> None:
        self._release()
        self._sock.close()

    def _release(self) -> None:
        self._timer.close()
        self._listener.loop.remove_reader(self._sock.fileno())
        self._listener.reading.discard(self)
