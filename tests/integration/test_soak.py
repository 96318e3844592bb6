"""Mixed load on one worker, bad clients and redeployments included: nothing grows."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import sleep

import pytest
from tests.integration.conftest import Start
from tests.support.apis import Api
from tests.support.processes import ACCOUNT, REGION, Gatewright
from tests.support.raw import abort, ask, statuses
from tests.support.scripted_backends import says, scripted

WARM_ROUNDS = 100  # that each client does before anything is measured, and
ROUNDS = 400  # those that are measured
ABORT_PAUSE = 0.02  # what leaves unanswered still costs the backend, which is to keep up
WORKER_BYTES = 80 * 1024 * 1024  # what a worker may take at any time; it takes 52 MiB
GROWTH_BYTES = 5 * 1024 * 1024  # it grows by 0.2 to 2.5 MiB; a leak of 2 KB a request would be 6 MiB and more
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
    """Clients that each do one thing over and over, all at the same time."""

    def __init__(self, api: Api) -> None:
        self.failures: list[str] = []
        self._api = api
        self._jobs: list[Callable[[], None]] = [
            partial(self._ask, path, status) for path, status in EXPECTED.items()
        ]
        self._jobs += [self._abort, self._redeploy]

    def run(self, rounds: int) -> None:
        """Until each client has done its thing so often, the quick ones going on meanwhile, or one failed."""
        left = set(range(len(self._jobs)))

        def repeat(number: int, job: Callable[[], None]) -> None:
            done = 0
            while left and not self.failures:
                try:
                    job()
                except Exception as error:
                    self.failures.append(repr(error))
                done += 1
                if done == rounds:
                    left.discard(number)

        threads = [threading.Thread(target=repeat, args=each) for each in enumerate(self._jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self, path: str, status: int) -> None:
        target = f"GET /restapis/{self._api.id}/prod/_user_request_{path} HTTP/1.1\r\nHost: x\r\n".encode()
        found = statuses(ask(self._api.node.port, target + b"Connection: close\r\n\r\n"))
        if found != [status]:
            self.failures.append(f"{path} answered {found}")

    def _abort(self) -> None:
        """One client that leaves before its answer, one in the middle of its request, one that sends junk."""
        target = f"GET /restapis/{self._api.id}/prod/_user_request_/good HTTP/1.1\r\nHost: x\r\n".encode()
        for data in (target + b"\r\n", target + b"X-Half: ", b"\x00 junk\r\n\r\n"):
            abort(self._api.node.port, data)
        sleep(ABORT_PAUSE)

    def _redeploy(self) -> None:
        deployment = self._api.deploy("prod")
        older = [
            item["id"]
            for item in self._api.gateway.get_deployments(restApiId=self._api.id)["items"]
            if item["id"] != deployment
        ]
        for each in older:
            self._api.gateway.delete_deployment(restApiId=self._api.id, deploymentId=each)


def _kib(pid: int, name: str) -> int:
    """A line of what the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def _taken(pid: int) -> tuple[int, int]:
    """Bytes of memory that are the process's own, and descriptors."""
    return _kib(pid, "RssAnon") * 1024, len(os.listdir(f"/proc/{pid}/fd"))


def test_nothing_leaks_under_mixed_load(start_serve: Start, backend: int) -> None:
    node = start_serve(workers=1)
    soak = _Soak(_deploy(node, backend))
    pids = [*node.children("worker"), *node.children("control")]
    soak.run(WARM_ROUNDS)
    first = [_taken(pid) for pid in pids]
    soak.run(ROUNDS)
    second = [_taken(pid) for pid in pids]
    assert soak.failures == []
    assert [*node.children("worker"), *node.children("control")] == pids
    assert _kib(pids[0], "VmHWM") * 1024 < WORKER_BYTES
    for (memory, files), (memory_later, files_later) in zip(first, second, strict=True):
        assert memory_later - memory < GROWTH_BYTES
        assert files_later - files < DESCRIPTORS
