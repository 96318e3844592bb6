"""A node whose state is in Valkey: limits over its workers, and traffic while Valkey is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.integration.conftest import BOTH_LOCAL
from tests.support.apis import Api
from tests.support.hammer import hammer
from tests.support.processes import Gatewright
from tests.support.usage_plans import keyed_api, make_key, make_plan, used
from tests.support.valkey import ValkeyServer, valkey_server
from tests.support.waiting import until
from tests.support.workers import one_connection_a_worker

CLIENTS = 3
EXCEEDED = "429 LimitExceededException"
MANY = {"rateLimit": 1e6, "burstLimit": 10**6}
KEY = "0123456789-the-key-of-{}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with valkey_server(tmp_path_factory.mktemp("valkey"), "--appendonly", "yes") as server:
        yield server


@pytest.fixture(scope="module")
def node(server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    directory = tmp_path_factory.mktemp("serve")
    node = Gatewright("serve", directory, *BOTH_LOCAL, "--workers", "2", "--state", server.url)
    yield node.ready()
    node.close()


@pytest.fixture(scope="module")
def gateway(node: Gatewright) -> Any:
    return node.client("apigateway")


def path_of(api: Api) -> str:
    return f"/restapis/{api.id}/prod/_user_request_/"


def _patch(api: Api, settings: dict[str, str]) -> None:
    operations = [{"op": "replace", "path": path, "value": value} for path, value in settings.items()]
    api.gateway.update_stage(restApiId=api.id, stageName="prod", patchOperations=operations)


def test_workers_share_cached_responses_and_their_flush(node: Gatewright, gateway: Any) -> None:
    api = Api(node)
    api.mock("/", "$context.requestId")
    api.deploy("prod")
    settings = {
        "/cacheClusterEnabled": "true",
        "/*/*/caching/enabled": "true",
        "/*/*/caching/dataEncrypted": "true",
    }
    stage = {"restApiId": api.id, "stageName": "prod"}
    _patch(api, settings)
    with one_connection_a_worker(node, 2) as workers:

        def ask() -> list[bytes]:
            for worker in workers:
                worker.request("GET", path_of(api))
            return [worker.getresponse().read() for worker in workers]

        until(lambda: len({*ask(), *ask()}) == 1)
        before = ask()
        gateway.flush_stage_cache(**stage)
        assert not set(before) & set(ask())
        until(lambda: len({*ask(), *ask()}) == 1)


def test_a_quota_over_the_workers_is_exact_and_can_be_extended(node: Gatewright, gateway: Any) -> None:
    value, api = KEY.format("quota"), keyed_api(node, "/")
    key = make_key(gateway, value)
    plan = make_plan(gateway, [api], [key], quota={"limit": 300, "period": "MONTH"})
    passed = 0
    with hammer(node.port, [(path_of(api), value)] * CLIENTS, 50) as clients:

        def all_are_used(limit: int) -> bool:
            """What one worker holds near the end, another one gets a moment later."""
            nonlocal passed
            answers = clients.strike()
            assert answers.keys() <= {"200", EXCEEDED}
            passed += answers["200"]
            return passed >= limit

        until(lambda: all_are_used(300))
        assert passed == 300
        until(lambda: used(gateway, plan, key) == (300, 0))
        remaining = {"op": "replace", "path": "/remaining", "value": "25"}
        gateway.update_usage(usagePlanId=plan, keyId=key, patchOperations=[remaining])
        until(lambda: all_are_used(325))
        assert passed == 325
        until(lambda: used(gateway, plan, key) == (325, 0))


def test_traffic_goes_on_without_valkey_and_is_counted_afterwards(
    node: Gatewright, gateway: Any, server: ValkeyServer
) -> None:
    value, api = KEY.format("survivor"), keyed_api(node, "/")
    key = make_key(gateway, value)
    plan = make_plan(gateway, [api], [key], throttle=MANY, quota={"limit": 10**6, "period": "MONTH"})
    caching, plain = Api(node), Api(node)
    for stage in (caching, plain):
        stage.mock("/", "$context.requestId")
        stage.deploy("prod")
    _patch(caching, {"/cacheClusterEnabled": "true"})
    with hammer(node.port, [(path_of(api), value)] * CLIENTS, 300) as clients:
        clients.begin()
        until(lambda: used(gateway, plan, key)[0] > 0)
        server.kill()
        passed = clients.answers()
        assert passed == {"200": 300 * CLIENTS}
        assert clients.strike() == {"200": 300 * CLIENTS}
        for refused in (
            lambda: used(gateway, plan, key),
            lambda: gateway.flush_stage_cache(restApiId=caching.id, stageName="prod"),
            lambda: gateway.delete_stage(restApiId=caching.id, stageName="prod"),
        ):
            with pytest.raises(ClientError, match=r"Valkey at valkey://127\.0\.0\.1:\d+/0 is away") as caught:
                refused()
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        gateway.flush_stage_authorizers_cache(restApiId=plain.id, stageName="prod")  # told by the catalog
        gateway.delete_stage(restApiId=plain.id, stageName="prod")  # which has nothing there
        server.start()
        until(lambda: _counted(gateway, plan, key) == (600 * CLIENTS, 10**6 - 600 * CLIENTS))
        assert clients.strike() == {"200": 300 * CLIENTS}
    logged = "\n".join(node.logged)
    assert logged.count("is away: ") <= 3 + 6, "once a process, and once for each call that needed it"
    assert "is back" in logged


def _counted(gateway: Any, plan: str, key: str) -> tuple[int, int] | None:
    try:
        return used(gateway, plan, key)
    except ClientError:
        return None
