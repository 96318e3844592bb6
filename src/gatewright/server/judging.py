"""The canary judge as a process runs it: one of a node, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic

from gatewright.catalog.api import Catalog
from gatewright.control.canaries.judge import Judge
from gatewright.control.context import Services
from gatewright.server.settings import Settings
from gatewright.telemetry.lanes import count_lanes

JUDGE_SECONDS = 5.0  # between two looks: more than workers take to publish what they served


@asynccontextmanager
async def judging(catalog: Catalog, settings: Settings) -> AsyncIterator[None]:
    """Judge the canaries of stages that ask for it; a look that is under way ends first."""
    judge = Judge(catalog, Services(), partial(count_lanes, settings.data_dir), monotonic)
    done = asyncio.Event()
    task = asyncio.create_task(_run(judge, done))
    try:
        yield
    finally:
        done.set()
        await task


async def _run(judge: Judge, done: asyncio.Event) -> None:
    while not done.is_set():
        await asyncio.to_thread(judge.once)
        try:
            await asyncio.wait_for(done.wait(), JUDGE_SECONDS)
        except TimeoutError:
            continue
