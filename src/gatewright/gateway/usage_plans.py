"""Usage plans as requests meet them: API keys by their value, and what a plan says of a stage.

Keys and plans are live, not deployed: a change counts as soon as the change feed tells of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition
from gatewright.gateway.errors import API_CONFIGURATION_ERROR, INTERNAL, GatewayError
from gatewright.state.api import Bucket, Limit, Quota
from gatewright.wire.pending import Pending

REMEMBERED = 10_000  # key values, known and unknown, and (key, method) pairs of one plan


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a request with one key value may do."""

    id: str
    enabled: bool
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanOfStage:
    """What one usage plan says of one stage."""

    id: str
    api_stage: str  # `{api}/{stage}`
    throttle: tuple[float, int] | None  # (rate, burst) of each key, over all that the plan has
    method_throttle: Mapping[str, tuple[float, int]]  # by `{resource path}/{VERB}`
    quota: Document | None
    _known: dict[tuple[str, str], tuple[Limit, ...]] = field(default_factory=dict, compare=False, repr=False)

    def limits(self, key_id: str, method: str) -> tuple[Limit, ...]:
        """The limits of one key on one method, in the order they are tried."""
        known = self._known.get((key_id, method))
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key_id, method] = tuple(self._made(key_id, method))
        return known

    def _made(self, key_id: str, method: str) -> Iterable[Limit]:
        own = self.method_throttle.get(method)
        if own is not None:
            where = hashlib.sha256(f"{self.api_stage}{method}".encode()).hexdigest()
            yield Bucket(f"plan method\0{self.id}\0{key_id}\0{where}".encode(), *own, "plan, method")
        if self.throttle is not None:
            yield Bucket(f"plan\0{self.id}\0{key_id}".encode(), *self.throttle, "plan")
        if self.quota is not None:
            yield Quota(
                self.id, key_id, self.quota["limit"], self.quota["period"], self.quota.get("offset", 0)
            )


def plan_of_stage(document: Document, api: str, stage: str) -> PlanOfStage:
    """Of a `usageplanstage` document."""
    throttle = document.get("throttle")
    return PlanOfStage(
        id=document["usagePlanId"],
        api_stage=f"{api}/{stage}",
        throttle=None if throttle is None else _rate_and_burst(throttle),
        method_throttle={
            method: _rate_and_burst(own) for method, own in (document.get("methodThrottle") or {}).items()
        },
        quota=document.get("quota"),
    )


def _rate_and_burst(throttle: Document) -> tuple[float, int]:
    """A half that is not given is 0, which lets nothing through."""
    return float(throttle.get("rateLimit", 0.0)), int(throttle.get("burstLimit", 0))


class ApiKeys:
    """API keys by value, read when first asked for and forgotten when they change."""

    def __init__(self, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
        self._catalog = catalog
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="api-keys")
        self._known: dict[tuple[Partition, str], ApiKey | None] = {}
        self._waiting: dict[tuple[Partition, str], list[Pending[ApiKey | None]]] = {}

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def changed(self, changed: Iterable[str]) -> None:
        """Forget what these catalog keys told; all of it for the key `""`."""
        for key in changed:
            if key == "":
                self._known.clear()
            elif key.startswith("apikeylookup/"):
                self._known = {at: known for at, known in self._known.items() if at[1] != key}

    async def find(self, partition: Partition, value: str) -> ApiKey | None:
        """The key with this value, None if there is none. Raises GatewayError 500 when it cannot be read."""
        at = (partition, keys.api_key_lookup(value))
        if at in self._known:
            return self._known[at]
        waiting: Pending[ApiKey | None] = Pending()
        waiters = self._waiting.setdefault(at, [])
        waiters.append(waiting)
        if len(waiters) == 1:
            self._thread.submit(self._read, at)
        return await waiting

    def _read(self, at: tuple[Partition, str]) -> None:
        """In the thread."""
        try:
            with self._catalog.read(at[0]) as reader:
                document = reader.get(at[1])
            found = None if document is None else _key(document)
            self._loop.call_soon_threadsafe(self._learned, at, found)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._failed, at, error)

    def _learned(self, at: tuple[Partition, str], key: ApiKey | None) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[at] = key
        for waiting in self._waiting.pop(at, []):
            waiting.resolve(key)

    def _failed(self, at: tuple[Partition, str], error: Exception) -> None:
        failure = GatewayError(
            API_CONFIGURATION_ERROR,
            INTERNAL,
            reason="Usage Plan check failed due to an internal error",
            detail=str(error),
        )
        for waiting in self._waiting.pop(at, []):
            waiting.fail(failure)


def _key(document: Document) -> ApiKey:
    return ApiKey(document["id"], document["enabled"], tuple(document["usagePlanIds"]))
