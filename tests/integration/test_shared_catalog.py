"""Two nodes on one PostgreSQL: they serve each other's changes, take one key, and outlive its absence."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.apis import Api
from tests.support.postgres import Postgres
from tests.support.processes import BOUND, Gatewright, command_line, kill
from tests.support.waiting import until


@pytest.fixture(scope="module")
def nodes(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Gatewright]]:
    server.forget_catalog()
    directory = tmp_path_factory.mktemp("nodes")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GATEWRIGHT_CATALOG", server.url())
        nodes = [_node(directory / name) for name in "ab"]
    try:
        yield [node.ready() for node in nodes]
    finally:
        for node in nodes:
            node.close()


def _node(directory: Path) -> Gatewright:
    return Gatewright("serve", directory, *BOTH_LOCAL, "--workers", "1", *SMALL_STATE)


def _ask(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=BOUND) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def _works(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 503:
            raise
        return False
    return True


def test_a_change_on_one_node_is_served_by_the_other(nodes: list[Gatewright]) -> None:
    here, there = nodes
    api = Api(here)
    where = api.mock("/", "first")
    api.deploy("prod")
    url = there.stage_url(api.id, "prod")
    until(lambda: _ask(url) == (200, b"first"), "the other node knows the API")
    api.change_mock(where, "second")
    api.deploy("prod")
    until(lambda: _ask(url) == (200, b"second"), "the other node serves the change")
    # Both made a node's access key as they started at once; it is one.
    assert there.client("apigateway").get_rest_api(restApiId=api.id)["name"] == "test"
    assert (here.data_dir / "credentials").read_text() == (there.data_dir / "credentials").read_text()


def test_the_password_shows_nowhere(nodes: list[Gatewright]) -> None:
    for node in nodes:
        pids = {node.process.pid} | node.children("worker") | node.children("control")
        assert not any("s3cret" in command_line(pid) for pid in pids)
        assert not any("s3cret" in line for line in (*node.printed, *node.logged))
        assert any("Catalog" in line and "postgresql://postgres@127.0.0.1" in line for line in node.printed)


def test_nodes_outlive_a_postgresql_that_is_away(nodes: list[Gatewright], server: Postgres) -> None:
    here, there = nodes
    api = Api(here)
    where = api.mock("/", "kept")
    api.deploy("prod")
    urls = [node.stage_url(api.id, "prod") for node in nodes]
    until(lambda: all(_ask(url) == (200, b"kept") for url in urls), "both nodes know the API")
    processes = [node.children("worker") | node.children("control") for node in nodes]

    server.kill()
    for node in nodes:
        assert [_ask(url) for url in urls] == [(200, b"kept")] * 2
        with pytest.raises(ClientError) as refused:
            node.client("apigateway").create_rest_api(name="lost")
        assert refused.value.response["Error"]["Code"] == "ServiceUnavailableException"
        assert "cannot be reached" in refused.value.response["Error"]["Message"]
        assert "s3cret" not in str(refused.value)
        assert _ask(node.stage_url("unknown123", "prod")) == (503, b'{"message":"Service Unavailable"}')

    server.start()
    until(lambda: _works(lambda: api.change_mock(where, "changed")), "writes are taken again")
    until(lambda: _works(lambda: api.deploy("prod")), "deployments too")
    until(lambda: all(_ask(url) == (200, b"changed") for url in urls), "both nodes serve the change")
    assert _ask(there.stage_url("unknown123", "prod"))[0] == 403
    assert [node.children("worker") | node.children("control") for node in nodes] == processes


def test_a_worker_that_comes_up_without_postgresql_serves_when_it_is_back(
    nodes: list[Gatewright], server: Postgres
) -> None:
    here, there = nodes
    api = Api(here)
    api.mock("/", "kept")
    api.deploy("prod")
    url = there.stage_url(api.id, "prod")
    until(lambda: _ask(url) == (200, b"kept"), "the other node knows the API")
    server.stop()
    (worker,) = there.children("worker")
    kill(worker)
    there.log_line("worker 0", "died")
    assert _ask(url) == (503, b'{"message":"Service Unavailable"}')
    server.start()
    until(lambda: _ask(url) == (200, b"kept"), "it serves again")
