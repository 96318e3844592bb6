"""Callers that sign: access keys and whose they are, as AWS_IAM methods look them up; and the roles that the
gateway takes on to invoke functions.

Their documents are live, not deployed: a change counts as soon as the change feed tells of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gatewright.aws.policy.engine import Policy
from gatewright.aws.principals import Authorization, Credential, Principal
from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Change
from gatewright.gateway.errors import API_CONFIGURATION_ERROR, INTERNAL, GatewayError
from gatewright.gateway.live_documents import LiveDocuments
from gatewright.gateway.principal_documents import credential_of, taken_on
from gatewright.wire.pending import Pending

REMEMBERED = 10_000  # access keys, known and unknown: they come from strangers, so memory is bounded
DECISIONS = 4096  # of a process
_ACCESS_KEY = re.compile(r"\w{1,128}", re.ASCII)

Local = Callable[[str], Credential | None]
# Who, the policy of the API, the ARN of the stage, verb and path.
Asked = tuple[Principal, Policy | None, str, str, str]


class NotRead(Exception):
    """Nothing is known of an access key yet: `Callers.find` it."""

    def __init__(self, access_key: str) -> None:
        super().__init__(access_key)
        self.access_key = access_key


class Callers:
    """Credentials by access key: those of this process's settings, and the catalog's, read when first asked
    for and forgotten when they change."""

    def __init__(self, catalog: Catalog, loop: asyncio.AbstractEventLoop, local: Local) -> None:
        """`local` finds the credentials that do not stand in the catalog."""
        self._catalog = catalog
        self._loop = loop
        self._local = local
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="callers")
        self._known: dict[str, Credential | None] = {}
        self.decisions: dict[Asked, Authorization] = {}  # go when callers change, with those they are about
        self._waiting: dict[str, list[Pending[Credential | None]]] = {}
        self._roles = LiveDocuments(catalog, loop, self._thread, "principal", taken_on)
        self._generation = 0  # grows with every change: what was read before it may be out of date

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def changed(self, changes: list[Change]) -> None:
        """Forget everything when one of these is about callers, or may be (the key `""`)."""
        told = (change.key for change in changes)
        if any(key == "" or key.startswith((keys.PRINCIPALS, keys.ACCESS_KEYS)) for key in told):
            self._generation += 1
            self._known.clear()
            self._roles.changed(changes)
            self.decisions.clear()

    def remember(self, asked: Asked, authorization: Authorization) -> None:
        """In `decisions`: those of policies without conditions, which hang on nothing else."""
        if len(self.decisions) >= DECISIONS:
            self.decisions.clear()
        self.decisions[asked] = authorization

    def known(self, access_key: str) -> Credential | None:
        """Whose the key is, None when it is nobody's. Raises NotRead when that is not known yet."""
        credential = self._known.get(access_key) or self._local(access_key)
        if credential is not None or access_key in self._known or not _ACCESS_KEY.fullmatch(access_key):
            return credential
        raise NotRead(access_key)

    async def find(self, access_key: str) -> Credential | None:
        """The same, read now if need be. Raises GatewayError 500 when it cannot be read."""
        try:
            return self.known(access_key)
        except NotRead:
            waiting: Pending[Credential | None] = Pending()
            waiters = self._waiting.setdefault(access_key, [])
            waiters.append(waiting)
            if len(waiters) == 1:
                self._thread.submit(self._read, access_key, self._generation)
        return await waiting

    async def role(self, arn: str) -> Principal | None:
        """The gateway's session of a role; None for a role that is not known. Raises ValueError for what
        cannot be enforced, and what the catalog raises. Awaits only `Pending` values."""
        return await self._roles.get(keys.CALLERS, keys.principal(arn))

    def _read(self, access_key: str, generation: int) -> None:
        """In the thread."""
        try:
            found = read_credential(self._catalog, access_key)
            self._loop.call_soon_threadsafe(self._learned, access_key, generation, found)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._failed, access_key, error)

    def _learned(self, access_key: str, generation: int, credential: Credential | None) -> None:
        if generation != self._generation:
            self._thread.submit(self._read, access_key, self._generation)
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[access_key] = credential
        for waiting in self._waiting.pop(access_key, []):
            waiting.resolve(credential)

    def _failed(self, access_key: str, error: Exception) -> None:
        failure = GatewayError(
            API_CONFIGURATION_ERROR,
            INTERNAL,
            reason="Execution failed due to an internal error",
            detail=f"access key {access_key} cannot be looked up: {error}",
        )
        for waiting in self._waiting.pop(access_key, []):
            waiting.fail(failure)


def read_credential(catalog: Catalog, access_key: str) -> Credential | None:
    """What the catalog has under an access key. Raises ValueError for what cannot be enforced."""
    with catalog.read(keys.CALLERS) as reader:
        key = reader.get(keys.access_key(access_key))
        principal = None if key is None else reader.get(keys.principal(key["principal"]))
    return None if key is None or principal is None else credential_of(key, principal)
