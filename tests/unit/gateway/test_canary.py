"""The share of a canary, and what it serves. What traffic sees of it is tested with a real node."""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path
from typing import Any

import pytest
from tests.unit.gateway.conftest import make_stage

from gatewright.catalog import keys
from gatewright.catalog.api import Document, Partition
from gatewright.catalog.sqlite import open_catalog
from gatewright.gateway.canary import CIRCLE, Canary
from gatewright.gateway.plan import StagePlan
from gatewright.gateway.plans import Plans
from gatewright.gateway.settings import GatewaySettings
from gatewright.telemetry.metrics import Metrics
from gatewright.wire.pending import drive

API = "a1b2c3d4e5"
PARTITION = Partition("111122223333", "us-east-1")
RUN = 10_000
CHI_SQUARE_95 = 3.841  # of one degree of freedom


def taken(percent: float, requests: int = RUN, start: int = 0) -> list[bool]:
    canary = Canary(make_stage(), percent, start)
    return [canary.takes_next() for _ in range(requests)]


def chi_square(found: int, requests: int, percent: float) -> float:
    due = requests * percent / 100
    return (found - due) ** 2 / due + (found - due) ** 2 / (requests - due)


@pytest.mark.parametrize("percent", [0.01, 0.5, 1.0, 10.0, 12.34, 33.33, 50.0, 99.99])
def test_the_share_is_kept_at_every_moment_of_a_run_from_any_start(percent: float) -> None:
    source = random.Random(percent)
    for start in (0, CIRCLE - 1, *(source.randrange(CIRCLE) for _ in range(5))):
        count = 0
        for number, is_taken in enumerate(taken(percent, start=start), 1):
            count += is_taken
            assert abs(count - number * percent / 100) < 5
        assert chi_square(count, RUN, percent) < CHI_SQUARE_95


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7, 10, 100])
def test_clients_that_take_turns_each_get_the_share(every: int) -> None:
    run = taken(20.0, RUN * every)
    for client in range(every):
        assert chi_square(sum(run[client::every]), RUN, 20.0) < CHI_SQUARE_95


def test_the_ends_of_the_scale_and_the_smallest_share_that_is_written_down() -> None:
    assert all(taken(100.0))
    assert sum(taken(0.01, 100_000)) == 10
    assert sum(taken(99.99, 100_000)) == 99_990


def test_a_first_request_is_the_canarys_as_often_as_any_other() -> None:
    starts = range(0, CIRCLE, CIRCLE // 1000)
    assert sum(taken(25.0, 1, start)[0] for start in starts) == pytest.approx(250, abs=1)


def snapshot(color: str) -> Document:
    integration = {
        "type": "MOCK",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "integrationResponses": {"200": {"statusCode": "200"}},
    }
    method = {"httpMethod": "GET", "authorizationType": "NONE", "methodIntegration": integration}
    return {
        "restApi": {"id": API, "name": color},
        "resources": [{"id": "root", "path": f"/{color}", "resourceMethods": {"GET": method}}],
        "models": [],
        "requestValidators": [],
        "gatewayResponses": [],
    }


def loaded(directory: Path, canary: Document | None) -> StagePlan:
    """The stage `prod` of an API whose deployments serve `/green` and `/blue`, and a third nothing."""
    stage = {
        "stageName": "prod",
        "deploymentId": "green",
        "variables": {"color": "green", "size": "m"},
        **({} if canary is None else {"canarySettings": canary}),
    }
    catalog, metrics = open_catalog(directory), Metrics(directory)
    with catalog.write(PARTITION) as tx:
        tx.put(keys.rest_api(API), {"id": API})
        tx.put(keys.stage(API, "prod"), stage)
        for color in ("green", "blue"):
            tx.put(keys.snapshot(API, color), snapshot(color))

    async def load() -> Any:
        plans = Plans(catalog, GatewaySettings(), metrics, [], asyncio.get_running_loop())
        try:
            return await _finished(plans)
        finally:
            plans.close()

    try:
        stages: dict[str, StagePlan] = asyncio.run(load())
    finally:
        metrics.close()
        catalog.close()
    return stages["prod"]


async def _finished(plans: Plans) -> Any:
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def run() -> None:
        done.set_result(await plans.load(API))

    drive(run(), lambda _: None)
    return await asyncio.wait_for(done, 20)


def test_a_canary_is_a_second_plan_of_its_stage(tmp_path: Path) -> None:
    overrides = {"color": "blue", "shape": "round"}
    settings = {"deploymentId": "blue", "percentTraffic": 12.5, "stageVariableOverrides": overrides}
    stage = loaded(tmp_path, settings)
    assert stage.canary is not None
    assert stage.canary.percent == 12.5
    plan = stage.canary.plan
    assert (stage.is_canary, stage.deployment_id, stage.lane) == (False, "green", "prod")
    assert (plan.is_canary, plan.deployment_id, plan.lane) == (True, "blue", "prod/Canary")
    assert (plan.name, plan.arn, plan.canary) == (stage.name, stage.arn, None)
    assert stage.variables == {"color": "green", "size": "m"}
    assert plan.variables == {"color": "blue", "size": "m", "shape": "round"}
    assert stage.router.find("/green", "GET") is not None
    assert plan.router.find("/green", "GET") is None
    assert plan.router.find("/blue", "GET") is not None


@pytest.mark.parametrize(
    ("settings", "is_canary"),
    [(None, None), ({"deploymentId": "blue", "percentTraffic": 0.0}, False)],
)
def test_without_requests_for_it_there_is_no_second_plan(
    tmp_path: Path, settings: Document | None, is_canary: bool | None
) -> None:
    stage = loaded(tmp_path, settings)
    assert (stage.canary, stage.is_canary) == (None, is_canary)


def test_a_canary_that_cannot_be_served_leaves_its_stage_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "gatewright.gateway.plans"):
        stage = loaded(tmp_path, {"deploymentId": "gone", "percentTraffic": 100.0})
    assert (stage.deployment_id, stage.canary) == ("green", None)
    assert [record.message for record in caplog.records] == [
        f"the canary of stage {API}/prod gets no requests: its deployment gone has no snapshot"
    ]
