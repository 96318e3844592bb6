"""A whole node: two workers against one, deployments under load, and a thousand APIs."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from load import LOAD_CPU, wrk
from ours import STAGE, Api, Gatewright, gatewright
from peers import BODY, SERVER_CPU
from scenarios import Options, Table

from gatewright.catalog.api import Catalog, Partition
from gatewright.catalog.sqlite import open_catalog

HOME = Partition("000000000000", "us-east-1")
BOTH = f"{SERVER_CPU},{LOAD_CPU}"
APIS, ROUTES = 1_000, 100
ASKED = 10  # APIs that are each asked for the first time
BETWEEN_DEPLOYMENTS = 1.0  # seconds; Amazon takes one in five
LEAST_SECONDS = 4  # of a load with deployments
# So much work for a request that the load generator beside it takes next to nothing of its core.
HEAVY = "#set($sum = 0)" + "#foreach($i in [1..1000])#set($sum = $sum + $i)#end" * 4 + '{"sum": $sum}'


def two_workers(options: Options) -> Table:
    """On two cores, which the load generator shares: a request costs it a hundredth of what it costs us."""
    table = Table("Two workers and one, a template of 4,000 rounds", "requests/s")
    for _ in range(options.rounds):
        for name, workers in (("one worker", 1), ("two workers", 2)):
            directory = options.directory / f"{name}-{len(table.rows.get(name, ()))}"
            directory.mkdir()
            with gatewright(directory, workers, cpu=BOTH) as instance:
                api = Api(instance, "heavy")
                templates = {"application/json": '{"statusCode": 200}'}
                api.method("heavy", "GET", HEAVY, type="MOCK", requestTemplates=templates)
                api.deploy()
                wrk(api.url("/heavy"), seconds=1, cpu=BOTH)
                result = wrk(api.url("/heavy"), seconds=options.seconds, cpu=BOTH)
                table.add(name, result.rate, result.trouble)
    share = table.share("two workers", "one worker")
    table.goals.append((f"two workers: {share:.2f} × one (to reach: 1.7)", share >= 1.7))
    return table


def redeploying(options: Options) -> Table:
    table = Table("MOCK under full load, and while its stage is deployed again and again", "ms")
    seconds = max(options.seconds, LEAST_SECONDS)
    with gatewright(options.directory) as instance:
        api = Api(instance, "redeployed")
        for number in range(ROUTES):
            api.mock(f"route{number}")
        api.deploy()
        url = api.url("/route7")
        wrk(url, seconds=1)
        for _ in range(options.rounds):
            calm = wrk(url, seconds=seconds)
            table.add("p99", calm.p99, calm.trouble)
            with _deployments(api) as done:
                busy = wrk(url, seconds=seconds)
            table.add("p99 while deployed", busy.p99, busy.trouble)
            table.add("requests/s", calm.rate)
            table.add("requests/s while deployed", busy.rate)
            table.add("deployments", len(done))
    share = table.share("p99 while deployed", "p99")
    table.goals.append((f"p99 {share:.2f} × (to reach: within 2)", share <= 2))
    failed = any("Non-2xx" in note or "Socket" in note for note in table.notes)
    table.goals.append(("no request failed", not failed))
    return table


@contextlib.contextmanager
def _deployments(api: Api) -> Iterator[list[float]]:
    """Deploy until the block ends; what each took, in seconds."""
    done: list[float] = []
    ended = threading.Event()

    def deploy() -> None:
        while not ended.wait(BETWEEN_DEPLOYMENTS):
            began = time.perf_counter()
            api.deploy()
            done.append(time.perf_counter() - began)

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(deploy)
        yield done
        ended.set()
        work.result()


def many_apis(options: Options) -> Table:
    table = Table(f"{APIS:,} APIs of {ROUTES} routes in one node", "s, MiB, ms as named")
    first = _first_api(options.directory)
    ids = _copies(options.directory / "data", first)
    began = time.perf_counter()
    with gatewright(options.directory) as instance:
        table.add("start-up, s", time.perf_counter() - began)
        table.add("worker before a request, MiB", instance.worker_memory())
        for api in ids[:ASKED]:
            table.add("first request of an API, ms", _asked(instance, api))
            table.add("second request, ms", _asked(instance, api))
        table.add(f"worker with {ASKED} APIs compiled, MiB", instance.worker_memory())
        for api in ids[ASKED:]:
            _asked(instance, api)
        table.add("worker with all APIs compiled, MiB", instance.worker_memory())
    return table


def _asked(instance: Gatewright, api: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(instance.url(api, f"/route{ROUTES - 1}")) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


def _first_api(directory: Path) -> str:
    with gatewright(directory) as instance:
        made = instance.client("apigateway").import_rest_api(body=json.dumps(_document()).encode())
        instance.client("apigateway").create_deployment(restApiId=made["id"], stageName=STAGE)
        return str(made["id"])


def _document() -> dict[str, Any]:
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": BODY}}},
    }
    operation = {"responses": {"200": {"description": "OK"}}, "x-amazon-apigateway-integration": integration}
    paths = {f"/route{number}": {"get": operation} for number in range(ROUTES)}
    return {"openapi": "3.0.1", "info": {"title": "one of many", "version": "1"}, "paths": paths}


def _copies(data: Path, first: str) -> list[str]:
    """The first API under other ids, written to the catalog: importing each would take minutes."""
    ids = [first, *(f"many{number:06d}" for number in range(APIS - 1))]
    catalog = open_catalog(data)
    try:
        documents = _documents(catalog, first)
        for begin in range(1, APIS, 50):
            with catalog.write(HOME) as tx:
                for api in ids[begin : begin + 50]:
                    for key, text in documents:
                        tx.put(key.replace(first, api), json.loads(text.replace(first, api)))
    finally:
        catalog.close()
    return ids


def _documents(catalog: Catalog, api: str) -> list[tuple[str, str]]:
    from gatewright.catalog.keys import API_KINDS, rest_api

    with catalog.read(HOME) as reader:
        own = reader.get(rest_api(api))
        found = [(rest_api(api), json.dumps(own))]
        for kind in API_KINDS:
            found += [(key, json.dumps(each)) for key, each in reader.list(f"{kind}/{api}/")]
    return found
