"""The state between processes: counted exactly, whoever fires, whoever is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.coroutines import answer
from tests.support.scripts import Worker, go, line, running

from gatewright.state.api import Bucket, Quota, State

WORKERS = 3
ROUNDS = 2

# What every script begins with: a state in the directory that is its first argument.
OPEN = """
import os, signal, sys, time
from pathlib import Path
from gatewright.state.api import Bucket, Quota
from gatewright.state.lmdb_store import LEAST_BYTES, open_state
from tests.support.coroutines import answer

sizes = dict(counters_bytes=LEAST_BYTES, policies_bytes=LEAST_BYTES, responses_bytes=4 * LEAST_BYTES)
state = open_state(Path(sys.argv[1]), **sizes)
print("open", flush=True)
sys.stdin.readline()
"""

# Fires at one bucket for a quarter second; says how many passed, and when the first was before and after.
FIRE = """
bucket = Bucket(b"k", 500, 3000)
before = time.monotonic()
passed = answer(state.admit([bucket])) is None
begun = time.monotonic()
while time.monotonic() < begun + 0.25:
    passed += answer(state.admit([bucket])) is None
print(passed, before, begun)
"""

# Fires 2000 times at a bucket that hardly refills, and at a quota; says how many passed each.
FIRE_OFTEN = """
bucket, quota = Bucket(b"k", 1e-9, 1000), Quota("plan", "key", 1500, "MONTH")
print(*(sum(answer(state.admit([limit])) is None for _ in range(2000)) for limit in (bucket, quota)))
"""

# Counts for ever, and says so each time.
COUNT = """
limits = [Bucket(b"k", 1e6, 10**6), Quota("plan", sys.argv[2], None, "DAY")]
while True:
    assert answer(state.admit(limits)) is None
    os.write(1, b"\\n")
"""

# Stops in the midst of a write.
STOP = """
state._counters.write(lambda txn: os.kill(os.getpid(), signal.SIGSTOP))
"""

# Keeps a policy, then looks it up whenever it is told to.
LOOK_UP = """
answer(state.policies.put(b"api/prod", b"token", b"policy", 300, 0))
while True:
    print(answer(state.policies.get(b"api/prod", b"token")).value, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def worker(script: str, directory: Path, *arguments: str) -> Iterator[Worker]:
    """A process that has the state open and waits for a line before it goes on."""
    with running(OPEN + script, str(directory), *arguments) as process:
        yield process


def together(script: str, directory: Path) -> list[list[float]]:
    """What several processes answer that run `script` at the same time."""
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(script, directory)) for _ in range(WORKERS)]
        for process in workers:
            go(process)
        return [[float(word) for word in line(process).split()] for process in workers]


@pytest.fixture
def state(unmoved: State) -> State:
    return unmoved


def used_today(state: State, key: str) -> int:
    """Over two days, for a run around midnight."""
    today = datetime.now(UTC).date()
    days = state.usage(Quota("plan", key, None, "DAY"), today - timedelta(days=1), today)
    return sum(day.used for day in days)


def test_together_they_admit_what_one_would(state: State, tmp_path: Path) -> None:
    passed, before, begun = zip(*together(FIRE, tmp_path), strict=True)
    total, emptied = sum(passed), time.monotonic()
    while answer(state.admit([Bucket(b"k", 500, 3000)])) is None:  # what they left when they stopped
        total, emptied = total + 1, time.monotonic()
    assert total <= 3000 + 500 * (time.monotonic() - min(before))
    assert total > 3000 + 500 * (emptied - min(begun)) - 1


def test_together_they_take_every_token_once(tmp_path: Path) -> None:
    answers = together(FIRE_OFTEN, tmp_path)
    assert [sum(column) for column in zip(*answers, strict=True)] == [1000, 1500]


def test_counts_are_exact_whoever_is_killed(state: State, tmp_path: Path) -> None:
    """Each is killed at any moment of its load: what it acknowledged is counted, at most one more is."""
    chance = random.Random(4)
    own = Quota("plan", "own", None, "DAY")
    counted = 0
    for number in range(ROUNDS):
        with ExitStack() as stack:
            keys = [f"{number}-{each}" for each in range(WORKERS)]
            workers = [stack.enter_context(worker(COUNT, tmp_path, key)) for key in keys]
            for process in workers:
                go(process)
                assert line(process) == ""
            for process in workers:
                for _ in range(chance.randrange(2000)):
                    assert answer(state.admit([own])) is None
                    counted += 1
                process.send_signal(signal.SIGKILL)
            for process, key in zip(workers, keys, strict=True):
                assert process.stdout is not None
                acknowledged = 1 + len(process.stdout.read())
                assert acknowledged <= used_today(state, key) <= acknowledged + 1
    assert used_today(state, "own") == counted


def test_a_worker_stopped_in_a_write_holds_up_the_others_until_it_is_killed(
    state: State, tmp_path: Path
) -> None:
    with worker(STOP, tmp_path) as process:
        go(process)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        waiting = threading.Thread(target=lambda: answer(state.admit([Bucket(b"k", 1, 1)])))
        waiting.start()
        assert waiting.is_alive()
        process.kill()
        waiting.join(10)
        assert not waiting.is_alive()
    assert answer(state.admit([Bucket(b"k", 0.001, 1)])) is not None, "the token was taken, once"


def test_a_flush_is_seen_by_the_others_at_once(state: State, tmp_path: Path) -> None:
    with worker(LOOK_UP, tmp_path) as process:
        go(process)
        assert line(process) == "b'policy'"
        assert answer(state.policies.get(b"api/prod", b"token")).value == b"policy"
        for _ in range(20):
            state.policies.flush(b"api/prod")
            go(process)
            assert line(process) == "None"
            generation = answer(state.policies.get(b"api/prod", b"token")).generation
            answer(state.policies.put(b"api/prod", b"token", b"new", 300, generation))
            go(process)
            assert line(process) == "b'new'"


def test_usage_set_or_counted_here_is_seen_there_at_once(state: State, tmp_path: Path) -> None:
    quota = Quota("plan", "key", 10, "MONTH")
    with worker(
        "for _ in range(99): print(answer(state.admit([Quota('plan', 'key', 10, 'MONTH')])) is None,"
        "flush=True); sys.stdin.readline()",
        tmp_path,
    ) as process:
        go(process)
        assert line(process) == "True"
        state.set_remaining(quota, 1)
        outcomes = []
        for _ in range(3):
            go(process)
            outcomes.append(line(process))
        assert outcomes == ["True", "False", "False"]


def test_processes_may_open_a_new_state_together(tmp_path: Path) -> None:
    script = OPEN.replace(
        "sys.stdin.readline()", "print(answer(state.admit([Bucket(b'k', 1e-9, 2)])) is None)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "state")]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for _ in range(4)
        ]
        outputs = [process.communicate()[0].split() for process in workers]
    assert sorted(outputs) == [["open", "False"]] * 2 + [["open", "True"]] * 2


def test_threads_of_one_process_take_every_token_once(state: State) -> None:
    bucket, passed = Bucket(b"k", 1e-9, 500), []

    def fire() -> None:
        passed.append(sum(answer(state.admit([bucket])) is None for _ in range(300)))

    threads = [threading.Thread(target=fire) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 500
