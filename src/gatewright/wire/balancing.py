"""Calls to several backends in turn: those that pass their checks, and accept connections."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from .answer import Answer, StreamedAnswer
from .health import Checks
from .pending import Pending
from .streamed_call import Patience, Upload
from .target_group import TargetGroup
from .upstream_errors import ConnectFailed, HostNotFound, NoRoom

if TYPE_CHECKING:
    from .client import Client, Pool, Target

T = TypeVar("T")

log = logging.getLogger(__name__)


class Member:
    """One backend of a group, in use until it is known to be down."""

    __slots__ = ("address", "failed", "in_use", "passed")

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.in_use = True
        self.passed = 0  # checks in a row
        self.failed = 0

    def __str__(self) -> str:
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Balancer:
    """Which backends of a group are in use: one for all who call the group.

    A lone backend is not checked: there is none to go to instead.
    """

    def __init__(self, client: Client, group: TargetGroup) -> None:
        self.group = group
        self.members = [Member(address) for address in group.addresses]
        self._in_use = self.members
        self._turn = 0
        self._checks = Checks(client, group.check, self.members, self) if len(self.members) > 1 else None

    def next(self, tried: Container[Member]) -> Member | None:
        """Whose turn it is. Those that are out come last: where all are, each may be back. None is left when
        all were tried."""
        in_use = self._in_use
        self._turn += 1
        if in_use and not tried:
            return in_use[self._turn % len(in_use)]
        left = [member for member in self.members if member not in tried]
        left.sort(key=lambda member: not member.in_use)
        return left[0] if left else None

    def passed(self, member: Member) -> None:
        """It passed a check."""
        member.passed, member.failed = member.passed + 1, 0
        if not member.in_use and member.passed >= self.group.check.healthy:
            self._use(member, True)
            log.warning("target %s of %s is in use again", member, self.group.name)

    def failed(self, member: Member, reason: str) -> None:
        """It failed a check."""
        member.passed, member.failed = 0, member.failed + 1
        if member.failed >= self.group.check.unhealthy:
            self._put_out(member, reason)

    def refused(self, member: Member, reason: str) -> None:
        """It took no connection for a call: it is out at once, until it passes its checks."""
        member.passed = 0
        self._put_out(member, reason)

    def _put_out(self, member: Member, reason: str) -> None:
        if member.in_use and len(self.members) > 1:
            self._use(member, False)
            log.warning("target %s of %s is out: %s", member, self.group.name, reason)

    def _use(self, member: Member, in_use: bool) -> None:
        member.in_use = in_use
        self._in_use = [one for one in self.members if one.in_use]

    async def close(self) -> None:
        if self._checks is not None:
            await self._checks.close()


class Balanced:
    """Calls to one target, by way of its group: a pool a member."""

    def __init__(self, client: Client, target: Target, balancer: Balancer) -> None:
        self._balancer = balancer
        self._tell: Callable[[str, str], None] | None = None
        self._clock = client.timers.clock
        self._pools: dict[Member, Pool] = {
            member: client.pool(replace(target, group=None, address=member.address))
            for member in balancer.members
        }

    def told(self, tell: Callable[[str, str], None]) -> Balanced:
        """The same for a call of which `tell` is to hear: the group, and each target that is tried."""
        other = copy(self)
        other._tell = tell
        return other

    async def send(self, head: bytes, body: bytes = b"", *, timeout: float, method: str) -> Answer:
        """As `Pool.send`. Awaits only `Pending` values."""
        return await self._tried(
            timeout, lambda pool, left: pool.send(head, body, timeout=left, method=method)
        )

    async def stream(
        self,
        head: bytes,
        body: bytes = b"",
        upload: Upload | None = None,
        *,
        patience: Patience,
        method: str,
    ) -> StreamedAnswer:
        """As `Pool.stream`. Awaits only `Pending` values."""
        return await self._tried(
            patience.head,
            lambda pool, left: pool.stream(
                head, body, upload, patience=patience._replace(head=left), method=method
            ),
        )

    async def _tried(self, timeout: float, call: Callable[[Pool, float], Pending[T]]) -> T:
        """Who takes no connection was sent nothing, so that the next one gets the request."""
        deadline = self._clock() + timeout
        reasons: dict[Member, str] = {}
        while (member := self._balancer.next(reasons)) is not None:
            if self._tell is not None:
                self._tell(self._balancer.group.name, str(member))
            left = max(deadline - self._clock(), 0.0)
            try:
                return await call(self._pools[member], left)
            except NoRoom as error:
                reasons[member] = str(error)
            except (ConnectFailed, HostNotFound) as error:
                reasons[member] = str(error)
                self._balancer.refused(member, str(error))
        raise ConnectFailed(
            f"no target of {self._balancer.group.name} takes a connection: {'; '.join(reasons.values())}"
        )
