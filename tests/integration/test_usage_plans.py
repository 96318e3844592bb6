"""Limits hold to the request whoever asks, however many workers answer, and whatever is killed meanwhile."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.integration.conftest import BOTH_LOCAL, Start
from tests.support.apis import Api
from tests.support.hammer import LOST, hammer
from tests.support.processes import BOUND, Gatewright, kill
from tests.support.usage_plans import keyed_api, make_key, make_plan, used
from tests.support.workers import one_connection_a_worker

WORKERS = 3
CLIENTS = 4
THROTTLED, EXCEEDED = "429 TooManyRequestsException", "429 LimitExceededException"
MANY = {"rateLimit": 1e6, "burstLimit": 10**6}
RARE = 1e-6  # a second: as good as never again

KEY = "0123456789-the-key-of-{}"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    directory = tmp_path_factory.mktemp("serve")
    node = Gatewright("serve", directory, *BOTH_LOCAL, "--workers", str(WORKERS))
    yield node.ready()
    node.close()


@pytest.fixture(scope="module")
def gateway(node: Gatewright) -> Any:
    return node.client("apigateway")


def path_of(api: Api, path: str = "/") -> str:
    return f"/restapis/{api.id}/prod/_user_request_{path}"


class Probe:
    """One client of the test itself, which knows when it asked and when it was answered."""

    def __init__(self, port: int, path: str, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
        self._ask = ("GET", path, None, {"x-api-key": key})
        self.sent = self.answered = 0.0

    def until_refused(self) -> int:
        """How many passed before one did not; `sent` and `answered` are that one's."""
        passed = 0
        while self._status() == 200:
            passed += 1
        return passed

    def _status(self) -> int:
        self.sent = time.monotonic()
        self._connection.request(*self._ask)
        answer = self._connection.getresponse()
        answer.read()
        self.answered = time.monotonic()
        return answer.status

    def close(self) -> None:
        self._connection.close()


def test_workers_together_admit_burst_and_rate(node: Gatewright, gateway: Any) -> None:
    """From one refusal to another, exactly what the rate gives: to be wrong by one token would show."""
    rate, burst, value = 200, 1000, KEY.format("burst")
    api = keyed_api(node, "/")
    key = make_key(gateway, value)
    make_plan(gateway, [api], [key], throttle={"rateLimit": rate, "burstLimit": burst})
    with (
        hammer(node.port, [(path_of(api), value)] * CLIENTS, 400) as clients,
        closing(Probe(node.port, path_of(api), value)) as probe,
    ):
        begun = time.monotonic()
        total = clients.strike()["200"] + probe.until_refused()
        assert burst <= total <= burst + rate * (probe.answered - begun)
        sent, answered = probe.sent, probe.answered
        passed = clients.strike()["200"] + probe.until_refused()
        assert rate * (probe.sent - answered) - 1 < passed < rate * (probe.answered - sent) + 1
        assert total + passed <= burst + rate * (probe.answered - begun)


def test_a_quota_is_exact_and_can_be_extended(node: Gatewright, gateway: Any) -> None:
    value = KEY.format("quota")
    api = keyed_api(node, "/")
    key = make_key(gateway, value)
    plan = make_plan(gateway, [api], [key], quota={"limit": 300, "period": "MONTH"})
    with hammer(node.port, [(path_of(api), value)] * CLIENTS, 150) as clients:
        assert clients.strike() == {"200": 300, EXCEEDED: 300}
        assert used(gateway, plan, key) == (300, 0)
        remaining = {"op": "replace", "path": "/remaining", "value": "25"}
        gateway.update_usage(usagePlanId=plan, keyId=key, patchOperations=[remaining])
        assert clients.strike() == {"200": 25, EXCEEDED: 575}
        assert used(gateway, plan, key) == (325, 0)


def test_a_plan_throttles_methods_apart_and_what_it_refuses_is_not_counted(
    node: Gatewright, gateway: Any
) -> None:
    value, other = KEY.format("methods"), KEY.format("another client")
    api = keyed_api(node, "/slow", "/fast")
    keys = [make_key(gateway, value), make_key(gateway, other)]
    slow = {"/slow/GET": {"rateLimit": RARE, "burstLimit": 5}}
    plan = make_plan(
        gateway,
        [],
        keys,
        throttle=MANY,
        quota={"limit": 10_000, "period": "MONTH"},
        apiStages=[{"apiId": api.id, "stage": "prod", "throttle": slow}],
    )
    targets = [(path_of(api, path), key) for path in ("/slow", "/fast") for key in (value, value, other)]
    with hammer(node.port, targets, 60) as clients:
        assert clients.strike() == {"200": 5 + 5 + 180, THROTTLED: 120 - 5 + 60 - 5}
    assert used(gateway, plan, keys[0]) == (5 + 120, 10_000 - 125)
    assert used(gateway, plan, keys[1]) == (5 + 60, 10_000 - 65)


