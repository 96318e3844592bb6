"""What is measured. Each scenario runs the contestants in turn, round after round, and keeps medians."""

from __future__ import annotations

import contextlib
import re
import socket
import statistics
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import templates
from load import percentile_at_rate, wrk
from offline import serverless_offline
from ours import Api, Gatewright, gatewright, hello_function, invocation_uri
from peers import BODY, PROXY, STATIC, Peer, free_port, nginx

LOAD_CPU = "1"
FUNCTION_CONNECTIONS = 8  # each is one instance: more of them on one core measure the scheduler


@dataclass(slots=True)
class Options:
    seconds: float
    rounds: int
    directory: Path


@dataclass(slots=True)
class Table:
    """One scenario's figures: rows by contestant, ours first; `goals` are (text, reached)."""

    title: str
    unit: str
    rows: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    goals: list[tuple[str, bool]] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(self.rows[name])

    def ratio(self, name: str) -> float:
        return self.share("gatewright", name)

    def share(self, name: str, of: str) -> float:
        """The median of what `name` came to beside `of` in each round: rounds differ more than neighbours in
        one do."""
        pairs = zip(self.rows[name], self.rows[of], strict=True)
        return statistics.median(value / max(other, 1e-9) for value, other in pairs)

    def add(self, name: str, value: float, trouble: str = "") -> None:
        self.rows.setdefault(name, []).append(value)
        if trouble:
            self.notes.append(f"{name}: {trouble}")

    def goal(self, name: str, least: float) -> None:
        if name in self.rows:
            reached = self.ratio(name)
            self.goals.append((f"{reached:.2f} × {name} (to reach: {least:g})", reached >= least))


Contestant = Callable[[], "contextlib.AbstractContextManager[str]"]


def _race(
    table: Table,
    options: Options,
    contestants: dict[str, Contestant],
    *,
    connections: int = 64,
    as_bytes: bool = False,
) -> None:
    for _ in range(options.rounds):
        for name, contestant in contestants.items():
            with contestant() as url:
                wrk(url, seconds=min(1.0, options.seconds), connections=connections)
                result = wrk(url, seconds=options.seconds, connections=connections)
            table.add(name, result.bytes_rate / 2**20 if as_bytes else result.rate, result.trouble)


def _peer(name: str, start: Peer, options: Options, backend: int | None, path: str = "/") -> Contestant:
    @contextlib.contextmanager
    def started():  # type: ignore[no-untyped-def]
        port = free_port()
        with start(options.directory, port, backend):
            yield f"http://127.0.0.1:{port}{path}"

    return started


def _ours(url: str) -> Contestant:
    return lambda: contextlib.nullcontext(url)


def static_answer(options: Options) -> Table:
    table = Table("Static answer (MOCK)", "requests/s")
    with gatewright(options.directory) as instance:
        api = Api(instance, "static")
        api.mock("static")
        api.deploy()
        contestants = {"gatewright": _ours(api.url("/static"))}
        contestants |= {name: _peer(name, start, options, None) for name, start in STATIC.items()}
        _race(table, options, contestants)
        memory = instance.worker_memory()
    table.notes.append(f"worker memory after the load: {memory:.0f} MiB")
    table.goal("envoy", 0.8)
    table.goals.append((f"worker {memory:.0f} MiB (to reach: under 80)", memory < 80))
    return table


def mapped_answer(options: Options) -> Table:
    table = Table("Mapped MOCK: a small request and response template, against the static MOCK", "requests/s")
    with gatewright(options.directory) as instance:
        api = Api(instance, "mapped")
        api.mock("static")
        api.mapped_mock("mapped")
        api.deploy()
        _race(table, options, {name: _ours(api.url(f"/{name}?id=7")) for name in ("static", "mapped")})
    part = table.share("mapped", "static")
    table.goals.append((f"{part:.2f} × the static MOCK (to reach: 0.6)", part >= 0.6))
    return table


