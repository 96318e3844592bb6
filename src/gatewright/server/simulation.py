"""`gatewright policy simulate` on a node's catalog: the rooms it needs, opened and closed again."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, Document, Partition
from gatewright.gateway.access import Access
from gatewright.gateway.canary import canary_stage
from gatewright.gateway.compiler import compile_stage
from gatewright.gateway.errors import CannotCompile, GatewayError
from gatewright.gateway.exchange import Outside
from gatewright.gateway.method_request.compile import Live
from gatewright.gateway.plan import StagePlan
from gatewright.gateway.simulate import Answer, Caller, Route, Simulation
from gatewright.gateway.vpc_links import find_link
from gatewright.server.data_room import access_room, gateway_settings
from gatewright.server.errors import CannotStart
from gatewright.server.local_callers import of_dev, of_serve
from gatewright.server.rooms import functions_room
from gatewright.server.settings import Settings, StateSizes
from gatewright.server.state_room import state_room
from gatewright.telemetry.metrics import Series
from gatewright.wire.client import Client
from gatewright.wire.pending import drive
from gatewright.wire.timers import TimerWheel

T = TypeVar("T")

SMALL = StateSizes(4 * 2**20, 4 * 2**20)  # thrown away afterwards: a simulation counts nothing


@dataclass(frozen=True, slots=True)
class Question:
    """Which routes, and whose requests. `path` and `verb` None stand for all."""

    api: str
    stage: str
    canary: bool  # whether the stage's canary is asked, rather than the stage's own deployment
    path: str | None
    verb: str | None
    access_key: str | None
    caller: Caller  # without its credential


@dataclass(frozen=True, slots=True)
class Served:
    """What serves the requests in question."""

    partition: Partition
    stage: Document
    snapshot: Document
    endpoint_disabled: bool | None  # None: as the snapshot says
    is_canary: bool | None  # None for a stage without one
    canary_percent: float  # of the stage's requests that its canary serves


async def simulate(
    catalog: Catalog, settings: Settings, question: Question, *, dev: bool
) -> tuple[Served, list[Answer]]:
    """`dev`: whether the node accepts the well-known credentials. Raises `CannotStart`."""
    served = _read(catalog, question)
    stage = _compiled(catalog, settings, question, served)
    local = of_dev(settings) if dev else of_serve(settings)
    client, timers = Client(asyncio.get_running_loop()), TimerWheel(asyncio.get_running_loop())
    with tempfile.TemporaryDirectory(prefix="gatewright-simulate-") as directory:
        apart = replace(settings, data_dir=Path(directory), state=SMALL, valkey=None)
        with state_room(apart) as state:
            async with (
                access_room(catalog, state, settings, local) as access,
                functions_room(catalog, apart) as functions,
            ):
                caller = await _signing(question, access)
                outside = Outside(client, functions, timers, settings.limits.body_bytes, access)
                simulation = Simulation(stage, served.snapshot, caller, outside)
                answers = [await _finished(simulation.ask(route)) for route in _routes(simulation, question)]
        await client.close()
    return served, answers


def _read(catalog: Catalog, question: Question) -> Served:
    """The stage's document, or its canary's, and the deployment it names."""
    api, stage = question.api, question.stage
    partition = catalog.find(keys.rest_api(api))
    if partition is None:
        raise CannotStart(f"there is no API {api}")
    with catalog.read(partition) as reader:
        stages = {document["stageName"]: document for _, document in reader.list(keys.below("stage", api))}
        if stage not in stages:
            raise CannotStart(f"API {api} has no stage {stage}; it has {', '.join(stages) or 'none'}")
        document = stages[stage]
        canary: Document | None = document.get("canarySettings")
        if question.canary:
            if canary is None:
                raise CannotStart(f"stage {stage} of API {api} has no canary; ask without --canary")
            document = canary_stage(document)
        snapshot = reader.get(keys.snapshot(api, document["deploymentId"]))
        endpoint = reader.get(keys.default_endpoint(api)) or {}
    if snapshot is None:
        raise CannotStart(f"stage {stage} of API {api} points at a deployment that is gone")
    is_canary = None if canary is None else question.canary
    percent: float = (canary or {}).get("percentTraffic", 0.0)
    return Served(partition, document, snapshot, endpoint.get("disabled"), is_canary, percent)


def _compiled(catalog: Catalog, settings: Settings, question: Question, served: Served) -> StagePlan:
    try:
        return compile_stage(
            served.snapshot,
            served.stage,
            served.partition,
            gateway_settings(settings),
            lambda path, verb: Series(),
            Live(
                is_canary=served.is_canary,
                link=find_link(catalog, served.partition),
                endpoint_disabled=served.endpoint_disabled,
            ),
        )
    except CannotCompile as error:
        what = f"the canary of stage {question.stage}" if question.canary else f"stage {question.stage}"
        raise CannotStart(f"{what} of API {question.api} is not served: {error}") from error


async def _signing(question: Question, access: Access) -> Caller:
    """The caller with its credential."""
    if question.access_key is None:
        return question.caller
    try:
        credential = await _finished(access.callers.find(question.access_key))
    except GatewayError as error:
        raise CannotStart(str(error)) from error
    if credential is None:
        raise CannotStart(
            f"there is no access key {question.access_key}; `gatewright principals list` shows them"
        )
    return replace(question.caller, credential=credential)


def _routes(simulation: Simulation, question: Question) -> Iterable[Route]:
    if question.path is not None:
        return [Route(question.verb or "GET", question.path)]
    return [route for route in simulation.routes() if question.verb in (None, route.verb)]


async def _finished(coroutine: Coroutine[Any, None, T]) -> T:
    """Let an asyncio task await what awaits `Pending` values. Raises what the coroutine raises."""
    finished: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        try:
            finished.set_result(await coroutine)
        except Exception as error:
            finished.set_exception(error)

    drive(run(), lambda _: None)
    return await finished
