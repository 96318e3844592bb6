"""The client of backends: a pool of connections for each target."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from .answer import Answer, StreamedAnswer
from .balancing import Balanced, Balancer
from .batch import Batch
from .client_certificate import ClientCertificate, present
from .dns import Dns, Resolver, system_resolver
from .known_heads import KnownHeads
from .pool import Pool
from .streamed_call import Patience, Upload
from .target import Target
from .target_group import TargetGroup
from .timers import TimerWheel
from .tls import client_context
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
        self.batch = Batch(loop)
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
