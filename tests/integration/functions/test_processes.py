"""Function processes end with their instance, with their children, and with the engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"
FORK = """
import os, signal, time
def handler(event, context):
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    if event == "exit":
        print(child, flush=True)
        os._exit(1)
    if event == "stuck":
        time.sleep(600)
    return [os.getpid(), child]
"""


def test_a_crash_costs_one_invocation_and_no_other(functions: Lambda) -> None:
    source = "import os\ndef handler(event, context):\n    if event == 3: os._exit(1)\n    return event\n"
    functions.deploy("f", {"app.py": source})
    outcomes = functions.wait(*[functions.start("f", number) for number in range(10)])
    failed = [number for number, outcome in enumerate(outcomes) if outcome.function_error]
    assert failed == [3]
    assert [outcome.payload for outcome in outcomes if not outcome.function_error] == [
        str(number).encode() for number in range(10) if number != 3
    ]


def test_what_waits_is_served_after_an_initialisation_that_failed(
    start_lambda: Callable[..., Lambda], tmp_path: Path
) -> None:
    functions = start_lambda(function_instances=1)  # a second one could be ready before the first has failed
    flag = tmp_path / "tried"
    source = f"""
        import os
        if not os.path.exists({str(flag)!r}):
            open({str(flag)!r}, "w").close()
            raise RuntimeError("first")
        def handler(event, context):
            return event
    """
    functions.deploy("f", {"app.py": textwrap.dedent(source)})
    first, second = functions.wait(functions.start("f", 1), functions.start("f", 2))
    assert (first.function_error, second.payload) == ("Unhandled", b"2")


def test_children_die_with_the_instance(functions: Lambda, is_alive: Callable[[int], bool]) -> None:
    functions.deploy("f", {"app.py": FORK})
    tail = functions.invoke("f", "exit", log_tail=True).log_tail
    assert tail is not None
    child = int(tail.splitlines()[1])
    functions.until(lambda: not is_alive(child))


def test_close_leaves_no_process_behind(functions: Lambda, is_alive: Callable[[int], bool]) -> None:
    functions.deploy("f", {"app.py": FORK})
    functions.deploy("g", {"app.py": PID})
    pids = [*functions.call("f"), functions.call("g")]
    assert all(map(is_alive, pids))
    functions.close()
    assert not any(map(is_alive, pids))


def test_close_lets_a_running_invocation_finish(functions: Lambda) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n    return 'finished'\n"
    functions.deploy("f", {"app.py": source})
    running = functions.start("f")
    functions.close()
    assert functions.wait(running)[0].payload == b'"finished"'


def test_close_ends_an_invocation_that_does_not_finish(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(close_wait=0.5)
    functions.deploy("f", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(60)\n"}, Timeout=90)
    running = functions.start("f")
    functions.close()
    assert b"Runtime.ExitError" in functions.wait(running)[0].payload


ORPHANER = """
import asyncio, sys
from pathlib import Path
from gatewright.catalog.api import Partition
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
    outcome = await future_from(engine.invoke(function, b"{}"), loop)
    print(outcome.payload.decode(), flush=True)
    engine.invoke(function, b'"stuck"')
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_a_worker_that_is_killed_takes_its_functions_with_it(
    functions: Lambda, is_alive: Callable[[int], bool]
) -> None:
    functions.deploy("f", {"app.py": FORK}, Timeout=600)
    worker = subprocess.Popen(
        [sys.executable, "-c", ORPHANER, str(functions.directory)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    with worker, worker.stdout:
        pids = [int(text) for text in worker.stdout.readline().strip("[]\n").split(",")]
        assert all(map(is_alive, pids))
        os.kill(worker.pid, signal.SIGKILL)
    functions.until(lambda: not any(map(is_alive, pids)))


def test_a_function_that_closes_its_output_goes_on(functions: Lambda) -> None:
    source = (
        "import os\ndef handler(event, context):\n"
        "    null = os.open('/dev/null', os.O_WRONLY); os.dup2(null, 1); os.dup2(null, 2)\n"
        "    return 'quiet'\n"
    )
    functions.deploy("f", {"app.py": source})
    assert [functions.call("f") for _ in range(2)] == ["quiet", "quiet"]


def test_an_instance_that_died_idle_is_replaced(functions: Lambda, is_alive: Callable[[int], bool]) -> None:
    functions.deploy("f", {"app.py": PID})
    functions.deploy("g", {"app.py": PID})
    pid, other = functions.call("f"), functions.call("g")
    os.kill(pid, signal.SIGKILL)
    functions.until(lambda: not is_alive(pid))
    functions.until(lambda: functions.invoke("f").function_error is None)
    assert functions.call("g") == other


def test_a_function_that_writes_to_the_engines_socket_harms_itself(functions: Lambda) -> None:
    source = (
        "import os, stat\ndef handler(event, context):\n"
        "    sockets = [fd for fd in range(3, 100) if os.path.exists(f'/proc/self/fd/{fd}')\n"
        "               and stat.S_ISSOCK(os.fstat(fd).st_mode)]\n"
        "    if event: os.write(sockets[0], b'R' + b'\\xff' * 100)\n"
        "    return len(sockets)\n"
    )
    functions.deploy("f", {"app.py": source})
    assert functions.call("f", False) == 1
    assert functions.fail("f", True)["errorType"] == "Runtime.ExitError"
    assert functions.call("f", False) == 1


def test_the_guardian_is_replaced_if_it_dies(functions: Lambda, is_alive: Callable[[int], bool]) -> None:
    functions.deploy("f", {"app.py": PID})
    functions.deploy("g", {"app.py": PID})
    functions.call("f")
    guardians = [pid for pid in children(os.getpid()) if "guardian.py" in command(pid)]
    os.kill(guardians[0], signal.SIGKILL)
    functions.until(lambda: not is_alive(guardians[0]))
    pids = [functions.call("f"), functions.call("g")]
    functions.close()
    assert not any(map(is_alive, pids))


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
