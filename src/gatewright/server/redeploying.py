"""A project as `dev` keeps it: deployed at the start, and again each time one of its files is saved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

from gatewright.projects.api import CannotDeploy, Deployed, Node, Project
from gatewright.projects.watching import Watch
from gatewright.server.settings import Settings

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tell:
    """What to print of each attempt: `again` says that it is not the first."""

    deployed: Callable[[Deployed, float, bool], None]  # what, in which seconds, again
    refused: Callable[[CannotDeploy, bool], None]


@asynccontextmanager
async def kept_deployed(project: Project, settings: Settings, tell: Tell) -> AsyncIterator[None]:
    """Deploy, then follow the files. What is refused changes nothing that is served."""
    url = settings.management.url(settings.scheme)
    node = Node(url, settings.listen.url(settings.scheme), settings.region, settings.account_id)
    watch = Watch(project.watched)
    served = await _attempt(project, node, tell, again=False)
    following = asyncio.create_task(_follow(project, node, tell, watch, served))
    try:
        yield
    finally:
        following.cancel()
        await asyncio.wait([following])
        node.close()


async def _follow(project: Project, node: Node, tell: Tell, watch: Watch, served: bool) -> None:
    while True:
        await watch.changed()
        served = await _attempt(project, node, tell, again=served) or served


async def _attempt(project: Project, node: Node, tell: Tell, *, again: bool) -> bool:
    """Whether it was deployed."""
    started = perf_counter()
    try:
        deployed = await _to_its_end(asyncio.to_thread(project.deploy, node))
    except CannotDeploy as refusal:
        tell.refused(refusal, again)
        return False
    except Exception:
        _log.exception("The project was not deployed: this is a fault of Gatewright")
        return False
    tell.deployed(deployed, perf_counter() - started, again)
    return True


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """The result. Who is cancelled meanwhile waits all the same, for the node stops answering afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
