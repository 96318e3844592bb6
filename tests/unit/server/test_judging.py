"""The judge in the background of a process."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from gatewright.catalog import keys
from gatewright.catalog.api import Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.canaries.wish import TAG
from gatewright.server import judging as room
from gatewright.server.settings import Settings
from gatewright.telemetry.metrics import Metrics

SETTLED = 20.0  # seconds that a loaded machine may take


def test_it_looks_again_and_again_until_the_process_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "JUDGE_SECONDS", 0.01)
    caplog.set_level(logging.INFO, "gatewright")
    catalog = open_catalog(tmp_path)

    def put(stage: str, deployment: str) -> None:
        settings = {"deploymentId": deployment, "percentTraffic": 5.0, "useStageCache": False}
        with catalog.write(Partition("111122223333", "eu-west-1")) as tx:
            tags = {TAG: "advise window=10"}
            document = {"stageName": stage, "deploymentId": "old", "canarySettings": settings, "tags": tags}
            tx.put(keys.stage("a1b2c3d4e5", stage), document)

    async def told(words: str) -> None:
        async with asyncio.timeout(SETTLED):
            while not any(words in line for line in caplog.messages):
                await asyncio.sleep(0.01)

    async def run() -> None:
        put("prod", "new")
        async with room.judging(catalog, Settings(tmp_path)):
            await told("canary of a1b2c3d4e5/prod, deployment new: its trial begins")
            put("prod", "newer")
            await told("canary of a1b2c3d4e5/prod, deployment newer: its trial begins")

    metrics = Metrics(tmp_path)
    asyncio.run(run())
    metrics.close()
    catalog.close()
