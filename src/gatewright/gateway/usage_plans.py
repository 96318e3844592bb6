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
from gatewright.catalog.api import Catalog, Change, Document, Partition
from gatewright.gateway.live_documents import LiveDocuments
from gatewright.state.api import MOST, Bucket, Limit, Quota

REMEMBERED = 10_000  # (key, method) pairs of one plan and stage

RateAndBurst = tuple[float, int]


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
    throttle: RateAndBurst | None  # of each key, over all that the plan has
    method_throttle: Mapping[str, RateAndBurst]  # of each key, by `{resource path}/{METHOD}`
    quota: Document | None
    _known: dict[tuple[str, str, tuple[str, ...]], tuple[Limit, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def limits(self, key_id: str, api_stage: str, methods: tuple[str, ...]) -> tuple[Limit, ...]:
        """The limits of one key on one method, in the order they are tried.

        `methods` are the names under which the plan may know the method, the closest first.
        """
        asked = (key_id, api_stage, methods)
        known = self._known.get(asked)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[asked] = tuple(self._made(key_id, api_stage, methods))
        return known

    def _made(self, key_id: str, api_stage: str, methods: Iterable[str]) -> Iterable[Limit]:
        method = next((name for name in methods if name in self.method_throttle), None)
        if method is not None:
            where = hashlib.sha256(f"{api_stage}{method}".encode()).hexdigest()
            key = f"plan method\0{self.id}\0{key_id}\0{where}".encode()
            yield Bucket(key, *self.method_throttle[method], "plan, method")
        if self.throttle is not None:
            yield Bucket(f"plan\0{self.id}\0{key_id}".encode(), *self.throttle, "plan")
        if self.quota is not None:
            quota = self.quota
            yield Quota(self.id, key_id, quota["limit"], quota["period"], quota.get("offset", 0))


def plan_of_stage(document: Document) -> PlanOfStage:
    """Of a `usageplanstage` document."""
    throttle = document.get("throttle")
    methods = document.get("methodThrottle") or {}
    return PlanOfStage(
        id=document["usagePlanId"],
        throttle=None if throttle is None else _rate_and_burst(throttle),
        method_throttle={method: _rate_and_burst(own) for method, own in methods.items()},
        quota=document.get("quota"),
    )


def _rate_and_burst(throttle: Document) -> RateAndBurst:
    """A half that is not given is 0, which lets nothing through. Management takes rates of any size."""
    return min(float(throttle.get("rateLimit", 0.0)), float(MOST)), int(throttle.get("burstLimit", 0))


class ApiKeys:
    """API keys by their value, and the usage plans that let them in."""

    def __init__(self, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="api-keys")
        self._keys = LiveDocuments(catalog, loop, self._thread, "apikeylookup", _key)
        self._plans = LiveDocuments(catalog, loop, self._thread, "usageplanstage", plan_of_stage)
        self.changes = 0  # grows with what may alter keys or plans

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def changed(self, changes: list[Change]) -> None:
        """Forget what these changes may have altered."""
        self._keys.changed(changes)
        self._plans.changed(changes)
        self.changes += 1

    async def key(self, partition: Partition, value: str) -> ApiKey | None:
        """The key with this value. Raises CatalogUnavailable like `find`."""
        return await self._keys.get(partition, keys.api_key_lookup(value))

    async def find(
        self, partition: Partition, value: str, api: str, stage: str
    ) -> tuple[ApiKey | None, PlanOfStage | None]:
        """The key with this value, and the one plan that has both the key and the stage.

        Raises CatalogUnavailable when that is not known here and cannot be read.
        """
        key = await self.key(partition, value)
        for plan_id in () if key is None else key.plans:
            plan = await self._plans.get(partition, keys.usage_plan_stage(api, stage, plan_id))
            if plan is not None:
                return key, plan
        return key, None


def _key(document: Document) -> ApiKey:
    return ApiKey(document["id"], document["enabled"], tuple(document["usagePlanIds"]))
