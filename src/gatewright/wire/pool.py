"""Connections to one target, for the calls to it."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import TYPE_CHECKING

from .answer import Answer, StreamedAnswer
from .call import IDEMPOTENT, Call
from .pending import Pending
from .streamed_call import Patience, StreamedCall, Upload
from .target import Target
from .timers import Timer
from .upstream import Upstream
from .upstream_errors import ConnectFailed, ConnectionLost, NoRoom, TlsFailed, UpstreamError

if TYPE_CHECKING:
    from .client import Client


class Pool:
    """Connections to one target, the last one used first."""

    def __init__(self, client: Client, target: Target) -> None:
        self.target = target
        self.limits = client.limits
        self.timers = client.timers
        self.heads = client.heads
        self.batch = client.batch
        self.last_head = b""
        self._client = client
        self._clock = client.timers.clock
        self._idle_timeout = client.limits.idle_timeout
        self._idle: list[Upstream] = []
        self._open: set[Upstream] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._waiting: deque[Call | StreamedCall] = deque()
        self._closed = False

    @property
    def connections(self) -> int:
        """Connections open or being opened."""
        return len(self._open) + len(self._connecting)

    def send(self, head: bytes, body: bytes = b"", *, timeout: float, method: str) -> Pending[Answer]:
        """Send one request. `head` is its request line, header lines (framing included) and blank line,
        written as it is. Within `timeout` seconds the answer or an `UpstreamError` arrives."""
        call = Call(head, body, method, self._clock() + timeout)
        self.submit(call)
        return call

    def stream(
        self,
        head: bytes,
        body: bytes = b"",
        upload: Upload | None = None,
        *,
        patience: Patience,
        method: str,
    ) -> Pending[StreamedAnswer]:
        """Send one request, with a `body` or an `upload`, whose answer passes piece by piece. What goes wrong
        behind the answer's head, its sink hears."""
        call = StreamedCall(head, body, upload, method, patience, self._clock())
        self.submit(call)
        return call

    def submit(self, call: Call | StreamedCall) -> None:
        """Send `call` on an idle connection, or let it wait for one. A retried call waits for a fresh one:
        where one idle connection had been closed, others are."""
        idle = self._idle
        while idle and not call.retried:
            upstream = idle.pop()
            if (call.method in IDEMPOTENT and not upstream.suspect) or not upstream.is_spoiled():
                call.start(upstream)
                return
            upstream.close()
        self._wait(call)

    def _wait(self, call: Call | StreamedCall) -> None:
        if self._closed:
            call.fail(ConnectFailed("the client is closed"))
        elif len(self._waiting) >= self.limits.waiting:
            call.fail(NoRoom(f"{len(self._waiting)} calls wait for a connection to {self._address}"))
        else:
            call.timer = Timer(self.timers, call)
            call.timer.set_at(call.deadline)
            self._waiting.insert(0 if call.retried else len(self._waiting), call)
            self._connect_as_needed()

    @property
    def _address(self) -> str:
        host, port = self.target.place
        return f"{host}:{port}"

    # ---- for connections ---------------------------------------------------------------------------------

    def release(self, upstream: Upstream) -> None:
        """A connection is free: the next call that waits gets it, but a retried one waits for a fresh one."""
        waiting = self._waiting
        call = self._next_waiting() if waiting and not (upstream.used and waiting[0].retried) else None
        if call is not None:
            call.start(upstream)
        else:
            self._idle.append(upstream)
            upstream.timer.set(self._idle_timeout)

    def gone(self, upstream: Upstream) -> None:
        """A connection is closed, or about to be."""
        if upstream in self._open:
            self._open.discard(upstream)
            if upstream in self._idle:
                self._idle.remove(upstream)
            self._connect_as_needed()

    def _next_waiting(self) -> Call | StreamedCall | None:
        while self._waiting:
            call = self._waiting.popleft()
            if not call.done:
                assert call.timer is not None
                call.timer.close()
                return call
        return None

    # ---- connecting --------------------------------------------------------------------------------------

    def _connect_as_needed(self) -> None:
        """One connection on its way for each call that waits, as far as the limit allows."""
        while len(self._connecting) < len(self._waiting) and self.connections < self.limits.connections:
            task = self._client.loop.create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._connected)

    def _connected(self, task: asyncio.Task[None]) -> None:
        self._connecting.discard(task)
        if not self._closed:
            self._connect_as_needed()

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self.limits.connect_timeout):
                upstream = await self._reach()
        except UpstreamError as error:
            self._fail_one(error)
        except TimeoutError:
            self._fail_one(ConnectFailed(f"{self._address} did not accept a connection in time"))
        else:
            if upstream.closing:
                self._fail_one(ConnectFailed(f"{self._address} accepted the connection and closed it"))
            else:
                self._open.add(upstream)
                self.release(upstream)

    def _fail_one(self, error: UpstreamError) -> None:
        call = self._next_waiting()
        if call is not None:
            call.fail(error)

    async def _reach(self) -> Upstream:
        """Connect to the first address that accepts. Raises `UpstreamError`."""
        failure: UpstreamError = ConnectFailed(f"{self._address} has no address")
        for address in await self._client.dns.addresses(self.target.place[0]):
            try:
                return await self._reach_address(address)
            except ssl.SSLError as error:
                failure = TlsFailed(f"TLS with {self._address} failed: {error.reason or error}")
            except (ConnectionError, OSError) as error:
                failure = ConnectFailed(f"{self._address} cannot be reached: {error}")
        try:
            raise failure
        finally:
            del failure  # or the error, which holds this frame, would hold itself

    async def _reach_address(self, address: str) -> Upstream:
        tls = self._client.tls(self.target)
        _, upstream = await self._client.loop.create_connection(
            lambda: Upstream(self),
            address,
            self.target.place[1],
            ssl=tls,
            server_hostname=self.target.host if tls else None,
        )
        if tls is not None:
            try:
                from .certificate import check_certificate  # large, and many nodes have plain backends only

                check_certificate(upstream.peer_certificate(), self.target.host)
            except UpstreamError:
                upstream.close()
                raise
        return upstream

    async def close(self) -> None:
        """Cut the connections and fail the calls."""
        self._closed = True
        tasks = list(self._connecting)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while (call := self._next_waiting()) is not None:
            call.fail(ConnectionLost("the client is closed"))
        for upstream in list(self._open):
            upstream.abort(ConnectionLost("the client is closed"))
