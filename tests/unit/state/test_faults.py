"""What the state says when it cannot work, and that it works again afterwards."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import lmdb
import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock, open_small

from gatewright.state.api import Bucket, Quota, State, StateUnavailable
from gatewright.state.environment import Environment
from gatewright.state.faults import unavailable
from gatewright.state.lmdb_store import LEAST_BYTES, open_state

QUOTA = Quota("plan", "key", 10, "DAY")
TODAY = date(2026, 3, 11)

# Begins to read and is killed in the midst of it.
DEAD_READER = """
import os, signal, sys
from pathlib import Path
from gatewright.state.environment import Environment

environment = Environment(Path(sys.argv[1]), 4 * 2**20, durable=False)
environment.read(lambda txn: os.kill(os.getpid(), signal.SIGKILL))
"""

# Meets a disk that has no room for the store; a bound on the size of its files stands in for it.
FULL_DISK = """
import resource, sys
from pathlib import Path
from gatewright.state.api import StateUnavailable
from gatewright.state.lmdb_store import LEAST_BYTES, open_state

def attempt():
    sizes = dict(counters_bytes=LEAST_BYTES, policies_bytes=LEAST_BYTES, responses_bytes=4 * LEAST_BYTES)
    open_state(Path(sys.argv[1]), **sizes).close()

_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
try:
    attempt()
except StateUnavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
attempt()
"""


@pytest.fixture
def state(embedded: State) -> State:
    return embedded


def fill(state: State) -> int:
    """Use new buckets until there is no room; how many there was room for."""
    for number in range(1_000_000):
        try:
            answer(state.admit([Bucket(b"%0200d" % number, 1, 5)]))
        except StateUnavailable:
            return number
    raise AssertionError("a store of a bounded size took a million rows")


def test_a_full_store_refuses_what_is_new_and_recovers(state: State, clock: MovedClock) -> None:
    known = Bucket(b"known", 10, 50)
    assert answer(state.admit([known, QUOTA])) is None
    first = fill(state)
    assert answer(state.admit([known, QUOTA])) is None
    with pytest.raises(StateUnavailable, match=r"counters/data\.mdb is full: rows that are of no use are"):
        answer(state.admit([known, QUOTA, Bucket(b"new", 1, 5)]))
    assert state.usage(QUOTA, TODAY, TODAY)[0].used == 2, "a refusal for want of room takes nothing"
    clock.move(seconds=10)
    for _ in range(first // 1000 + 2):
        state.housekeep()
    assert answer(state.admit([Bucket(b"new", 1, 5)])) is None
    assert fill(state) > first * 0.9


def test_a_file_that_is_no_state(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    answer(state.admit([QUOTA]))
    state.housekeep()
    state.close()
    (tmp_path / "counters" / "data.mdb").write_bytes(b"no state, but long enough to be looked at" * 500)
    with pytest.raises(
        StateUnavailable, match=r"counters/data\.mdb is no state .*: stop .* remove the direc"
    ):
        open_small(tmp_path, clock)
    shutil.rmtree(tmp_path / "counters")
    state = open_small(tmp_path, clock)
    assert state.usage(QUOTA, TODAY, TODAY)[0].used == 1
    state.close()


def test_a_ledger_that_is_none(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    state.housekeep()
    state.close()
    (tmp_path / "ledger" / "data.mdb").write_bytes(b"no ledger, but long enough to be looked at" * 500)
    for boot in ("this boot", "the next boot"):
        with pytest.raises(
            StateUnavailable, match=r"ledger/data\.mdb is no state .* restore the directory from"
        ):
            open_small(tmp_path, clock, boot).housekeep()
    shutil.rmtree(tmp_path / "ledger")
    open_small(tmp_path, clock, "the next boot").close()


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnavailable, match=r"file/state cannot be made .* choose a data directory"):
        open_state(tmp_path / "file" / "state")
    with pytest.raises(StateUnavailable, match=r"file cannot be made .* choose a data directory"):
        open_state(tmp_path / "file")


def test_a_disk_without_room(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "counters/data.mdb is larger than this process may write" in done.stdout
    assert "raise `ulimit -f` or make the store smaller" in done.stdout


def test_the_room_is_taken_at_the_start(
    tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(
            StateUnavailable, match=r"data\.mdb cannot be made: the disk is full .* make room"
        ):
            open_small(tmp_path, clock)
    state = open_small(tmp_path, clock)
    for name in ("counters", "policies"):
        assert (tmp_path / name / "data.mdb").stat().st_blocks * 512 >= LEAST_BYTES
    state.close()


def test_the_second_process_goes_along_with_the_size_of_the_first(state: State, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from gatewright.state.lmdb_store import open_state;"
        "state = open_state(Path(sys.argv[1]), boot='this boot');"
        "print(state.housekeep()['counters'].total_bytes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "state")], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == LEAST_BYTES


@pytest.mark.parametrize("sizes", [(LEAST_BYTES - 1, LEAST_BYTES), (LEAST_BYTES, 0)])
def test_a_size_under_the_least(tmp_path: Path, sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"bytes is under {LEAST_BYTES}"):
        open_state(tmp_path, counters_bytes=sizes[0], policies_bytes=sizes[1])


def test_a_reader_that_was_killed_does_not_fill_the_file(tmp_path: Path) -> None:
    environment = Environment(tmp_path, LEAST_BYTES, durable=False)
    environment.write(lambda txn: txn.put(b"k", b"v"))
    done = subprocess.run([sys.executable, "-c", DEAD_READER, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    for number in range(5000):  # each takes new pages as long as a reader may need the old ones
        environment.write(lambda txn, value=b"%0900d" % number: txn.put(b"k", value))  # type: ignore[misc]
    assert environment.clear_dead_readers() == 0, "it was cleared when its place was needed"
    environment.close()


def test_a_reader_that_does_not_end_fills_the_file_until_it_ends(tmp_path: Path) -> None:
    environment = Environment(tmp_path, LEAST_BYTES, durable=False)

    def write(times: int) -> None:
        for number in range(times):
            environment.write(lambda txn, value=b"%0900d" % number: txn.put(b"k", value))  # type: ignore[misc]

    with pytest.raises(StateUnavailable, match=r"data\.mdb is full .*: raise its size"):
        environment.read(lambda _: write(5000))
    write(5000)
    environment.close()


def test_a_closed_state_says_so(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    state.close()
    with pytest.raises(StateUnavailable, match=r"counters/data\.mdb cannot be used"):
        answer(state.admit([QUOTA]))
    with pytest.raises(StateUnavailable, match=r"counters/data\.mdb cannot be used"):
        state.usage(QUOTA, TODAY, TODAY)
    with pytest.raises(StateUnavailable, match=r"policies/data\.mdb cannot be used"):
        answer(state.policies.get(b"space", b"token"))


def test_a_process_waits_for_a_bounded_time_for_one_that_is_opening(
    tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatewright.state.directory.OPENING_SECONDS", 0.02)
    with (tmp_path / "opening.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(
            StateUnavailable, match=r"is being opened by another process, for 0\.02 s already"
        ):
            open_small(tmp_path, clock)
    open_small(tmp_path, clock).close()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (lmdb.MapFullError("said"), "The state /d/counters/data.mdb is full .*: raise its size"),
        (
            lmdb.CorruptedError("said"),
            "is damaged .*: stop Gatewright and remove the directory: usage is taken",
        ),
        (lmdb.ReadersFullError("said"), "has no place for another process .*: stop processes"),
        (OSError(errno.EACCES, "said"), "may not be opened .*: let this user read and write"),
        (OSError(errno.EIO, "said"), r"cannot be used \(\[Errno 5\] said\): see the cause"),
        (lmdb.Error("said"), r"cannot be used .*: see the cause"),
    ],
)
def test_every_fault_names_the_file_and_a_remedy(error: lmdb.Error | OSError, message: str) -> None:
    with pytest.raises(StateUnavailable, match=message):
        raise unavailable(Path("/d/counters/data.mdb"), error)
