"""A canary before real traffic: its share, its deployment and variables, how it ends, and who tells of it."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.apis import Api
from tests.support.command import command
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright
from tests.support.workers import one_connection_a_worker

from gatewright.catalog import keys
from gatewright.catalog.api import Partition
from gatewright.catalog.sqlite import open_catalog

WORKERS = 2
MISS = 5  # requests by which one worker's share may be off
CHI_SQUARE_95 = 3.841  # of one degree of freedom
TOLD = json.dumps(
    {
        "version": "%s",
        "canary": "$context.isCanaryRequest",
        "deployment": "$context.deploymentId",
        "stage": "$context.stage",
        "color": "$stageVariables.color",
        "size": "$stageVariables.size",
    }
)

Connections = list[http.client.HTTPConnection]


class Served(NamedTuple):
    """What an answer told of who gave it."""

    version: str
    canary: str
    deployment: str
    stage: str
    color: str
    size: str


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = (*BOTH_LOCAL, *SMALL_STATE, "--workers", str(WORKERS), "--tracing", "header")
    node = Gatewright("serve", tmp_path_factory.mktemp("canary") / "data", *flags)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def connections(node: Gatewright) -> Iterator[Connections]:
    with one_connection_a_worker(node, WORKERS) as connections:
        yield connections


class Release:
    """An API whose stage `prod` serves version 1, and whose canary serves version 2."""

    def __init__(self, node: Gatewright, connections: Connections, percent: float) -> None:
        self.api = Api(node)
        self.connections = connections
        where = self.api.mock("/", TOLD % 1)
        self.first = self.api.deploy("prod", color="green", size="m")
        self.api.change_mock(where, TOLD % 2)
        canary = {"percentTraffic": percent, "stageVariableOverrides": {"color": "blue"}}
        made = self.api.gateway.create_deployment(
            restApiId=self.api.id, stageName="prod", canarySettings=canary
        )
        self.second: str = made["id"]
        self.base = Served("1", "false", self.first, "prod", "green", "m")
        self.canary = Served("2", "true", self.second, "prod", "blue", "m")

    def patch(self, *operations: tuple[str, str, str]) -> Any:
        """Each (op, path, value, or where a copy is from); the stage after it."""
        members = {"copy": "from"}
        patches = [
            {"op": op, "path": path, members.get(op, "value"): value} for op, path, value in operations
        ]
        return self.api.gateway.update_stage(restApiId=self.api.id, stageName="prod", patchOperations=patches)

    def percent(self, percent: str) -> None:
        self.patch(("replace", "/canarySettings/percentTraffic", percent))

    def send(
        self, connection: http.client.HTTPConnection, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str]]:
        path = f"/restapis/{self.api.id}/prod/_user_request_/"
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def ask(self, connection: http.client.HTTPConnection, headers: dict[str, str] | None = None) -> Served:
        status, body = self.send(connection, headers)
        assert status == 200, body
        return Served(**body)

    def count(self, requests: int) -> Counter[Served]:
        """Who answered, of so many requests to each worker."""
        return Counter(self.ask(connection) for connection in self.connections for _ in range(requests))

    def settles(self, *served: Served) -> None:
        """Wait until every worker is seen to answer as each of `served`, and no longer otherwise."""
        deadline = time.monotonic() + BOUND
        for connection in self.connections:
            while {self.ask(connection) for _ in range(8)} != set(served):
                assert time.monotonic() < deadline, f"{self.ask(connection)} instead of {served}"


@pytest.mark.parametrize("percent", [12.5, 62.25])
def test_the_share_is_exact_and_both_are_told_apart(
    node: Gatewright, connections: Connections, percent: float
) -> None:
    release = Release(node, connections, percent)
    requests = 400
    served = release.count(requests)
    assert set(served) == {release.base, release.canary}
    due = WORKERS * requests * percent / 100
    off = served[release.canary] - due
    assert abs(off) <= WORKERS * MISS
    assert off**2 / due + off**2 / (WORKERS * requests - due) < CHI_SQUARE_95


def test_share_overrides_and_deployment_change_at_any_time(
    node: Gatewright, connections: Connections
) -> None:
    release = Release(node, connections, 0.0)
    assert set(release.count(20)) == {release.base}
    release.percent("100.0")
    release.settles(release.canary)
    assert release.count(20) == {release.canary: 20 * WORKERS}
    release.percent("50")
    release.settles(release.base, release.canary)
    release.percent("0.0")
    release.settles(release.base)
    assert release.count(20) == {release.base: 20 * WORKERS}
    release.patch(
        ("replace", "/canarySettings/stageVariableOverrides/size", "xl"),
        ("replace", "/canarySettings/deploymentId", release.first),
        ("replace", "/canarySettings/percentTraffic", "100"),
    )
    release.settles(Served("1", "true", release.first, "prod", "blue", "xl"))
    release.patch(("remove", "/canarySettings/stageVariableOverrides/color", ""))
    release.settles(Served("1", "true", release.first, "prod", "green", "xl"))


def test_promotion_then_rollback_then_removal(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 50.0)
    promoted = release.patch(
        ("replace", "/canarySettings/percentTraffic", "0.0"),
        ("copy", "/variables", "/canarySettings/stageVariableOverrides"),
        ("copy", "/deploymentId", "/canarySettings/deploymentId"),
    )
    assert promoted["variables"] == {"color": "blue", "size": "m"}
    assert promoted["canarySettings"]["percentTraffic"] == 0.0
    now = release.canary._replace(canary="false")
    release.settles(now)
    release.patch(("replace", "/deploymentId", release.first), ("replace", "/variables/color", "green"))
    release.settles(release.base)
    gateway, second = release.api.gateway, release.second
    with pytest.raises(ClientError, match="Active stages pointing to this deployment must be moved"):
        gateway.delete_deployment(restApiId=release.api.id, deploymentId=second)
    release.patch(("remove", "/canarySettings", ""))
    gateway.delete_deployment(restApiId=release.api.id, deploymentId=second)
    release.settles(release.base._replace(canary=""))


def test_no_request_fails_while_a_canary_is_changed(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 50.0)
    done = threading.Event()
    served: Counter[Served] = Counter()
    failed: list[BaseException] = []

    def keep_asking() -> None:
        try:
            while not done.is_set():
                served.update(release.count(5))
        except BaseException as error:
            failed.append(error)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        for percent in ("100", "0", "33.33", "0.01", "66.6", "50"):
            release.percent(percent)
    finally:
        done.set()
        asking.join()
    assert failed == []
    assert set(served) <= {release.base, release.canary}
    release.settles(release.base, release.canary)


def test_both_draw_on_the_same_throttle(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 50.0)
    release.patch(
        ("replace", "/*/*/throttling/rateLimit", "0.001"),
        ("replace", "/*/*/throttling/burstLimit", "6"),
        ("replace", "/variables/size", "xl"),
    )
    throttled: Counter[str] = Counter()
    refused = 0
    deadline = time.monotonic() + BOUND
    while refused < 40:
        assert time.monotonic() < deadline
        for connection in connections:
            status, body = release.send(connection)
            refused += status == 429
            if status == 200 and body["size"] == "xl":
                throttled[body["canary"]] += 1
    assert throttled.total() == 6
    assert set(throttled) == {"true", "false"}


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=BOUND) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_metrics_count_each_by_itself(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 25.0)
    served = release.count(60)
    wanted = {"prod": served[release.base], "prod/Canary": served[release.canary]}
    deadline = time.monotonic() + BOUND
    while _counted(node, release.api.id) != wanted:  # workers publish once a second
        assert time.monotonic() < deadline, (_counted(node, release.api.id), wanted)


def _counted(node: Gatewright, api: str) -> dict[str, float]:
    """Requests to `GET /` of an API, by what the metrics call the stage."""
    with urllib.request.urlopen(f"{node.management_url}/_gatewright/metrics", timeout=BOUND) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        sample.labels["stage"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "gatewright_requests_total" and sample.labels["api_id"] == api
    }


def test_explain_tells_which_of_them_served_and_why(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 50.0)
    ids = {}
    for number in range(8):
        request = f"7b0c3e0e-5d0c-4c55-9d8e-00000000000{number}"
        headers = {"x-amzn-RequestId": request, "X-Gatewright-Trace": "1"}
        ids[release.ask(connections[0], headers).version] = request
    canary = _story(node, release.api.id, ids["2"])
    assert "stage prod (canary)" in canary
    assert f"the canary serves it, deployment {release.second}: it gets 50 % of the requests" in canary
    base = _story(node, release.api.id, ids["1"])
    assert "stage prod  " in base
    assert f"deployment {release.first} serves it: the canary, {release.second}, gets 50 % of" in base


def _story(node: Gatewright, api: str, request: str) -> str:
    deadline = time.monotonic() + BOUND
    while True:  # workers write once a second
        answer = command("explain", "--data-dir", str(node.data_dir), api, request)
        if answer.returncode == 0:
            return answer.stdout
        assert time.monotonic() < deadline, answer.stderr


def test_the_owners_log_names_the_canary_that_failed(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 100.0)
    api = release.api
    bad = {"restApiId": api.id, "resourceId": api.resource("/"), "httpMethod": "GET", "statusCode": "200"}
    template = {"op": "replace", "path": "/responseTemplates/application~1json"}
    api.gateway.update_integration_response(
        **bad, patchOperations=[{**template, "value": "$util.urlDecode('%zz')"}]
    )
    api.gateway.create_deployment(restApiId=api.id, stageName="prod")  # to the canary, for there is one
    url = node.stage_url(api.id, "prod")
    deadline = time.monotonic() + BOUND
    while _status(url) != 500:
        assert time.monotonic() < deadline
    log = node.data_dir / "logs" / "gateway.log"
    while f" {api.id}/prod/Canary (" not in _text(log):  # workers write once a second
        assert time.monotonic() < deadline
    assert f" {api.id}/prod (" not in _text(log)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_verdicts_on_canaries_are_told_to_the_owner(node: Gatewright, connections: Connections) -> None:
    release = Release(node, connections, 0.0)
    asked = ("canary", "verdicts", release.api.id, "prod", "--endpoint", node.management_url)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(node.data_dir / "credentials"))
        none = command(*asked)
        assert none.stdout.startswith(f"No canary of stage prod of API {release.api.id} was judged yet")
        sides = {"stage": {"deploymentId": release.first}, "canary": {"deploymentId": release.second}}
        record = {"at": 1_700_000_000.0, "outcome": "roll back", "acted": True, "seconds": 60.0, **sides}
        catalog = open_catalog(node.data_dir)
        with catalog.write(Partition(ACCOUNT, REGION)) as tx:
            tx.put(
                keys.canary_verdict(release.api.id, "prod", "1"),
                {**record, "why": "errors: 9 %; latency: 1 %"},
            )
        catalog.close()
        assert command(*asked).stdout.splitlines() == [
            "2023-11-14 22:13:20+00:00  prod: roll back, done, after 60 s of deployment "
            f"{release.second} beside {release.first}",
            "  errors: 9 %",
            "  latency: 1 %",
        ]
        assert json.loads(command(*asked, "--json").stdout)["outcome"] == "roll back"
        other = command("canary", "verdicts", "unknown", "--endpoint", node.management_url)
        assert (other.returncode, "There is no API 'unknown'" in other.stderr) == (1, True)
        mistyped = command("canary", "verdicts", release.api.id, "prd", "--endpoint", node.management_url)
        assert mistyped.returncode == 1
        assert f"There is no API '{release.api.id}' with a stage 'prd'" in mistyped.stderr