@pytest.mark.parametrize("form", ["~1slow/GET", "slow/GET", "~1slow/*", "*/*"])
def test_a_stage_throttles_a_method_for_all_clients(node: Gatewright, gateway: Any, form: str) -> None:
    api = Api(node)
    api.mock("/slow", "slow")
    api.deploy("prod")
    replace = [
        {"op": "replace", "path": f"/{form}/throttling/{limit}", "value": value}
        for limit, value in (("rateLimit", "0.000001"), ("burstLimit", "7"))
    ]
    gateway.update_stage(restApiId=api.id, stageName="prod", patchOperations=replace)
    with hammer(node.port, [(path_of(api, "/slow"), "")] * CLIENTS, 10) as clients:
        assert clients.strike() == {"200": 7, THROTTLED: 33}


def test_every_worker_follows_changes_of_keys_and_plans(node: Gatewright, gateway: Any) -> None:
    value = KEY.format("changes")
    api, elsewhere = keyed_api(node, "/"), keyed_api(node, "/")
    key = make_key(gateway, value, enabled=False)
    plan = make_plan(gateway, [api], [key])
    make_plan(gateway, [elsewhere], [key])

    def change_plan(op: str, path: str, value: str = "") -> Callable[[], object]:
        operation = {"op": op, "path": path, "value": value}
        return lambda: gateway.update_usage_plan(usagePlanId=plan, patchOperations=[operation])

    def enable(value: str) -> Callable[[], object]:
        operation = {"op": "replace", "path": "/enabled", "value": value}
        return lambda: gateway.update_api_key(apiKey=key, patchOperations=[operation])

    steps: list[tuple[Callable[[], object], int]] = [
        (lambda: None, 403),
        (enable("true"), 200),
        (enable("false"), 403),
        (enable("true"), 200),
        (change_plan("replace", "/throttle/burstLimit", "0"), 429),
        (change_plan("remove", "/throttle"), 200),
        (lambda: gateway.delete_usage_plan_key(usagePlanId=plan, keyId=key), 403),
        (lambda: gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY"), 200),
        (change_plan("remove", "/apiStages", f"{api.id}:prod"), 403),
        (change_plan("add", "/apiStages", f"{api.id}:prod"), 200),
        (lambda: gateway.delete_api_key(apiKey=key), 403),
    ]
    with one_connection_a_worker(node, WORKERS) as connections:
        for number, (change, status) in enumerate(steps):
            change()
            deadline = time.monotonic() + BOUND
            for connection in connections:
                while (found := _status(connection, api, value)) != status:
                    assert time.monotonic() < deadline, (number, found)


def _status(connection: http.client.HTTPConnection, api: Api, key: str) -> int:
    connection.request("GET", path_of(api), headers={"X-Api-Key": key})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_imported_keys_pass(node: Gatewright, gateway: Any) -> None:
    api = keyed_api(node, "/")
    plan = make_plan(gateway, [api], [], quota={"limit": 5, "period": "MONTH"})
    values = [KEY.format(name) for name in ("ann", "bob", "eve")]
    rows = [f'{values[0]},ann,,"{plan}"', f'{values[1]},bob,TRUE,"{plan}"', f'{values[2]},eve,FALSE,"{plan}"']
    body = "\n".join(["Key,Name,Enabled,UsagePlanIds", *rows])
    ann, _, _ = gateway.import_api_keys(body=body.encode(), format="csv", failOnWarnings=True)["ids"]
    with hammer(node.port, [(path_of(api), value) for value in values], 8) as clients:
        assert clients.strike() == {"200": 10, EXCEEDED: 6, "403 ForbiddenException": 8}
    assert used(gateway, plan, ann) == (5, 0)


def _kill_in_mid_load(workers: set[int], counted: Callable[[], int]) -> None:
    """Each worker once, while requests pass."""
    for worker in sorted(workers):
        wanted, deadline = counted() + 50, time.monotonic() + BOUND
        while counted() < wanted:
            assert time.monotonic() < deadline
        kill(worker)


def test_counts_and_limits_outlive_workers_and_node(start_serve: Start) -> None:
    node = start_serve(workers=2)
    gateway, value = node.client("apigateway"), KEY.format("survivor")
    api, other = keyed_api(node, "/"), keyed_api(node, "/")
    key = make_key(gateway, value)
    plan = make_plan(gateway, [api, other], [key], throttle=MANY, quota={"limit": 10**6, "period": "MONTH"})
    workers = node.children("worker")
    with hammer(node.port, [(path_of(api), value)] * CLIENTS, 1000) as clients:
        clients.begin()
        _kill_in_mid_load(workers, lambda: used(gateway, plan, key)[0])
        answers = clients.answers()
    assert node.children("worker").isdisjoint(workers)
    assert answers.keys() <= {"200", LOST}
    counted, remaining = used(gateway, plan, key)
    assert answers["200"] <= counted <= answers["200"] + answers[LOST]
    node.process.kill()
    node.close()

    account = ("--account-rate-limit", str(RARE), "--account-burst-limit", "10")
    again = start_serve(*account, workers=2)
    gateway = again.client("apigateway")
    assert used(gateway, plan, key) == (counted, remaining)
    assert gateway.get_account()["throttleSettings"] == {"rateLimit": RARE, "burstLimit": 10}
    with hammer(again.port, [(path_of(one), value) for one in (api, api, other, other)], 20) as clients:
        assert clients.strike() == {"200": 10, THROTTLED: 70}, "all APIs share the account's limit"
    assert used(gateway, plan, key) == (counted + 10, remaining - 10)
