"""The plans of this process: compiled on demand, dropped when their documents change, kept when they cannot
be replaced."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol, TypeVar

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Document, Reader
from gatewright.gateway.canary import CIRCLE, Canary, canary_stage
from gatewright.gateway.client_certificates import stage_certificate
from gatewright.gateway.compiler import compile_stage
from gatewright.gateway.errors import CannotCompile
from gatewright.gateway.method_request.compile import Live
from gatewright.gateway.plan import StagePlan, lane_of
from gatewright.gateway.settings import GatewaySettings
from gatewright.telemetry.metrics import Metrics
from gatewright.wire.pending import Pending

log = logging.getLogger(__name__)

POLL_SECONDS = (
    0.02  # how often the catalog is asked whether it changed: a change is served well within 200 ms
)
RETRY_SECONDS = 1.0  # until an API is read again whose change was told of, and could not be read
REMEMBERED_ABSENT = 10_000  # unknown APIs remembered, since addresses come from strangers

Stages = dict[str, StagePlan]
T = TypeVar("T")


class Follower(Protocol):
    """Remembers what it read of the catalog."""

    def changed(self, changes: list[Change]) -> None:
        """Forget what these changes may have altered: all of it for the key `""`."""


class Plans:
    """Every API's stages by API id. Look-ups are made on the event loop; reading and compiling in one
    thread."""

    def __init__(
        self,
        catalog: Catalog,
        settings: GatewaySettings,
        metrics: Metrics,
        followers: Iterable[Follower],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """`followers` hear of the changes that the plans follow."""
        self._catalog = catalog
        self._followers = tuple(followers)
        self._settings = settings
        self._metrics = metrics
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="plans")
        self._stages: dict[str, Stages] = {}
        # The API's stages if they are compiled already.
        self.known: Callable[[str], Stages | None] = self._stages.get
        self._absent: set[str] = set()
        self._linked: set[str] = set()  # APIs whose integrations go through VPC links
        self._loading: dict[str, list[Pending[Stages | None]]] = {}
        self._revision = 0
        self._refreshing = False
        self._behind = False  # a change was noticed, and what it was is not read yet
        self._unreadable = False  # the owner was told of it
        self._stale: set[str] = set()  # APIs that are to be read again
        self._closed = False
        self._poll: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to follow the catalog, now or once it can be read."""
        try:
            self._catalog.changed()
            self._revision = self._catalog.revision()
        except CatalogUnavailable as error:
            self._behind = True
            self._tell_unreadable(error)
        self._poll_later()

    def close(self) -> None:
        self._closed = True
        if self._poll is not None:
            self._poll.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def load(self, api_id: str) -> Stages | None:
        """The API's stages, compiled now if need be; None when there is no such API."""
        if api_id in self._absent:
            return None
        waiting: Pending[Stages | None] = Pending()
        waiters = self._loading.setdefault(api_id, [])
        waiters.append(waiting)
        if len(waiters) == 1:
            self._in_thread(lambda: self._compile_api(api_id), lambda result: self._loaded(api_id, result))
        return await waiting

    def _loaded(self, api_id: str, result: Stages | Exception | None) -> None:
        waiters = self._loading.pop(api_id, [])
        if isinstance(result, Exception):
            log.error("API %s cannot be loaded: %s", api_id, result)
            for waiting in waiters:
                waiting.fail(result)
            return
        self._keep(api_id, result)
        for waiting in waiters:
            waiting.resolve(result)

    def _keep(self, api_id: str, stages: Stages | None) -> None:
        if stages is not None:
            self._stages[api_id] = stages
            return
        self._stages.pop(api_id, None)
        if len(self._absent) >= REMEMBERED_ABSENT:
            self._absent.clear()
        self._absent.add(api_id)

    def _poll_later(self) -> None:
        self._poll = self._loop.call_later(POLL_SECONDS, self._poll_now)

    def _poll_now(self) -> None:
        self._poll_later()
        if self._refreshing:
            return
        try:
            self._behind = self._catalog.changed() or self._behind
        except CatalogUnavailable as error:
            self._tell_unreadable(error)
            return
        if self._behind:
            self._refreshing = True
            since = self._revision
            self._in_thread(lambda: self._catalog.changes(since), self._refreshed)
        else:
            self._unreadable = False

    def _refreshed(self, changes: list[Change] | Exception) -> None:
        self._refreshing = False
        if isinstance(changes, Exception):
            self._tell_unreadable(changes)
            return
        self._behind = self._unreadable = False
        if changes:
            self._revision = changes[-1].revision
        for follower in self._followers:
            follower.changed(changes)
        for api_id in self._touched(changes):
            self._absent.discard(api_id)
            if api_id in self._stages:
                self._recompile(api_id)

    def _tell_unreadable(self, error: Exception) -> None:
        """Once a time of trouble: the poll would tell it fifty times a second."""
        if not self._unreadable:
            log.warning("the catalog cannot be read, going on with the last good plans: %s", error)
        self._unreadable = True

    def _touched(self, changes: list[Change]) -> set[str]:
        """APIs whose plans these changes may alter: drafts alter none."""
        linked = any(change.key.startswith(keys.VPC_LINKS) for change in changes)
        if any(change.key == "" for change in changes):
            self._absent.clear()
            return set(self._stages)
        kinds = ("stage", "restapi", "authorizerflush")
        parts = (change.key.split("/") for change in changes)
        named = {part[1] for part in parts if part[0] in kinds and len(part) > 1}
        return named | self._linked.copy() if linked else named

    def _recompile(self, api_id: str) -> None:
        """Again later if the catalog cannot be read: nobody will tell of this change a second time."""
        if not self._closed:
            self._in_thread(
                lambda: self._compile_api(api_id), lambda result: self._recompiled(api_id, result)
            )

    def _recompiled(self, api_id: str, result: Stages | Exception | None) -> None:
        if isinstance(result, Exception):
            if api_id not in self._stale:
                log.error("API %s keeps its last good plans: %s", api_id, result)
        else:
            self._keep(api_id, result)
        if isinstance(result, CatalogUnavailable):
            self._stale.add(api_id)
            self._loop.call_later(RETRY_SECONDS, self._recompile, api_id)
        else:
            self._stale.discard(api_id)

    def _in_thread(self, work: Callable[[], T], finished: Callable[[T | Exception], None]) -> None:
        def run() -> None:
            result: T | Exception
            try:
                result = work()
            except Exception as error:
                result = error
            self._loop.call_soon_threadsafe(finished, result)

        self._thread.submit(run)

    def _compile_api(self, api_id: str) -> Stages | None:
        partition = self._catalog.find(keys.rest_api(api_id))
        if partition is None:
            return None
        with self._catalog.read(partition) as reader:
            stages = [stage for _, stage in reader.list(keys.below("stage", api_id))]
            plans = (self._compile_stage(reader, api_id, stage) for stage in stages)
            return {plan.name: plan for plan in plans if plan is not None}

    def _compile_stage(self, reader: Reader, api_id: str, stage: Document) -> StagePlan | None:
        name: str = stage["stageName"]
        try:
            plan = self._compile_lane(reader, api_id, stage, False if "canarySettings" in stage else None)
        except CannotCompile as error:
            log.error("stage %s/%s keeps its last good plan: %s", api_id, name, error)
            return self._stages.get(api_id, {}).get(name)
        return replace(plan, canary=self._compile_canary(reader, api_id, stage))

    def _compile_canary(self, reader: Reader, api_id: str, stage: Document) -> Canary | None:
        """None where no requests are meant for it. One that cannot be compiled gets none: the stage's own
        deployment is not to suffer from what is only on trial."""
        percent: float = stage.get("canarySettings", {}).get("percentTraffic", 0.0)
        if not percent:
            return None
        try:
            plan = self._compile_lane(reader, api_id, canary_stage(stage), True)
        except CannotCompile as error:
            log.error("the canary of stage %s/%s gets no requests: %s", api_id, stage["stageName"], error)
            return None
        return Canary(plan, percent, secrets.randbelow(CIRCLE))

    def _compile_lane(
        self, reader: Reader, api_id: str, stage: Document, is_canary: bool | None
    ) -> StagePlan:
        """The stage or its canary, as the document says. Raises CannotCompile."""
        name: str = stage["stageName"]
        snapshot = reader.get(keys.snapshot(api_id, stage["deploymentId"]))
        if snapshot is None:
            raise CannotCompile("", "", f"its deployment {stage['deploymentId']} has no snapshot")
        flushed = reader.get(keys.authorizer_flush(api_id, name)) or {"generation": 0}

        def link(link_id: str) -> Document | None:
            self._linked.add(api_id)
            return reader.get(keys.vpc_link(link_id))

        endpoint = reader.get(keys.default_endpoint(api_id)) or {}
        live = Live(
            flushed["generation"], stage_certificate(reader, stage), is_canary, link, endpoint.get("disabled")
        )
        counted = lane_of(name, is_canary)
        return compile_stage(
            snapshot,
            stage,
            reader.partition,
            self._settings,
            lambda path, verb: self._metrics.series(api_id, counted, path, verb),
            live,
        )
