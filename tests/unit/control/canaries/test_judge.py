"""The judge over a real catalog, real counts and a clock that the test moves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.management import PARTITION, client_of, running_management
from tests.support.patches import shown

from gatewright.catalog import keys
from gatewright.catalog.api import Catalog
from gatewright.catalog.sqlite import open_catalog
from gatewright.control.canaries.judge import Judge
from gatewright.control.canaries.sentence import MOST_KEPT, verdicts
from gatewright.control.canaries.wish import TAG
from gatewright.control.context import Services
from gatewright.telemetry.lanes import count_lanes
from gatewright.telemetry.metrics import Metrics

WINDOW = 600


class Room:
    """An API with a stage and a canary, what its worker counts, and judges of two nodes."""

    def __init__(self, catalog: Catalog, client: Any, directory: Path) -> None:
        self.catalog, self.client, self.directory = catalog, client, directory
        self.now = 1_000.0
        self.metrics = Metrics(directory)
        self.judges = [self.judge() for _ in range(2)]
        self.api: str = client.create_rest_api(name="pets")["id"]
        with catalog.write(PARTITION) as tx:
            for deployment in ("old", "new"):
                tx.put(keys.deployment(self.api, deployment), {"id": deployment, "createdDate": 0})
        self.where = {"restApiId": self.api, "stageName": "prod"}
        self.arn = f"arn:aws:apigateway:{PARTITION.region}::/restapis/{self.api}/stages/prod"
        overrides = {"color": "blue"}
        canary = {"deploymentId": "new", "percentTraffic": 10.0, "stageVariableOverrides": overrides}
        variables = {"color": "green", "size": "m"}
        client.create_stage(
            **self.where, deploymentId="old", variables=variables, canarySettings=canary, tags={TAG: "act"}
        )

    def judge(self, catalog: Catalog | None = None) -> Judge:
        return Judge(
            catalog or self.catalog, Services(), partial(count_lanes, self.directory), lambda: self.now
        )

    def serve(self, requests: int, *, failed: int = 0, lane: str = "prod/Canary") -> None:
        series = self.metrics.series(self.api, lane, "/", "GET")
        for number in range(requests):
            series.record(500 if number < failed else 200, 0.01, None)
        self.metrics.publish()

    def both(self, requests: int, *, failed: int = 0) -> None:
        self.serve(requests, lane="prod")
        self.serve(requests, failed=failed)

    def look(self, after: float = 5.0) -> None:
        """Time goes by, and every judge looks."""
        self.now += after
        for judge in self.judges:
            judge.once()

    def begin(self) -> None:
        self.look()
        self.look()

    def patch(self, path: str, value: str) -> None:
        operations = [{"op": "replace", "path": path, "value": value}]
        self.client.update_stage(**self.where, patchOperations=operations)

    @property
    def stage(self) -> Any:
        return shown(self.client.get_stage(**self.where))

    @property
    def outcomes(self) -> list[str]:
        return [record["outcome"] for record in verdicts(self.catalog, self.api, None) or []]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    catalog = open_catalog(tmp_path)
    with running_management(catalog) as endpoint, client_of(endpoint) as client:
        room = Room(catalog, client, tmp_path)
        yield room
        room.metrics.close()
    catalog.close()


def test_a_good_canary_is_promoted_at_the_end_of_the_window_by_one_judge(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.both(1_000, failed=900)  # before it was on trial, and not its doing
    room.begin()
    room.both(1_000)
    room.look(WINDOW - 10)
    assert room.stage["deploymentId"] == "old"
    with caplog.at_level(logging.WARNING):
        room.look()
        room.look()
    stage = room.stage
    assert (stage["deploymentId"], stage["variables"]) == ("new", {"color": "blue", "size": "m"})
    assert stage["canarySettings"]["percentTraffic"] == 0.0
    assert room.outcomes == ["promote"]
    [line] = [each.message for each in caplog.records if each.levelno >= logging.WARNING]
    assert line.startswith(
        f"canary of {room.api}/prod, deployment new beside old, after 600 s: promote (done)"
    )
    assert "errors: 0.00 % of the canary's 1000 requests" in line


def test_a_bad_canary_is_rolled_back_at_the_first_look(room: Room) -> None:
    room.begin()
    room.both(600, failed=60)
    room.look(WINDOW / 10)
    stage = room.stage
    assert "canarySettings" not in stage
    assert (stage["deploymentId"], stage["variables"]) == ("old", {"color": "green", "size": "m"})
    [record] = verdicts(room.catalog, room.api, "prod") or []
    assert (record["outcome"], record["acted"], record["seconds"]) == ("roll back", True, 60.0)
    assert (record["canary"]["deploymentId"], record["canary"]["5xx"]) == ("new", 60)
    assert (record["stage"]["requests"], record["stage"]["5xx"]) == (600, 0)
    assert "errors: 10.00 % of the canary's 600 requests" in record["why"]


def test_one_that_only_advises_changes_nothing(room: Room) -> None:
    room.client.tag_resource(resourceArn=room.arn, tags={TAG: "advise"})
    room.begin()
    room.both(1_000)
    before = room.stage
    room.look(WINDOW)
    assert room.stage == before
    assert room.outcomes == ["promote"] * 2, "each node tells what it found"
    assert not any(record["acted"] for record in verdicts(room.catalog, room.api, None) or [])


def test_too_few_requests_decide_nothing_and_the_next_window_counts_anew(room: Room) -> None:
    room.begin()
    room.both(500)
    room.look(WINDOW)
    assert set(room.outcomes) == {"undecided"}
    room.both(500)
    room.look(WINDOW)
    assert set(room.outcomes) == {"undecided"}
    room.both(600)
    room.look(WINDOW)
    assert room.outcomes[0] == "promote"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/canarySettings/deploymentId", "old"),
        ("/canarySettings/stageVariableOverrides/color", "red"),
        ("/variables/size", "xl"),
    ],
)
def test_what_is_changed_on_trial_begins_its_trial_anew(room: Room, path: str, value: str) -> None:
    room.begin()
    room.both(600, failed=600)
    room.patch(path, value)
    room.look(WINDOW)
    assert (room.outcomes, "canarySettings" in room.stage) == ([], True)


def test_a_larger_share_is_the_same_trial_and_none_is_the_end_of_it(room: Room) -> None:
    room.begin()
    room.both(600)
    room.patch("/canarySettings/percentTraffic", "50")
    room.look(WINDOW / 2)
    room.both(600, failed=600)
    room.patch("/canarySettings/percentTraffic", "0")
    room.look(WINDOW / 2)
    assert room.outcomes == []
    room.patch("/canarySettings/percentTraffic", "50")
    room.begin()
    assert room.outcomes == []


def test_a_judge_that_starts_anew_and_counts_that_are_lost_begin_the_window_again(room: Room) -> None:
    room.begin()
    room.both(600, failed=600)
    room.judges = [room.judge()]
    room.look(WINDOW)
    room.look()
    room.both(1_000)
    room.metrics.close()
    for count in (room.directory / "run" / "metrics").glob("*.json"):
        count.unlink()
    room.metrics = Metrics(room.directory)
    room.both(100, failed=100)
    room.look(WINDOW)
    assert room.outcomes == []
    room.both(600)
    room.look(WINDOW)
    assert room.outcomes == ["promote"]


def test_without_the_tag_nothing_is_judged(room: Room) -> None:
    room.begin()
    room.client.untag_resource(resourceArn=room.arn, tagKeys=[TAG])
    room.both(600, failed=600)
    room.look(WINDOW)
    assert (room.outcomes, "canarySettings" in room.stage) == ([], True)


def test_a_tag_that_says_nothing_is_refused_and_an_api_takes_its_verdicts_along(room: Room) -> None:
    with pytest.raises(ClientError, match="Invalid gatewright:canary-judge tag: it begins with 'on'"):
        room.client.tag_resource(resourceArn=room.arn, tags={TAG: "on"})
    with pytest.raises(ClientError, match="'window=1' must be from 10 to 86400"):
        room.client.create_stage(
            restApiId=room.api, stageName="x", deploymentId="old", tags={TAG: "act window=1"}
        )
    room.client.tag_resource(resourceArn=room.arn, tags={TAG: "advise window=10"})
    room.begin()
    for _ in range(MOST_KEPT):
        room.look(10)
    assert len(room.outcomes) == MOST_KEPT, "of twice as many"
    room.client.delete_stage(**room.where)
    with room.catalog.read(PARTITION) as reader:
        assert list(reader.list("canaryverdict/")) == []
    assert verdicts(room.catalog, "other", None) is None


def test_counts_that_cannot_be_read_are_told_once_and_tried_again(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.begin()
    room.metrics.close()
    shelf = room.directory / "run" / "metrics"
    aside = shelf.with_suffix(".aside")
    shelf.rename(aside)
    shelf.write_text("in the way")
    room.look()
    room.look()
    told = [line for line in caplog.messages if "canaries cannot be judged now" in line]
    assert len(told) == len(room.judges)
    shelf.unlink()
    aside.rename(shelf)
    room.metrics = Metrics(room.directory)
    room.both(600, failed=300)
    room.look(WINDOW)
    assert "canarySettings" not in room.stage


def test_a_verdict_that_cannot_be_put_into_effect_is_so_at_the_next_look(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    impatient = open_catalog(room.directory, busy_seconds=0.0)
    room.judges = [room.judge(impatient)]
    room.begin()
    room.both(1_000)
    with room.catalog.write(PARTITION):
        room.look(WINDOW)
        room.look()
    assert "canaries cannot be judged now" in caplog.text
    assert room.stage["deploymentId"] == "old"
    room.both(1, failed=1)  # after the verdict
    room.look()
    assert room.stage["deploymentId"] == "new"
    (record,) = verdicts(room.catalog, room.api, "prod") or []
    assert (record["seconds"], record["canary"]["requests"], record["canary"]["5xx"]) == (WINDOW, 1_000, 0)
    room.look()
    assert room.outcomes == ["promote"]
    impatient.close()


def test_a_tag_from_before_tags_were_checked_is_told_and_stops_nobody(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    with room.catalog.write(PARTITION) as tx:
        stage = tx.get(keys.stage(room.api, "prod")) or {}
        tx.put(keys.stage(room.api, "aaa"), {**stage, "stageName": "aaa", "tags": {TAG: "on"}})
    room.begin()
    assert "canaries of stage aaa are not judged: Invalid gatewright:canary-judge tag" in caplog.text
    room.both(600, failed=600)
    room.look(WINDOW)
    assert "canarySettings" not in room.stage
