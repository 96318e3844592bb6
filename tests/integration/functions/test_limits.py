"""Time, memory, sizes and output: each has a bound, and going past it harms nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gatewright.functions.api import InvalidRequestContent, PayloadTooLarge

if TYPE_CHECKING:
    from tests.integration.functions.conftest import Lambda

SLEEPER = "import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()\n"


def test_an_invocation_that_takes_too_long(functions: Lambda, is_alive: Callable[[int], bool]) -> None:
    functions.deploy("f", {"app.py": SLEEPER}, Timeout=1)
    stuck = functions.call("f", 0)
    outcome = functions.invoke("f", 60, log_tail=True)
    assert outcome.function_error == "Unhandled"
    assert outcome.payload.decode() == (
        '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: '
        f'{outcome.request_id} Error: Task timed out after 1.00 seconds"}}'
    )
    assert outcome.log_tail is not None
    assert f"{outcome.request_id} Task timed out after 1.00 seconds\n" in outcome.log_tail.decode()
    functions.until(lambda: not is_alive(stuck))
    assert functions.call("f", 0) != stuck


def test_an_initialisation_that_takes_too_long(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(init_timeout=0.1)
    functions.deploy("f", {"app.py": "import time\ntime.sleep(60)\n"}, Timeout=1)
    error = functions.fail("f")
    assert error["errorType"] == "Sandbox.Timedout"


def test_a_function_over_its_memory_size_is_killed(functions: Lambda) -> None:
    source = "def handler(event, context):\n    hog = bytearray(event << 20)\n    while event > 100: pass\n"
    functions.deploy("f", {"app.py": source}, MemorySize=128, Timeout=20)
    assert functions.call("f", 10) is None
    outcome = functions.invoke("f", 300)
    assert outcome.payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: '
        f'{outcome.request_id} Error: Runtime exited with error: signal: killed"}}'
    )
    assert functions.call("f", 10) is None


def test_a_result_over_the_limit_is_refused_and_the_instance_goes_on(functions: Lambda) -> None:
    source = "import os\ndef handler(event, context):\n    return 'x' * event or os.getpid()\n"
    functions.deploy("f", {"app.py": source})
    pid = functions.call("f", 0)
    outcome = functions.invoke("f", 6_291_555)
    assert outcome.function_error == "Unhandled"
    assert outcome.payload.decode() == (
        '{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        '"errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert functions.call("f", 0) == pid
    assert len(functions.invoke("f", 6_291_554).payload) == 6_291_556


def test_a_payload_over_the_limit_is_refused(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "def handler(event, context):\n    return len(event)\n"})
    assert functions.call("f", b'"' + b"x" * 6_291_454 + b'"') == 6_291_454
    with pytest.raises(PayloadTooLarge) as caught:
        functions.invoke("f", b'"' + b"x" * 6_291_455 + b'"')
    assert (
        caught.value.message == "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    )
    assert (caught.value.code, caught.value.status) == ("RequestEntityTooLargeException", 413)
    with pytest.raises(
        PayloadTooLarge, match=r"1048577 byte payload is too large for the Event invocation type"
    ):
        functions.invoke("f", b'"' + b"x" * 1_048_575 + b'"', invocation_type="Event")


def test_a_payload_that_is_not_json_is_refused(functions: Lambda) -> None:
    functions.deploy("f", {"app.py": "def handler(event, context):\n    return event\n"})
    with pytest.raises(InvalidRequestContent, match="Could not parse request body into json"):
        functions.invoke("f", b"{a")


def test_a_flood_of_output_is_cut_and_blocks_nobody(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(log_file_bytes=200_000, invocation_log_bytes=100_000)
    source = "def handler(event, context):\n    for _ in range(event): print('x' * 999)\n    return 'done'\n"
    functions.deploy("f", {"app.py": source}, Timeout=20)
    for _ in range(4):
        outcome = functions.invoke("f", 20_000, log_tail=True)
        assert outcome.payload == b'"done"'
        assert outcome.log_tail is not None
        assert b"[further output of this invocation is dropped]" in outcome.log_tail
    functions.close()
    logs = functions.directory / "logs" / "lambda"
    assert sorted(path.name for path in logs.iterdir()) == ["f.log", "f.log.1"]
    assert all(path.stat().st_size < 400_000 for path in logs.iterdir())


def test_output_between_invocations_is_bounded_too(start_lambda: Callable[..., Lambda]) -> None:
    functions = start_lambda(invocation_log_bytes=1_000)
    source = (
        "import threading\n"
        "def flood():\n    while True: print('y' * 999)\n"
        "def handler(event, context):\n"
        "    threading.Thread(target=flood, daemon=True).start()\n    return 1\n"
    )
    functions.deploy("f", {"app.py": source})
    functions.deploy("g", {"app.py": "def handler(event, context):\n    return 2\n"})
    assert functions.call("f") == 1
    assert [functions.call("g") for _ in range(20)] == [2] * 20
    functions.close()
    assert len(functions.log("f")) < 10_000
