"""What an answer from the stage cache costs, plain and encrypted, beside our static MOCK and Envoy's cache.

One core serves each contestant. Two workers that share a cache share that core too: what is seen of them is
that both answer from what one of them kept.
"""

from __future__ import annotations

import urllib.request

from load import LOAD_CPU, wrk
from ours import Api, Gatewright, gatewright
from peers import envoy, envoy_cache, free_port, nginx
from scenarios import Options, Table

PLAIN, ENCRYPTED, STATIC, SHARED = (
    "gatewright",
    "encrypted hit",
    "static MOCK",
    "hit, two workers on the core",
)
ENVOY = "envoy, cache filter"


def cache(options: Options) -> Table:
    table = Table("Answers from the cache", "requests/s")
    backend = free_port()
    with (
        nginx(options.directory, backend, None, cpu=LOAD_CPU, expires="1h"),
        gatewright(options.directory) as instance,
    ):
        contestants = {
            PLAIN: _cached(instance, backend, encrypted=False),
            ENCRYPTED: _cached(instance, backend, encrypted=True),
            STATIC: _static(instance),
        }
        for _ in range(options.rounds):
            for name, url in contestants.items():
                _measure(table, name, url, options)
            port = free_port()
            with envoy(options.directory, port, backend, [envoy_cache()]):
                _measure(table, ENVOY, f"http://127.0.0.1:{port}/", options)
        table.goal(ENVOY, 0.8)
        for name, of, least in ((PLAIN, STATIC, 0.7), (ENCRYPTED, PLAIN, 0.8)):
            share = table.share(name, of)
            table.goals.append((f"{name}: {share:.2f} × {of} (to reach: {least:g})", share >= least))
    _shared(table, options)
    return table


def _shared(table: Table, options: Options) -> None:
    """Two workers: whoever answers, the backend was asked once."""
    backend = free_port()
    directory = options.directory / "shared"
    directory.mkdir()
    with nginx(directory, backend, None, cpu=LOAD_CPU), gatewright(directory, workers=2) as instance:
        url = _cached(instance, backend, encrypted=False)
        for _ in range(options.rounds):
            _measure(table, SHARED, url, options)
        misses = _misses(instance)
    table.goals.append((f"two workers asked the backend {misses} times (to reach: once)", misses == 1))


def _misses(instance: Gatewright) -> int:
    """As the metrics page has them, which every worker writes each second; two may have met at the first."""
    with urllib.request.urlopen(f"http://127.0.0.1:{instance.management}/_gatewright/metrics") as page:
        lines = page.read().decode().splitlines()
    found = [line for line in lines if line.startswith("gatewright_cache_lookups_total") and '"miss"' in line]
    return int(sum(float(line.rpartition(" ")[2]) for line in found))


def _measure(table: Table, name: str, url: str, options: Options) -> None:
    urllib.request.urlopen(url).close()  # what is asked for is kept from here on
    wrk(url, seconds=min(1.0, options.seconds), connections=64)
    result = wrk(url, seconds=options.seconds, connections=64)
    table.add(name, result.rate, result.trouble)


def _static(instance: Gatewright) -> str:
    api = Api(instance, "static")
    api.mock("static")
    api.deploy()
    return api.url("/static")


def _cached(instance: Gatewright, backend: int, *, encrypted: bool) -> str:
    api = Api(instance, "encrypted" if encrypted else "plain")
    api.method("hit", "GET", type="HTTP_PROXY", httpMethod="GET", uri=f"http://127.0.0.1:{backend}/")
    api.deploy()
    api.settle(
        ("/cacheClusterEnabled", "true"),
        ("/*/*/caching/enabled", "true"),
        ("/*/*/caching/ttlInSeconds", "3600"),
        ("/*/*/caching/dataEncrypted", str(encrypted).lower()),
    )
    return api.url("/hit")
