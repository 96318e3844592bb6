"""Functions that fork, flood, exit, hog or hang: their own requests fail, no other, and nothing stays."""

from __future__ import annotations

import io
import json
import os
import select
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator

import pytest
from tests.support.apis import Api
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright

SOURCE = """
import os, subprocess, sys, time

def answer(body):
    return {"statusCode": 200, "body": body}

def healthy(event, context):
    return answer("healthy")

def forks(event, context):
    children = [subprocess.Popen(["sleep", "600"]).pid for _ in range(5)]
    return answer(" ".join(map(str, [os.getpid(), *children])))

def floods(event, context):
    for _ in range(20):
        sys.stdout.write(("y" * 1023 + "\\n") * 1024)
    sys.stdout.flush()
    return answer("printed")

def exits(event, context):
    os._exit(3)

def hogs(event, context):
    kept = []
    while True:
        kept.append(bytearray(16 * 1024 * 1024))
        time.sleep(0.02)

def hangs(event, context):
    subprocess.Popen(["sleep", "600"])
    time.sleep(600)
"""
HANDLERS = ["healthy", "forks", "floods", "exits", "hogs", "hangs"]
INVOCATIONS = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
INTERNAL = {"message": "Internal server error"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    node = Gatewright("serve", tmp_path_factory.mktemp("functions"), *flags)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def api(node: Gatewright) -> Api:
    """One resource for each handler."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", SOURCE)
    api, functions = Api(node), node.client("lambda")
    for handler in HANDLERS:
        made = functions.create_function(
            FunctionName=handler,
            Runtime="python3.12",
            Handler=f"app.{handler}",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": code.getvalue()},
            Timeout=1 if handler == "hangs" else 20,
            MemorySize=128,
        )
        functions.add_permission(
            FunctionName=handler,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        uri = INVOCATIONS.format(region=REGION, arn=made["FunctionArn"])
        api.method(f"/{handler}", "GET", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    api.deploy("prod")
    functions.close()
    return api


def _ask(api: Api, handler: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(
            api.node.stage_url(api.id, "prod", f"/{handler}"), timeout=BOUND
        ) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def unharmed(api: Api) -> Iterator[None]:
    """Behind the test the same worker runs a healthy function, and nothing failed inside."""
    before = api.node.children("worker")
    yield
    assert _ask(api, "healthy") == (200, "healthy")
    assert api.node.children("worker") == before
    assert not [line for line in api.node.logged if "Traceback" in line]


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("handler", ["exits", "hogs"])
def test_a_function_that_ends_fails_its_own_request_each_time(api: Api, handler: str) -> None:
    for _ in range(2):
        status, body = _ask(api, handler)
        assert (status, json.loads(body)) == (502, INTERNAL)


@pytest.mark.usefixtures("unharmed")
def test_a_function_past_its_timeout_fails_its_own_request(api: Api) -> None:
    """The function's timeout is an error of the function; 504 is for the integration's own."""
    status, body = _ask(api, "hangs")
    assert (status, json.loads(body)) == (502, INTERNAL)


@pytest.mark.usefixtures("unharmed")
def test_megabytes_printed_do_not_stop_an_answer(api: Api) -> None:
    for _ in range(2):
        assert _ask(api, "floods") == (200, "printed")
    log = api.node.data_dir / "logs" / "lambda" / "floods.log"
    assert log.stat().st_size < 10 * 1024 * 1024


def test_what_a_function_forked_ends_with_the_node(
    api: Api, tmp_path_factory: pytest.TempPathFactory
) -> None:
    status, body = _ask(api, "forks")
    assert status == 200
    processes = [os.pidfd_open(int(pid)) for pid in body.split()]
    try:
        api.node.close()
        for process in processes:
            assert select.select([process], [], [], BOUND)[0], "a process of a function outlives its node"
    finally:
        for process in processes:
            os.close(process)
