"""How many instances a function has, and what waits when there are no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gatewright.functions.api import FunctionThrottled

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

MEET = """
import os, time
def handler(event, context):
    mine = os.path.join(event["folder"], context.aws_request_id)
    open(mine, "w").close()
    while len(os.listdir(event["folder"])) < event["count"]:
        time.sleep(0.005)
    return os.getpid()
"""
UNTIL = """
import os, time
def handler(path, context):
    while not os.path.exists(path):
        time.sleep(0.005)
    return 1
"""
PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def test_invocations_that_wait_for_each_other_get_an_instance_each(
    functions: Lambda, tmp_path_factory: pytest.TempPathFactory
) -> None:
    functions.deploy("f", {"app.py": MEET}, Timeout=15)
    event = {"folder": str(tmp_path_factory.mktemp("meet")), "count": 4}
    outcomes = functions.wait(*[functions.start("f", event) for _ in range(4)])
    assert len({outcome.payload for outcome in outcomes}) == 4


def test_one_instance_serves_one_invocation_at_a_time(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(function_instances=1)
    source = (
        "running = 0\n"
        "def handler(event, context):\n"
        "    global running\n    running += 1\n    seen = running\n    running -= 1\n    return seen\n"
    )
    functions.deploy("f", {"app.py": source})
    outcomes = functions.wait(*[functions.start("f") for _ in range(50)])
    assert {outcome.payload for outcome in outcomes} == {b"1"}


def test_past_the_limit_invocations_wait_their_turn(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(function_instances=2, scale_after=0.0)
    source = "import os, time\ndef handler(event, context):\n    time.sleep(0.05)\n    return os.getpid()\n"
    functions.deploy("f", {"app.py": source})
    outcomes = functions.wait(*[functions.start("f") for _ in range(12)])
    assert 1 <= len({outcome.payload for outcome in outcomes}) <= 2
    assert not any(outcome.function_error for outcome in outcomes)


def test_past_the_queue_invocations_are_throttled(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(function_instances=1, queue=2)
    functions.deploy("f", {"app.py": PID})
    functions.call("f")  # what it means is known from here on: nothing below waits to be read
    accepted = [functions.start("f") for _ in range(3)]  # one runs, two wait
    refused = functions.start("f")
    with pytest.raises(FunctionThrottled) as caught:
        functions.wait(refused)
    assert (caught.value.message, caught.value.status) == ("Rate Exceeded.", 429)
    assert caught.value.members == {"Type": "User", "Reason": "ConcurrentInvocationLimitExceeded"}
    assert len(functions.wait(*accepted)) == 3


def test_an_invocation_that_waited_too_long_is_throttled(
    start_lambda: Callable[..., Lambda], tmp_path_factory: pytest.TempPathFactory
) -> None:
    functions = start_lambda(function_instances=1, queue_wait=1.5)
    functions.deploy("f", {"app.py": UNTIL}, Timeout=15)
    ended = tmp_path_factory.mktemp("busy") / "ended"
    functions.call("f", str(tmp_path_factory.getbasetemp()))  # from here on no start is waited for
    busy, late = functions.start("f", str(ended)), functions.start("f", str(ended))
    with pytest.raises(FunctionThrottled):
        functions.wait(late)
    ended.touch()
    assert functions.wait(busy)[0].payload == b"1"


def test_an_idle_instance_makes_room_for_another_function(
    start_lambda: Callable[..., Lambda], is_alive: Callable[[int], bool]
) -> None:
    functions = start_lambda(instances=1)
    functions.deploy("f", {"app.py": PID})
    functions.deploy("g", {"app.py": PID})
    first = functions.call("f")
    second = functions.call("g")
    assert first != second
    functions.until(lambda: not is_alive(first))
    assert is_alive(second)


def test_an_idle_instance_is_stopped_after_a_while(
    start_lambda: Callable[..., Lambda], is_alive: Callable[[int], bool]
) -> None:
    functions = start_lambda(idle=0.2)
    functions.deploy("f", {"app.py": PID})
    first = functions.call("f")
    functions.until(lambda: not is_alive(first))
    assert functions.call("f") != first


def test_an_event_is_answered_at_once_and_runs_in_the_background(
    functions: Lambda, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mark = tmp_path_factory.mktemp("event") / "mark"
    functions.deploy("f", {"app.py": "def handler(event, context):\n    open(event, 'w').close()\n"})
    outcome = functions.invoke("f", str(mark), invocation_type="Event")
    assert (outcome.status_code, outcome.payload, outcome.function_error) == (202, b"", None)
    assert not mark.exists()
    functions.until(mark.exists)


def test_a_dry_run_starts_nothing(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "import nowhere"})
    outcome = functions.invoke("f", invocation_type="DryRun")
    assert (outcome.status_code, outcome.payload, outcome.function_error) == (204, b"", None)
    functions.close()
    assert not (functions.directory / "logs").exists()
