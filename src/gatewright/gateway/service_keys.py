"""The keys that sign integrations with AWS services: a role's, or those an AWS SDK would find.

botocore reads and renews them: from its chain, from profiles, from STS. That may block, so it is done in
threads, beside the loop.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf
from typing import Any

from gatewright.aws.sigv4 import Secret
from gatewright.gateway.errors import configuration_error
from gatewright.gateway.services import RoleKeys
from gatewright.wire.pending import Pending

RENEWED = 60.0  # seconds between two looks; botocore renews temporary keys minutes before they expire
STS_SECONDS = 5.0  # to connect, and again to be answered
DEFAULT = ""  # the role of integrations that name none
SESSION = "gatewright"
NOT_ASSUMED = "API Gateway does not have permission to assume the provided role"
_REGIONAL_STS = re.compile(r"https?://sts\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")

Read = Callable[[], Secret | None]


@dataclass(slots=True)
class _Known:
    """What is known of one role's keys."""

    secret: Secret | None = None
    is_read: bool = False
    looked: float = -inf
    looking: bool = False
    waiting: list[Pending[Secret | None]] = field(default_factory=list)


class ServiceKeys:
    """One for a process. Keys are read when they are first asked for."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        roles: Mapping[str, RoleKeys],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._roles = roles
        self._clock = clock
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="service-keys")
        self._known: dict[str, _Known] = {}
        self._readers: dict[str, Read] = {}

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def has(self, role: str) -> bool:
        """Whether the settings have it."""
        return role in self._roles

    def find(self, role: str) -> Pending[Secret | None]:
        """The keys of a role, which is in the settings, or `DEFAULT`; None where there are no default ones.

        Fails with GatewayError 500 where a role's keys cannot be had.
        """
        known = self._known.setdefault(role, _Known())
        if not known.looking and self._clock() - known.looked >= RENEWED:
            known.looking = True
            self._threads.submit(self._look, role)
        answer: Pending[Secret | None] = Pending()
        if known.is_read:
            answer.resolve(known.secret)
        else:
            known.waiting.append(answer)
        return answer

    def _look(self, role: str) -> None:
        """In a thread, one at a time for a role."""
        try:
            if role not in self._readers:
                self._readers[role] = _reader(role, self._roles.get(role, RoleKeys()))
            secret = self._readers[role]()
            if secret is None and role != DEFAULT:
                raise LookupError("the settings lead to no keys")
            self._loop.call_soon_threadsafe(self._learned, role, secret)
        except Exception as error:
            self._readers.pop(role, None)  # what is mended meanwhile counts at the next look
            self._loop.call_soon_threadsafe(self._failed, role, error)

    def _learned(self, role: str, secret: Secret | None) -> None:
        known = self._known[role]
        known.secret, known.is_read, known.looking, known.looked = secret, True, False, self._clock()
        waiting, known.waiting = known.waiting, []
        for answer in waiting:
            answer.resolve(secret)

    def _failed(self, role: str, error: Exception) -> None:
        """Keys that are at hand serve on; else the next request looks again."""
        known = self._known[role]
        known.looking = False
        if known.is_read:
            known.looked = self._clock()
        failure = not_assumed(f"the keys of {role or 'the default chain'} cannot be had: {error}")
        waiting, known.waiting = known.waiting, []
        for answer in waiting:
            answer.fail(failure)


def not_assumed(detail: str) -> Exception:
    """What ends a request whose integration has no keys."""
    return configuration_error(NOT_ASSUMED, detail=detail)


def _reader(role: str, keys: RoleKeys) -> Read:
    """Raises botocore's errors, such as ProfileNotFound."""
    import botocore.session  # large, and many nodes call no services

    session = botocore.session.Session(profile=keys.profile or None)
    if keys.access_key:
        session.set_credentials(keys.access_key, keys.secret_key, keys.session_token or None)
    chain = _assumed(session, role, keys) if keys.sts else session.get_credentials()

    def read() -> Secret | None:
        frozen = None if chain is None else chain.get_frozen_credentials()
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            return None
        return Secret(frozen.access_key, frozen.secret_key, frozen.token)

    return read


def _assumed(session: Any, role: str, keys: RoleKeys) -> Any:
    """Keys of a session of the role, renewed before they expire."""
    from botocore.config import Config
    from botocore.credentials import DeferredRefreshableCredentials, create_assume_role_refresher

    regional = _REGIONAL_STS.match(keys.sts)
    client = session.create_client(
        "sts",
        region_name=regional[1] if regional else "us-east-1",
        endpoint_url=keys.sts,
        config=Config(
            connect_timeout=STS_SECONDS, read_timeout=STS_SECONDS, retries={"total_max_attempts": 2}
        ),
    )
    asked = {"RoleArn": role, "RoleSessionName": SESSION}
    if keys.external_id:
        asked["ExternalId"] = keys.external_id
    return DeferredRefreshableCredentials(
        refresh_using=create_assume_role_refresher(client, asked), method="assume-role"
    )
