"""Three nodes on one PostgreSQL and one Valkey under load, while a node is killed, another one is cut off,
and both servers crash. Answers, acknowledged writes and admitted requests are counted."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.apis import Api
from tests.support.load import Load, under_load
from tests.support.postgres import Postgres, Way
from tests.support.processes import BOUND, Gatewright
from tests.support.usage_plans import keyed_api, make_key, make_plan, used
from tests.support.valkey import ValkeyServer, valkey_server

RATE, BURST = 50, 100  # of the throttled plan
PAUSE = 0.01  # seconds of each of the twelve clients between requests: several times the plan's rate
WRITER_PAUSE = 0.05  # seconds of each of the three between writes
COUNTED, THROTTLED = "counted-key-0123456789", "throttled-key-0123456789"


class Machines:
    """Nodes `a`, `b` and `c`; `b` reaches both servers by ways that can be cut."""

    def __init__(self, directory: Path, postgres: Postgres, valkey: ValkeyServer) -> None:
        self.postgres, self.valkey = postgres, valkey
        self.ways = (Way(postgres.port), Way(valkey.port))
        by_ways = postgres.url(port=self.ways[0].port), f"valkey://127.0.0.1:{self.ways[1].port}"
        direct = postgres.url(), valkey.url
        started = [
            _node(directory / name, *urls) for name, urls in (("a", direct), ("b", by_ways), ("c", direct))
        ]
        self.all = [node.ready() for node in started]
        self.a, self.b, self.c = self.all

    def close(self) -> None:
        for way in self.ways:
            way.close()
        for node in self.all:
            node.close()


def _node(directory: Path, catalog: str, state: str) -> Gatewright:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GATEWRIGHT_CATALOG", catalog)
        environment.setenv("GATEWRIGHT_STATE", state)
        return Gatewright("serve", directory, *BOTH_LOCAL, "--workers", "1", *SMALL_STATE)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with ExitStack() as stack:
        postgres = Postgres().start()
        stack.callback(postgres.close)
        valkey = stack.enter_context(valkey_server(tmp_path, "--appendonly", "yes"))
        machines = Machines(tmp_path, postgres, valkey)
        stack.callback(machines.close)
        yield machines


class Writer:
    """Makes API keys on one node, one after the other, until it is told to stop."""

    def __init__(self, node: Gatewright) -> None:
        self.acknowledged: list[str] = []
        self._node = node
        self._gateway = node.client("apigateway")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(BOUND)

    def _write(self) -> None:
        number = 0
        while not self._over.wait(WRITER_PAUSE):
            number += 1
            try:
                made = self._gateway.create_api_key(name=f"{self._node.port}-{number}")
            except (ClientError, BotoCoreError):
                continue  # refused, or nobody is there: nothing was acknowledged
            self.acknowledged.append(made["id"])


def _soon(found: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + BOUND
    while not found():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def _kill_machine(node: Gatewright) -> None:
    """All of its processes at once, as a loss of power would."""
    for pid in (node.process.pid, *node.children("worker"), *node.children("control")):
        os.kill(pid, signal.SIGKILL)


def _refused(gateway: Any) -> bool:
    try:
        gateway.create_rest_api(name="refused")
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "ServiceUnavailableException")
    return False


def _served(load: Load) -> int:
    return sum(times for (status, _), times in load.answers.items() if status == 200)


def _key_ids(gateway: Any) -> set[str]:
    pages = gateway.get_paginator("get_api_keys").paginate(PaginationConfig={"PageSize": 500})
    return {key["id"] for page in pages for key in page["items"]}


def test_nodes_and_servers_are_lost_and_nothing_else_is(machines: Machines) -> None:
    here = machines.a
    gateway = here.client("apigateway")
    api = keyed_api(here, "/counted", "/throttled")
    counted, throttled = make_key(gateway, COUNTED), make_key(gateway, THROTTLED)
    plan = make_plan(gateway, [api], [counted], quota={"limit": 1_000_000, "period": "MONTH"})
    make_plan(gateway, [api], [throttled], throttle={"rateLimit": RATE, "burstLimit": BURST})

    began = time.monotonic()
    with ExitStack() as stack:
        writers = [Writer(node) for node in machines.all]
        for writer in writers:
            stack.callback(writer.stop)

        def on_each(path: str, value: str) -> list[Load]:
            urls = [node.stage_url(api.id, "prod", path) for node in machines.all]
            return [stack.enter_context(under_load(url, 1, {"x-api-key": value}, PAUSE)) for url in urls]

        loads = on_each("/counted", COUNTED)
        limited = on_each("/throttled", THROTTLED)

        _kill_machine(machines.c)
        lived = loads[:2]
        for load in lived:
            load.answered(100)

        cut = time.monotonic()
        for way in machines.ways:
            way.cut()
        for load in lived:
            load.answered(100)
        there = machines.b.client("apigateway")
        _soon(lambda: _refused(there), "the node that is cut off refuses writes")
        for way in machines.ways:
            way.give_up()
        _soon(lambda: not _refused(gateway), "the others write, whatever it was about to write")
        made = Api(here)
        made.mock("/", "made while one was cut off")
        made.deploy("prod")
        for way in machines.ways:
            way.mend()
        alone = time.monotonic() - cut
        _soon(lambda: _knows(there, made.id), "the node that was cut off has caught up")

        machines.postgres.kill()
        machines.valkey.kill()
        for load in lived:
            load.answered(100)
        machines.valkey.start()
        machines.postgres.start()
        _soon(lambda: not _refused(gateway), "writes are taken again")
        _soon(lambda: not _refused(there), "by the other node too")
        for load in lived:
            load.answered(100)
    took = time.monotonic() - began

    for load in lived:
        assert load.failures == []
        assert {status for status, _ in load.answers} == {200}
    acknowledged = {key for writer in writers for key in writer.acknowledged}
    assert acknowledged
    assert acknowledged <= _key_ids(gateway)
    admitted = sum(map(_served, loads))
    _soon(lambda: used(gateway, plan, counted)[0] >= sum(map(_served, lived)), "each request is counted")
    assert used(gateway, plan, counted)[0] <= admitted + 1_000  # what the dead node had leased
    # While a node is cut off, both sides admit: it its share, the others up to all of the rate. A crash of
    # Valkey makes shares of all, for the time it is away.
    assert any(status == 429 for load in limited for status, _ in load.answers)
    assert sum(map(_served, limited)) <= 2 * BURST + RATE * (took + alone)


def _knows(gateway: Any, api: str) -> bool:
    try:
        gateway.get_rest_api(restApiId=api)
    except ClientError:
        return False
    return True
