"""What a function starts dies with its instance, even what left its session and its parents behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.processes import kill

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to a subreaper")

DAEMONS = """
import os, signal, time

def daemon():
    "Its own session, no parent that lives, deaf to what can be ignored."
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.write(write, str(os.getpid()).encode())
            os.closerange(0, 100)
            time.sleep(600)
        os._exit(0)
    os.wait()
    return int(os.read(read, 20))

def tree():
    return [os.getpid(), os.getppid(), daemon(), daemon()]

def handler(event, context):
    if event == "pids":
        return tree()
    with open(event["note"], "w") as file:
        file.write(" ".join(map(str, tree())))
    if event["then"] == "exit":
        os._exit(1)
    if event["then"] == "kill the nanny":
        os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)
"""
Alive = Callable[[int], bool]


@pytest.fixture
def daemons(functions: Lambda) -> Lambda:
    functions.deploy("f", {"app.py": DAEMONS}, Timeout=60)
    return functions


def noted(path: Path) -> list[int]:
    return [int(pid) for pid in path.read_text().split()]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_daemons_of_a_running_instance_are_its_own_business(daemons: Lambda, is_alive: Alive) -> None:
    first = daemons.call("f", "pids")
    second = daemons.call("f", "pids")
    assert first[:2] == second[:2]
    assert all(map(is_alive, [*first, *second]))


def test_they_die_when_the_code_is_replaced(daemons: Lambda, is_alive: Alive) -> None:
    pids = daemons.call("f", "pids")
    daemons.deploy("f", {"app.py": DAEMONS + "\n# changed\n"})
    assert daemons.call("f", "pids")[0] != pids[0]
    daemons.until(lambda: not any(map(is_alive, pids)))


def test_they_die_when_the_engine_is_closed(daemons: Lambda, is_alive: Alive) -> None:
    pids = daemons.call("f", "pids")
    daemons.close()
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize("then", ["exit", "kill the nanny", "hang"])
def test_they_die_when_the_instance_does(
    functions: Lambda, tmp_path: Path, is_alive: Alive, then: str
) -> None:
    functions.deploy("f", {"app.py": DAEMONS}, Timeout=1)
    error = functions.fail("f", {"note": str(tmp_path / "note"), "then": then})
    expected = {"exit": "exit status 1", "kill the nanny": "signal: killed", "hang": "Task timed out"}
    assert expected[then] in error["errorMessage"]
    pids = noted(tmp_path / "note")
    functions.until(lambda: not any(map(is_alive, pids)))
    assert functions.call("f", "pids")[0] not in pids


def test_a_stopped_process_dies_too(daemons: Lambda, is_alive: Alive) -> None:
    pids = daemons.call("f", "pids")
    os.kill(pids[2], signal.SIGSTOP)
    daemons.close()
    assert not any(map(is_alive, pids))


def test_the_zombies_of_daemons_are_reaped(daemons: Lambda) -> None:
    _, nanny, daemon, other = daemons.call("f", "pids")
    os.kill(daemon, signal.SIGKILL)
    children = Path(f"/proc/{nanny}/task/{nanny}/children")
    daemons.until(lambda: str(daemon) not in children.read_text().split())
    assert str(other) in children.read_text().split()


ENGINE = """
import asyncio, sys
from pathlib import Path
from gatewright.catalog.sqlite import open_catalog
from gatewright.functions.api import FunctionName
from gatewright.functions.engine import Engine
from gatewright.functions.settings import FunctionSettings
from gatewright.wire.pending import future_from

async def main():
    loop = asyncio.get_running_loop()
    directory = Path(sys.argv[1])
    engine = Engine(open_catalog(directory), loop=loop, settings=FunctionSettings(directory))
    function = FunctionName("123456789012", "eu-west-1", "f")
    outcome = await future_from(engine.invoke(function, b'"pids"'), loop)
    print(*outcome.payload.decode().strip("[]").split(","), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def engine(daemons: Lambda) -> Iterator[tuple[int, list[int]]]:
    """A process with an engine: its id, and those of the function's processes."""
    arguments = [sys.executable, "-c", ENGINE, str(daemons.directory)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(text) for text in process.stdout.readline().split()]
        yield process.pid, pids
        process.kill()


def test_they_die_when_the_worker_is_killed(
    daemons: Lambda, engine: tuple[int, list[int]], is_alive: Alive
) -> None:
    worker, pids = engine
    assert all(map(is_alive, pids))
    kill(worker)
    daemons.until(lambda: not any(map(is_alive, pids)))


def test_they_die_when_guardian_and_worker_are_killed(
    daemons: Lambda, engine: tuple[int, list[int]], is_alive: Alive
) -> None:
    worker, pids = engine
    guardian = parent(pids[1])
    kill(guardian)
    daemons.until(lambda: not is_alive(guardian))
    assert all(map(is_alive, pids))
    kill(worker)
    daemons.until(lambda: not any(map(is_alive, pids)))
