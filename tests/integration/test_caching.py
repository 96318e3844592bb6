"""Cached responses on a real node of two workers: what is kept, for whom, how long, who may have it anew."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.apis import MOCK_TEMPLATE, Api
from tests.support.command import command
from tests.support.echo_backend import echo_backend
from tests.support.held_backend import held_backend
from tests.support.processes import BOUND, Gatewright, kill
from tests.support.signing import Keys, keys_of, signed
from tests.support.workers import one_connection_a_worker

from gatewright.cli.story import tell

WORKERS = 2
WARNING = "199 Cache-control headers were ignored because the caller was unauthorized."
Connections = list[http.client.HTTPConnection]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = (*BOTH_LOCAL, *SMALL_STATE, "--workers", str(WORKERS), "--tracing", "header")
    node = Gatewright("serve", tmp_path_factory.mktemp("caching") / "data", *flags)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def workers(node: Gatewright) -> Iterator[Connections]:
    with one_connection_a_worker(node, WORKERS) as connections:
        yield connections


class Cached:
    """An API with a stage `prod` that caches; its MOCKs answer with the request's id, which no two have."""

    def __init__(self, node: Gatewright, workers: Connections) -> None:
        self.api = Api(node)
        self.workers = workers

    def mock(self, path: str, verb: str = "GET", **more: Any) -> dict[str, str]:
        """`more` are members of PutMethod, those of PutIntegration under `integration`."""
        integration = {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE, **more.pop("integration", {})}
        where = self.api.method(path, verb, integration, {"authorizationType": "NONE", **more})
        self.api.gateway.put_method_response(**where, statusCode="200")
        templates = {"application/json": "$context.requestId"}
        self.api.gateway.put_integration_response(**where, statusCode="200", responseTemplates=templates)
        return where

    def serve(self, settings: dict[str, str] | None = None, size: str = "0.5") -> None:
        """`settings` by their patch paths; GET is cached everywhere."""
        deployment = self.api.gateway.create_deployment(restApiId=self.api.id)["id"]
        self.api.gateway.create_stage(
            restApiId=self.api.id,
            stageName="prod",
            deploymentId=deployment,
            cacheClusterEnabled=True,
            cacheClusterSize=size,
        )
        self.patch({"/*/*/caching/enabled": "true", **(settings or {})})

    def patch(self, settings: dict[str, str]) -> Any:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in settings.items()]
        return self.api.gateway.update_stage(
            restApiId=self.api.id, stageName="prod", patchOperations=operations
        )

    def send(
        self, path: str = "/", verb: str = "GET", worker: int = 0, body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Header names have underscores for dashes."""
        connection = self.workers[worker]
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(verb, f"/restapis/{self.api.id}/prod/_user_request_{path}", body, sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def ask(self, path: str = "/", verb: str = "GET", worker: int = 0, **more: Any) -> str:
        status, _, answer = self.send(path, verb, worker, **more)
        assert status == 200, answer
        return answer

    def until(self, found: Callable[[], bool]) -> None:
        deadline = time.monotonic() + BOUND
        while not found():
            assert time.monotonic() < deadline

    def story(self, **headers: Any) -> list[str]:
        """What `gatewright explain` tells of a request, as far as it is about the cache."""
        request_id = self.send(X_Gatewright_Trace="1", **headers)[1]["x-amzn-RequestId"]
        path = self.api.node.data_dir / "traces" / f"{self.api.id}.jsonl"
        found: list[str] = []

        def written() -> bool:
            lines = path.read_text().splitlines(keepends=True) if path.exists() else []
            found.extend(line for line in lines if request_id in line and line.endswith("\n"))
            return bool(found)

        self.until(written)
        return [line for line in tell(json.loads(found[0])) if "ms  cache" in line]


@pytest.fixture
def cached(node: Gatewright, workers: Connections) -> Cached:
    return Cached(node, workers)


def counted(node: Gatewright, api: str) -> tuple[int, int]:
    """Hits and misses of an API, as the metrics page has them."""
    with urllib.request.urlopen(f"{node.client('apigateway').meta.endpoint_url}/_gatewright/metrics") as page:
        text = page.read().decode()
    lines = [
        line
        for line in text.splitlines()
        if line.startswith("gatewright_cache_lookups_total") and api in line
    ]
    return tuple(  # type: ignore[return-value]
        int(sum(float(line.rpartition(" ")[2]) for line in lines if f'result="{result}"' in line))
        for result in ("hit", "miss")
    )


def test_a_response_is_kept_for_all_workers_and_counted(node: Gatewright, cached: Cached) -> None:
    cached.mock("/")
    cached.serve()
    first = cached.ask()
    assert [cached.ask(worker=worker) for worker in (0, 1, 0, 1)] == [first] * 4
    assert cached.send()[1]["Content-Type"] == "application/json"
    cached.until(lambda: counted(node, cached.api.id) == (5, 1))


def test_without_a_cluster_a_setting_or_a_time_to_live_nothing_is_kept(cached: Cached) -> None:
    for path in ("/never", "/off", "/kept"):
        cached.mock(path)
    cached.serve({"/~1never/GET/caching/ttlInSeconds": "0", "/~1off/GET/caching/enabled": "false"})
    assert [cached.ask(path) == cached.ask(path) for path in ("/never", "/off", "/kept")] == [
        False,
        False,
        True,
    ]
    status = cached.patch({"/cacheClusterEnabled": "false"})["cacheClusterStatus"]
    assert status == "NOT_AVAILABLE"
    cached.until(lambda: cached.ask("/kept") != cached.ask("/kept"))


def test_a_response_is_kept_for_its_time(cached: Cached) -> None:
    cached.mock("/")
    cached.serve({"/*/*/caching/ttlInSeconds": "1"})
    first = cached.ask()
    assert cached.ask() == first
    cached.until(lambda: cached.ask() != first)


def test_only_get_is_kept_unless_a_method_is_set_apart(cached: Cached) -> None:
    for path, verb in (("/a", "POST"), ("/b", "POST"), ("/any", "ANY"), ("/all", "ANY")):
        cached.mock(path, verb)
    cached.serve({"/~1b/POST/caching/enabled": "true", "/~1all/ANY/caching/ttlInSeconds": "60"})
    same = {
        f"{verb} {path}": cached.ask(path, verb) == cached.ask(path, verb)
        for path, verb in (("/a", "POST"), ("/b", "POST"), ("/any", "GET"), ("/any", "PUT"), ("/all", "PUT"))
    }
    assert same == {"POST /a": False, "POST /b": True, "GET /any": True, "PUT /any": False, "PUT /all": True}
    assert cached.ask("/all", "PUT") != cached.ask("/all", "GET")


def test_what_is_not_named_is_not_in_the_key(cached: Cached) -> None:
    names = {
        "querystring.page": "",
        "multivaluequerystring.tag": "",
        "header.X-Tenant": "",
        "path.id": "",
    }
    keys = [f"method.request.{name}" for name in names]
    cached.mock(
        "/pets/{id}",
        requestParameters=dict.fromkeys(keys, False),
        integration={"cacheKeyParameters": keys},
    )
    cached.mock("/plain/{id}")
    cached.serve()
    first = cached.ask("/pets/1?page=1&tag=a&tag=b", X_Tenant="t")
    assert cached.ask("/pets/1?tag=a&page=1&tag=b&other=2", X_Tenant="t", X_Other="1") == first
    others = [
        cached.ask("/pets/2?page=1&tag=a&tag=b", X_Tenant="t"),
        cached.ask("/pets/1?page=2&tag=a&tag=b", X_Tenant="t"),
        cached.ask("/pets/1?page=1&tag=b&tag=a", X_Tenant="t"),
        cached.ask("/pets/1?page=1&tag=a,b", X_Tenant="t"),
        cached.ask("/pets/1?page=1&tag=a&tag=b", X_Tenant="u"),
        cached.ask("/pets/1?page=1&tag=a&tag=b"),
    ]
    assert len({first, *others}) == 7
    assert cached.ask("/plain/1") == cached.ask("/plain/2?page=7")


def test_keys_of_the_integration_are_what_its_parameters_are_mapped_from(cached: Cached) -> None:
    name = "integration.request.header.x-agent"
    mapped = {name: "context.identity.userAgent"}
    cached.mock("/", integration={"requestParameters": mapped, "cacheKeyParameters": [name]})
    cached.serve()
    assert cached.ask(User_Agent="a") == cached.ask(User_Agent="a") != cached.ask(User_Agent="b")


def test_resources_of_one_namespace_share_what_is_kept(cached: Cached) -> None:
    for path, namespace in (("/a", "one"), ("/b", "one"), ("/c", "two")):
        cached.mock(path, integration={"cacheNamespace": namespace})
    cached.serve()
    assert cached.ask("/a") == cached.ask("/b") != cached.ask("/c")


def test_a_flush_counts_at_once_on_every_worker_and_for_one_stage(cached: Cached) -> None:
    cached.mock("/")
    cached.serve()
    for _ in range(5):
        before = cached.ask()
        assert cached.ask(worker=1) == before
        cached.api.gateway.flush_stage_cache(restApiId=cached.api.id, stageName="prod")
        after = cached.ask(worker=1)
        assert cached.ask() == after != before
    with pytest.raises(ClientError, match="Invalid stage identifier specified"):
        cached.api.gateway.flush_stage_cache(restApiId=cached.api.id, stageName="absent")


def test_another_size_begins_empty(cached: Cached) -> None:
    cached.mock("/")
    cached.serve()
    before = cached.ask()
    stage = cached.patch({"/cacheClusterSize": "6.1"})
    assert (stage["cacheClusterSize"], stage["cacheClusterStatus"]) == ("6.1", "AVAILABLE")
    assert cached.ask() != before
    with pytest.raises(ClientError, match=r"Invalid cache cluster size '7', must be one of: \[0.5, 1.6, 6.1"):
        cached.patch({"/cacheClusterSize": "7"})


def test_a_new_deployment_does_not_answer_with_what_an_old_one_said(cached: Cached) -> None:
    cached.mock("/")
    cached.serve()
    before = cached.ask()
    cached.api.deploy("prod")
    cached.until(lambda: cached.ask() != before)


@pytest.mark.parametrize("encrypted", ["false", "true"])
def test_encrypted_responses_are_not_to_be_read_in_the_store(
    node: Gatewright, cached: Cached, encrypted: str
) -> None:
    cached.mock("/")
    cached.serve({"/*/*/caching/dataEncrypted": encrypted})
    body = cached.ask()
    assert [cached.ask(worker=worker) for worker in (0, 1)] == [body] * 2
    content = (node.data_dir / "state" / "responses" / "data.mdb").read_bytes()
    assert (body.encode() in content) == (encrypted == "false")


def test_what_the_gateway_says_itself_is_not_kept(cached: Cached) -> None:
    required = {"method.request.querystring.page": True}
    validator = cached.api.gateway.create_request_validator(
        restApiId=cached.api.id, name="v", validateRequestParameters=True
    )["id"]
    cached.mock("/", requestParameters=required, requestValidatorId=validator)
    cached.mock("/broken", integration={"requestTemplates": {"application/json": "{}"}})
    cached.serve()
    assert [cached.send()[0], cached.send("/?page=1")[0], cached.send()[0]] == [400, 200, 400]
    assert [cached.send("/broken")[0] for _ in range(2)] == [500, 500]


def test_a_body_over_amazons_limit_passes_and_is_not_kept(cached: Cached) -> None:
    with echo_backend() as backend:
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "POST", "uri": f"{backend}/"}
        for path in ("/under", "/over"):
            cached.api.method(path, "POST", integration)
        cached.serve({f"/~1{path}/POST/caching/enabled": "true" for path in ("under", "over")})

        def answered(path: str, size: int) -> int:
            return len(json.loads(cached.ask(path, "POST", body=b"x" * size))["body"])

        kept = [answered("/under", size) for size in (2**20 - 1000, 1)]
        passed = [answered("/over", size) for size in (2**20, 1, 2)]
    assert kept == [2**20 - 1000] * 2
    assert passed == [2**20, 1, 1]


def test_many_identical_misses_make_one_call(cached: Cached) -> None:
    with held_backend() as backend, ExitStack() as stack:
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": backend.url}
        cached.api.method("/", "GET", integration)
        cached.serve()
        others = [
            stack.enter_context(socket.create_connection(("127.0.0.1", cached.api.node.port), BOUND))
            for _ in range(20)
        ]
        path = f"/restapis/{cached.api.id}/prod/_user_request_/"
        for other in others:
            other.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert backend.asked.wait(BOUND)
        for worker in cached.workers:  # answered behind what came before it
            worker.request("GET", "/_gatewright/health")
            worker.getresponse().read()
        backend.release.set()
        assert all(b"late" in _received(other) for other in others)
        assert len(backend.peers) == 1


def _received(sock: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"late"):
        received += sock.recv(65_536)
    return received


@pytest.fixture(scope="module")
def callers(node: Gatewright) -> dict[str, Keys]:
    """Users by what they may do."""
    everything = {"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"}
    invoke = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    made = {}
    for name, statement in (("may", everything), ("may-not", invoke)):
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        where = ("--data-dir", str(node.data_dir))
        command("principals", "create-user", name, "--policy", document, *where)
        made[name] = keys_of(command("principals", "create-key", name, *where).stdout)
    return made


@pytest.mark.parametrize(
    "strategy", ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"]
)
def test_a_response_is_given_anew_to_those_who_may(
    cached: Cached, callers: dict[str, Keys], strategy: str
) -> None:
    cached.mock("/", authorizationType="AWS_IAM")
    cached.mock("/free")
    cached.serve(
        {
            "/*/*/caching/unauthorizedCacheControlHeaderStrategy": strategy,
            "/~1free/GET/caching/requireAuthorizationForCacheControl": "false",
        }
    )

    def ask(name: str, control: str | None) -> tuple[int, str | None, str]:
        headers = {} if control is None else {"Cache-Control": control}
        url = cached.api.node.stage_url(cached.api.id, "prod")
        status, fields, body = signed(callers[name], url, headers=headers).send()
        return status, fields.get("warning"), body

    first = ask("may-not", None)[2]
    assert ask("may", "no-cache") == (200, None, first)
    newer = ask("may", "no-store, Max-Age=0")
    assert newer[:2] == (200, None)
    assert newer[2] != first
    refused = ask("may-not", "max-age=0")
    if strategy == "FAIL_WITH_403":
        assert refused[0] == 403
        assert re.search(
            "user/may-not is not authorized to perform: execute-api:InvalidateCache on", refused[2]
        )
    else:
        told = WARNING if strategy == "SUCCEED_WITH_RESPONSE_HEADER" else None
        assert refused == (200, told, newer[2])
    assert ask("may-not", None) == (200, None, newer[2])
    free = cached.ask("/free")
    assert cached.ask("/free", Cache_Control="max-age=0") != free


def test_a_canary_uses_the_stages_cache_if_it_is_to(cached: Cached) -> None:
    cached.mock("/")
    cached.serve()
    shared = cached.ask()
    cached.patch({"/canarySettings/percentTraffic": "100"})
    cached.until(lambda: cached.ask() != shared)
    assert cached.ask() != cached.ask()
    cached.patch({"/canarySettings/useStageCache": "true"})
    cached.until(lambda: cached.ask() == shared)
    other = cached.api.gateway.create_deployment(restApiId=cached.api.id)["id"]
    cached.patch({"/canarySettings/deploymentId": other})
    cached.until(lambda: cached.ask() != shared)
    assert cached.ask() == cached.ask()


def test_a_draft_that_is_tested_is_not_answered_from_the_cache(cached: Cached) -> None:
    where = cached.mock("/")
    cached.serve()
    tested = [cached.api.gateway.test_invoke_method(**where)["body"] for _ in range(2)]
    assert tested[0] != tested[1]


def test_explain_tells_hit_and_miss_and_the_key(cached: Cached) -> None:
    name = "method.request.header.Authorization"
    cached.mock(
        "/",
        requestParameters={name: False},
        integration={"cacheKeyParameters": [name], "cacheNamespace": "n"},
    )
    cached.serve()
    miss = cached.story(Authorization="Bearer secret-token-of-ann")
    assert [line.split("cache", 1)[1].strip() for line in miss] == [
        "miss: GET in namespace n",
        "the response is kept for 300 s",
    ]
    hit = cached.story(Authorization="Bearer secret-token-of-ann", Cache_Control="max-age=0")
    assert [line.split("cache", 1)[1].strip() for line in hit] == ["hit: GET in namespace n"]


def test_what_is_kept_survives_workers_that_are_killed(node: Gatewright, cached: Cached) -> None:
    """From here on the connections to the workers are gone."""
    cached.mock("/")
    cached.serve()
    body = cached.ask()
    (victim, *_) = sorted(node.children("worker"))
    kill(victim)
    node.log_line(f"(pid {victim}) died: killed by SIGKILL")
    with one_connection_a_worker(node, WORKERS) as connections:
        cached.workers = connections
        assert [cached.ask(worker=worker) for worker in range(WORKERS)] == [body] * WORKERS


def test_who_waits_for_a_worker_that_is_killed_calls_the_backend_soon(
    node: Gatewright, cached: Cached
) -> None:
    with held_backend() as backend, one_connection_a_worker(node, WORKERS) as connections:
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": backend.url}
        cached.api.method("/", "GET", integration)
        cached.serve()
        calls, waits = connections
        path = f"/restapis/{cached.api.id}/prod/_user_request_/"
        calls.request("GET", "/_gatewright/health")
        victim = json.loads(calls.getresponse().read())["pid"]
        calls.request("GET", path)
        assert backend.asked.wait(BOUND)
        backend.asked.clear()
        waits.request("GET", path)
        kill(victim)
        assert backend.asked.wait(20), "the integration's time-out of 29 s was waited for"
        backend.release.set()
        assert waits.getresponse().read() == b"late"