def mapping_templates(options: Options) -> Table:
    table = Table("Mapping templates in process", "renders per CPU second")
    seconds = min(options.seconds / 8, 0.5)
    if templates.node() is None:
        table.notes.append("velocityjs is not installed: see bench/README.md")
    for name in templates.NAMES:
        trouble = templates.disagreement(name)
        if trouble:
            table.notes.append(trouble)
        renders = {engine: make(name) for engine, make in templates.IN_PROCESS.items()}
        for _ in range(options.rounds):
            for engine, render in renders.items():
                table.add(f"{name}: {engine}", templates.rate(render, seconds))
            if templates.node() is not None:
                for engine, value in templates.in_node(name, seconds)[0].items():
                    table.add(f"{name}: {engine}", value)
        _render_goal(table, name, templates.AIRSPEED, 20)
        _render_goal(table, name, templates.VELOCITYJS, 5)
    return table


def _render_goal(table: Table, name: str, peer: str, least: float) -> None:
    if f"{name}: {peer}" not in table.rows:
        return
    ours = table.median(f"{name}: gatewright")
    ratio = ours / table.median(f"{name}: {peer}")
    parsed = ours / table.median(f"{name}: {peer}, {templates.PARSED}")
    text = f"{name}: {ratio:.1f} × {peer} (to reach: {least:g}), {parsed:.1f} × it with templates parsed once"
    table.goals.append((text, ratio >= least))


def _proxied(instance: Gatewright, backend: int, path: str = "/") -> Api:
    api = Api(instance, "proxied")
    api.method("proxied", "ANY", type="HTTP_PROXY", httpMethod="ANY", uri=f"http://127.0.0.1:{backend}{path}")
    api.deploy()
    return api


def http_proxy(options: Options) -> Table:
    table = Table("HTTP_PROXY, small answer", "requests/s")
    backend = free_port()
    with nginx(options.directory, backend, None, cpu=LOAD_CPU), gatewright(options.directory) as instance:
        api = _proxied(instance, backend)
        contestants = {"gatewright": _ours(api.url("/proxied"))}
        contestants |= {name: _peer(name, start, options, backend) for name, start in PROXY.items()}
        _race(table, options, contestants)
    table.goal("envoy", 1.0)
    table.goal("nginx", 0.45)
    return table


def _bodies(size: int, label: str) -> Callable[[Options], Table]:
    def scenario(options: Options) -> Table:
        table = Table(f"HTTP_PROXY, {label} answers", "MiB/s")
        files = options.directory / "files"
        files.mkdir(exist_ok=True)
        (files / "body").write_bytes(b"x" * size)
        backend = free_port()
        server = nginx(options.directory, backend, None, cpu=LOAD_CPU, files=files)
        with server, gatewright(options.directory) as instance:
            api = _proxied(instance, backend, "/body")
            contestants = {"gatewright": _ours(api.url("/proxied"))}
            contestants |= {
                name: _peer(name, start, options, backend, "/body") for name, start in PROXY.items()
            }
            _race(table, options, contestants, as_bytes=True)
        return table

    return scenario


def lambda_proxy(options: Options) -> Table:
    table = Table("Lambda proxy, hello function", "requests/s")
    with gatewright(options.directory) as instance:
        api = Api(instance, "lambda")
        uri = invocation_uri(hello_function(instance))
        api.method("hello", "GET", type="AWS_PROXY", httpMethod="POST", uri=uri)
        api.deploy()
        contestants: dict[str, Contestant] = {"gatewright": _ours(api.url("/hello"))}
        for runtime in ("python", "node"):
            offline = serverless_offline(options.directory, runtime)
            if offline is None:
                table.notes.append("serverless-offline is not installed: see bench/README.md")
                break
            contestants[f"serverless-offline {runtime}"] = offline
        _race(table, options, contestants, connections=FUNCTION_CONNECTIONS)
    for runtime in ("python", "node"):
        table.goal(f"serverless-offline {runtime}", 3.0)
    return table


