"""The client of backends: a pool of connections for each target."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .balancing import Balanced, Balancer
from .client_certificate import ClientCertificate, present
from .dns import Dns, Resolver, system_resolver
from .pending import Pending
from .target_group import TargetGroup
from .timers import Timer, TimerWheel
from .tls import client_context
from .upstream import IDEMPOTENT, Answer, Call, KnownHeads, Upstream
from .upstream_errors import (
    AnswerTimedOut,
    AnswerTooLarge,
    BadAnswer,
    ConnectFailed,
    ConnectionLost,
    HostMismatch,
    HostNotFound,
    NoRoom,
    RequestBroke,
    TlsFailed,
    UpstreamError,
)
from .upstream_stream import Patience, StreamedAnswer, StreamedCall, Upload

__all__ = [
    "Answer",
    "AnswerTimedOut",
    "AnswerTooLarge",
    "BadAnswer",
    "Balanced",
    "Client",
    "ClientLimits",
    "ConnectFailed",
    "ConnectionLost",
    "HostMismatch",
    "HostNotFound",
    "NoRoom",
    "Patience",
    "Pool",
    "RequestBroke",
    "StreamedAnswer",
    "Target",
    "TargetGroup",
    "TlsFailed",
    "Upload",
    "UpstreamError",
]


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Bytes, seconds and counts."""

    connections: int = 1024
    """Open at once to one target."""

    waiting: int = 4096
    """Calls that wait for a connection to one target; the next one fails at once."""

    connect_timeout: float = 10.0
    """Name, TCP and TLS together."""

    idle_timeout: float = 50.0
    """Below the 60 s after which common servers and load balancers close."""

    head_bytes: int = 65_536
    """Of an answer; above what common servers send."""

    answer_bytes: int = 10_485_760
    """The body of an answer (API Gateway: payload size)."""

    dns_ttl: float = 30.0
    dns_negative_ttl: float = 2.0

    pools: int = 4096
    """Targets remembered; beyond them those without a connection are forgotten."""

    contexts: int = 256
    """TLS contexts remembered: one for each client certificate, and for each way to check a chain."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a backend listens; calls to equal targets share connections."""

    scheme: str
    host: str
    port: int
    verify: bool = True
    """Whether the certificate's chain is checked; its host and dates always are."""

    shows: ClientCertificate | None = None
    """To a backend that asks for one; an https one."""

    group: TargetGroup | None = None
    """Who serves the host, where its name is not to be asked for it."""

    address: tuple[str, int] | None = None
    """Host and port to connect to, where they are not those of the name."""

    @property
    def place(self) -> tuple[str, int]:
        """Where connections go."""
        return self.address or (self.host, self.port)


class Client:
    """The pools of one process."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        limits: ClientLimits | None = None,
        resolver: Resolver | None = None,
        tls: Callable[[bool], ssl.SSLContext] = client_context,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.loop = loop
        self.limits = limits or ClientLimits()
        self.timers = TimerWheel(loop, clock)
        self.heads = KnownHeads()
        self.dns = Dns(
            loop,
            resolver or system_resolver(loop),
            ttl=self.limits.dns_ttl,
            negative_ttl=self.limits.dns_negative_ttl,
            clock=self.timers.clock,
        )
        self._make_tls = tls
        self._tls: dict[tuple[bool, ClientCertificate | None], ssl.SSLContext] = {}
        self._pools: dict[Target, Pool] = {}
        self._balancers: dict[TargetGroup, Balancer] = {}
        self._balanced: dict[Target, Balanced] = {}

    def sender(self, target: Target) -> Pool | Balanced:
        """What sends to `target`, its pool or those of its group; keep it rather than ask again."""
        group = target.group
        if group is None:
            return self.pool(target)
        balanced = self._balanced.get(target)
        if balanced is None:
            if len(self._balanced) >= self.limits.pools:
                self._balanced.clear()
            balancer = self._balancers.get(group) or self._balancers.setdefault(group, Balancer(self, group))
            balanced = self._balanced[target] = Balanced(self, target, balancer)
        return balanced

    def pool(self, target: Target) -> Pool:
        """The pool of `target`; keep it rather than ask again."""
        pool = self._pools.get(target)
        if pool is None:
            if len(self._pools) >= self.limits.pools:
                self._pools = {key: pool for key, pool in self._pools.items() if pool.connections}
            pool = self._pools[target] = Pool(self, target)
        return pool

    def tls(self, target: Target) -> ssl.SSLContext | None:
        return self.context(target.verify, target.shows) if target.scheme == "https" else None

    def context(self, verify: bool, shows: ClientCertificate | None = None) -> ssl.SSLContext:
        wanted = (verify, shows)
        context = self._tls.get(wanted)
        if context is None:
            context = self._make_tls(verify)
            if shows is not None:
                present(context, shows)
            if len(self._tls) >= self.limits.contexts:
                self._tls.clear()
            self._tls[wanted] = context
        return context

    async def close(self) -> None:
        """Cut every connection; calls in flight fail with `ConnectionLost`."""
        for balancer in self._balancers.values():
            await balancer.close()
        for pool in self._pools.values():
            await pool.close()
        await self.dns.close()
        self.timers.close()


class Pool:
    """Connections to one target, the last one used first."""

    def __init__(self, client: Client, target: Target) -> None:
        self.target = target
        self.limits = client.limits
        self.timers = client.timers
        self.heads = client.heads
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
            if call.method in IDEMPOTENT or not upstream.is_closed():
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
        raise failure

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
