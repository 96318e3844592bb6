"""Mixed load on one worker, bad clients and redeployments included: nothing grows."""

from __future__ import annotations

import io
import os
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic

import pytest
from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright
from tests.support.raw import abort
from tests.support.scripted_backends import says, scripted

HALF_SECONDS = 7.0
ABORT_PAUSE = 0.02  # what leaves unanswered still costs the backend, which is to keep up
WORKER_BYTES = 80 * 1024 * 1024  # what a worker may take; 66 to 68 MiB alone, more beside other tests
GROWTH_BYTES = 6 * 1024 * 1024
DESCRIPTORS = 16  # connections that happen to be open when they are counted
CODE = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'lambda'}\n"
INVOCATIONS = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + b"p" * 65_536
SCRIPTS = {"/good": says(ANSWER), "/dies": says(ANSWER[:-1])}
EXPECTED = {"/mock": 200, "/lambda": 200, "/good": 200, "/dies": 504, "/nothing": 403}


@pytest.fixture
def backend() -> Iterator[int]:
    with scripted(SCRIPTS) as port:
        yield port


def _deploy(node: Gatewright, backend: int) -> Api:
    api, functions = Api(node), node.client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", CODE)
    made = functions.create_function(
        FunctionName="soaked",
        Runtime="python3.12",
        Handler="app.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ZipFile": code.getvalue()},
    )
    functions.add_permission(
        FunctionName="soaked",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    functions.close()
    uri = INVOCATIONS.format(region=REGION, arn=made["FunctionArn"])
    api.mock("/mock", '"mock"')
    api.method("/lambda", "GET", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    for path in SCRIPTS:
        proxied = {
            "type": "HTTP_PROXY",
            "integrationHttpMethod": "GET",
            "uri": f"http://127.0.0.1:{backend}{path}",
        }
        api.method(path, "GET", proxied)
    api.deploy("prod")
    return api


class _Soak:
    """Clients that each do one thing over and over until told to stop."""

    def __init__(self, api: Api) -> None:
        self.failures: list[str] = []
        self._api = api
        self._over = threading.Event()
        jobs = [partial(self._ask, path, status) for path, status in EXPECTED.items()]
        self._threads = [
            threading.Thread(target=self._repeat, args=(job,)) for job in (*jobs, self._abort, self._redeploy)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def last(self, seconds: float) -> None:
        """Let it go on for so long, or until something fails."""
        until = monotonic() + seconds
        while monotonic() < until and not self.failures:
            self._over.wait(0.1)

    def _repeat(self, job: Callable[[], None]) -> None:
        while not self._over.is_set():
            try:
                job()
            except Exception as error:
                self.failures.append(repr(error))

    def _ask(self, path: str, status: int) -> None:
        url = self._api.node.stage_url(self._api.id, "prod", path)
        try:
            with urllib.request.urlopen(url, timeout=BOUND) as answer:
                answer.read()
                found = answer.status
        except urllib.error.HTTPError as error:
            with error:
                found = error.code
        if found != status:
            self.failures.append(f"{path} answered {found}")

    def _abort(self) -> None:
        """One client that leaves before its answer, one in the middle of its request, one that sends junk."""
        target = f"GET /restapis/{self._api.id}/prod/_user_request_/good HTTP/1.1\r\nHost: x\r\n".encode()
        for data in (target + b"\r\n", target + b"X-Half: ", b"\x00 junk\r\n\r\n"):
            abort(self._api.node.port, data)
        self._over.wait(ABORT_PAUSE)

    def _redeploy(self) -> None:
        deployment = self._api.deploy("prod")
        older = [
            item["id"]
            for item in self._api.gateway.get_deployments(restApiId=self._api.id)["items"]
            if item["id"] != deployment
        ]
        for each in older:
            self._api.gateway.delete_deployment(restApiId=self._api.id, deploymentId=each)


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_nothing_leaks_under_mixed_load(start_serve: Start, backend: int) -> None:
    node = start_serve(workers=1)
    soak = _Soak(_deploy(node, backend))
    pids = [*node.children("worker"), *node.children("control")]
    soak.start()
    try:
        soak.last(HALF_SECONDS)
        first = [(_resident(pid), _descriptors(pid)) for pid in pids]
        soak.last(HALF_SECONDS)
        second = [(_resident(pid), _descriptors(pid)) for pid in pids]
    finally:
        soak.stop()
    assert soak.failures == []
    assert [*node.children("worker"), *node.children("control")] == pids
    assert second[0][0] < WORKER_BYTES
    for (memory, files), (memory_later, files_later) in zip(first, second, strict=True):
        assert memory_later - memory < GROWTH_BYTES
        assert files_later - files < DESCRIPTORS