def routes(options: Options) -> Table:
    table = Table("Routes: MOCK among 10 / 1,000 / 10,000 (the last of them asked)", "requests/s")
    with gatewright(options.directory) as instance:
        urls = {}
        for count in (10, 1_000, 10_000):
            began = time.perf_counter()
            urls[f"{count} routes"] = _with_routes(instance, count)
            table.notes.append(f"{count} routes created and deployed in {time.perf_counter() - began:.1f} s")
        _race(table, options, {name: _ours(url) for name, url in urls.items()})
    for name in urls:
        change = table.share(name, "10 routes") - 1
        table.goals.append((f"{name}: {change:+.1%} (to reach: within 5 %)", change > -0.05))
    return table


def _with_routes(instance: Gatewright, count: int) -> str:
    api = Api(instance, f"routes-{count}")
    client = instance.client("apigateway")
    group = ""
    for number in range(count):
        if number % 100 == 0:
            parent = client.create_resource(
                restApiId=api.id, parentId=api._root, pathPart=f"group{number // 100}"
            )["id"]
            group = f"group{number // 100}"
        made = client.create_resource(restApiId=api.id, parentId=parent, pathPart=f"route{number}")["id"]
        where = {"restApiId": api.id, "resourceId": made, "httpMethod": "GET"}
        client.put_method(**where, authorizationType="NONE")
        client.put_method_response(**where, statusCode="200")
        client.put_integration(
            **where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
        )
        client.put_integration_response(
            **where, statusCode="200", responseTemplates={"application/json": BODY}
        )
    api.deploy()
    return api.url(f"/{group}/route{count - 1}")


def added_latency(options: Options) -> Table:
    table = Table("Latency added by HTTP_PROXY at 2,000 requests/s", "ms")
    backend = free_port()
    with nginx(options.directory, backend, None, cpu=LOAD_CPU), gatewright(options.directory) as instance:
        api = _proxied(instance, backend)
        path = api.url("/proxied").partition(f":{instance.port}")[2]
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        for _ in range(options.rounds):
            for name, port in (("backend alone", backend), ("through gatewright", instance.port)):
                percentile_at_rate("127.0.0.1", port, request, rate=2000, seconds=1)
                middle, high = percentile_at_rate(
                    "127.0.0.1", port, request, rate=2000, seconds=options.seconds
                )
                table.add(f"{name}, p50", middle)
                table.add(f"{name}, p99", high)
    added = table.median("through gatewright, p99") - table.median("backend alone, p99")
    table.goals.append((f"p99 added: {added:.2f} ms (to reach: under 1)", added < 1))
    return table


def idle_connections(options: Options) -> Table:
    table = Table("Memory of a worker with 1,000 idle connections", "MiB")
    with gatewright(options.directory) as instance:
        api = Api(instance, "idle")
        api.mock("static")
        api.deploy()
        urllib.request.urlopen(api.url("/static")).read()
        table.add("before", instance.worker_memory())
        path = api.url("/static").partition(f":{instance.port}")[2]
        open_sockets = [_asked(instance.port, path) for _ in range(1000)]
        table.add("with 1,000 idle", instance.worker_memory())
        for sock in open_sockets:
            sock.close()
    return table


def _asked(port: int, path: str) -> socket.socket:
    """A connection that was answered once and is kept."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = b""
    while not re.search(rb"\r\n\r\n.{%d}" % len(BODY), answer, re.DOTALL):
        answer += sock.recv(4096)
    return sock


def start_up(options: Options) -> Table:
    table = Table("Start-up until the first answered management call", "s")
    for number in range(options.rounds):
        directory = options.directory / f"start-{number}"
        directory.mkdir()
        began = time.perf_counter()
        with gatewright(directory):
            table.add("gatewright", time.perf_counter() - began)
    return table


SCENARIOS: dict[str, Callable[[Options], Table]] = {
    "mock": static_answer,
    "mapped": mapped_answer,
    "vtl": mapping_templates,
    "proxy": http_proxy,
    "lambda": lambda_proxy,
    "64k": _bodies(64 * 1024, "64 KiB"),
    "1m": _bodies(1024 * 1024, "1 MiB"),
    "routes": routes,
    "latency": added_latency,
    "idle": idle_connections,
    "start": start_up,
}
IN_PROCESS = ("vtl",)  # need neither wrk nor a second core
