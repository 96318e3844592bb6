"""The processes of a node under traffic: nothing that happens to one of them fails a request of another.

The tests share one node: the first looks at workers that served nothing yet, the last ends it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Iterator

import pytest
from tests.integration.conftest import BOTH_LOCAL, SMALL_STATE
from tests.support.apis import Api
from tests.support.load import under_load
from tests.support.processes import BOUND, Gatewright, kill

ANSWER = '{"from": "mock"}'
IDLE_WORKER_BYTES = 55 * 1024 * 1024
WORKER_BYTES = 72 * 1024 * 1024


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    directory = tmp_path_factory.mktemp("serve")
    node = Gatewright("serve", directory, *BOTH_LOCAL, "--workers", "2", *SMALL_STATE)
    yield node.ready()
    node.close()


@pytest.fixture(scope="module")
def url(node: Gatewright) -> str:
    """A MOCK method of `node`, deployed."""
    api = Api(node)
    api.mock("/", ANSWER)
    api.deploy("prod")
    return node.stage_url(api.id, "prod")


def _ended(pids: set[int]) -> None:
    """Wait until none of the processes is left."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(descriptor) as process:
            assert select.select([process], [], [], BOUND)[0], f"{pid} still runs"


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _complete(node: Gatewright) -> bool:
    """Wait until both workers and the control process run: what dies again soon is replaced with a delay."""
    until = time.monotonic() + BOUND
    while (len(node.children("worker")), len(node.children("control"))) != (2, 1):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def _reload(node: Gatewright) -> None:
    before = sum("reloaded" in line for line in node.logged)
    node.signal(signal.SIGHUP)
    node.log_line("reloaded", times=before + 1)


def test_a_worker_stays_small(node: Gatewright, url: str) -> None:
    assert max(_resident(pid) for pid in node.children("worker")) < IDLE_WORKER_BYTES
    with under_load(url) as load:
        load.answered(500)
    assert max(_resident(pid) for pid in node.children("worker")) < WORKER_BYTES


def test_a_reload_under_load_fails_not_one_request(node: Gatewright, url: str) -> None:
    replaced: set[int] = set()
    with under_load(url) as load:
        for _ in range(2):
            replaced |= node.children("worker") | node.children("control")
            _reload(node)
            load.answered(100)
        _ended(replaced)
        load.answered(100)
    assert load.failures == []
    assert load.answers.keys() == {(200, ANSWER.encode())}
    assert _complete(node)


def test_a_killed_worker_is_replaced_and_the_others_serve_on(node: Gatewright, url: str) -> None:
    (victim, *_) = sorted(node.children("worker"))
    with under_load(url) as load:
        kill(victim)
        node.log_line(f"(pid {victim}) died: killed by SIGKILL")
        load.answered(200)
    assert load.answers.keys() == {(200, ANSWER.encode())}
    # A client was lost only if its request was with the killed worker; the queue of the slot was kept.
    assert len(load.failures) <= 4
    assert all("Reset" in failure or "Disconnected" in failure for failure in load.failures)
    assert victim not in node.children("worker")
    assert _complete(node)


def test_a_stopped_control_process_does_not_stop_traffic(node: Gatewright, url: str) -> None:
    (control,) = node.children("control")
    os.kill(control, signal.SIGSTOP)
    with under_load(url) as load:
        load.answered(200)
        node.log_line(f"control (pid {control}) is stopped by a signal: killing it")
        load.answered(200)
    assert load.failures == []
    assert load.answers.keys() == {(200, ANSWER.encode())}
    assert len(node.client("apigateway").get_rest_apis()["items"]) == 1


def test_a_stopped_worker_is_replaced_and_the_others_serve_on(node: Gatewright, url: str) -> None:
    (victim, *_) = sorted(node.children("worker"))
    with under_load(url, clients=4) as load:
        os.kill(victim, signal.SIGSTOP)
        node.log_line(f"(pid {victim}) is stopped by a signal: killing it")
        node.log_line(f"(pid {victim}) died: killed by SIGKILL")
        load.answered(200)
    assert load.answers.keys() == {(200, ANSWER.encode())}
    assert len(load.failures) <= 8, "a client was lost only if its request was with the stopped worker"
    assert victim not in node.children("worker")
    assert _complete(node)


def test_a_dead_control_process_is_replaced(node: Gatewright, url: str) -> None:
    (control,) = node.children("control")
    kill(control)
    assert len(node.client("apigateway").get_rest_apis()["items"]) == 1  # waits in the slot's queue
    assert node.children("control") != {control}


def test_workers_import_nothing_of_the_management_side(node: Gatewright) -> None:
    for pid in node.children("worker"):
        with open(f"/proc/{pid}/environ") as environment:
            assert "aws_secret_access_key" not in environment.read().lower()
        with open(f"/proc/{pid}/cmdline") as command:
            assert command.read().count("\0") == 5  # python -P -m module descriptor: no setting, no secret


def test_a_slow_client_does_not_hold_a_reload_up(node: Gatewright, url: str) -> None:
    with socket.create_connection(("127.0.0.1", node.port), BOUND) as slow:
        slow.sendall(b"GET /half HTTP/1.1\r\nHost:")
        _reload(node)
        with under_load(url) as load:
            load.answered(20)
    assert load.failures == []


def test_nothing_is_left_of_a_killed_supervisor(node: Gatewright, url: str) -> None:
    children = node.children("worker") | node.children("control")
    node.signal(signal.SIGKILL)
    _ended(children)
