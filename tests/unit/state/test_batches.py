"""Requests admitted ahead: as many pass as would without, and usage is exact at every moment."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.support.batches import Holder
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock
from tests.support.scripts import Worker, go, line, running

from gatewright.state.api import Bucket, Limit, Quota, State, StateUnavailable
from gatewright.state.batches import LIFETIME, MOST, SHARE
from gatewright.state.environment import Environment

TODAY = date(2026, 3, 11)
PLENTY = Bucket(b"plenty", 1e9, 10**9)
QUOTA = Quota("plan", "key", 100_000, "DAY")

# Asks through an admission, with batches, and says each time that it was let through.
COUNT = """
import os, sys
from pathlib import Path
from gatewright.state.api import Bucket, Quota
from gatewright.state.lmdb_store import LEAST_BYTES, open_state
from tests.support.coroutines import answer

sizes = dict(counters_bytes=LEAST_BYTES, policies_bytes=LEAST_BYTES, responses_bytes=4 * LEAST_BYTES)
state = open_state(Path(sys.argv[1]), later=lambda seconds, action: None, **sizes)
ask = state.admission([Bucket(b"k", 1e9, 10**9), Quota("plan", sys.argv[2], None, "DAY")])
print("open", flush=True)
sys.stdin.readline()
while True:
    assert ask.passes() or answer(ask.admit()) is None
    os.write(1, b"\\n")
"""

# Fires until the quota is used up; says how much passed.
FIRE = (
    COUNT.split("ask =")[0]
    + """
ask = state.admission([Bucket(b"k", 1e9, 10**9), Quota("plan", "key", 5000, "DAY")])
print("open", flush=True)
sys.stdin.readline()
passed = 0
while ask.passes() or answer(ask.admit()) is None:
    passed += 1
state.close()
print(passed)
"""
)


@pytest.fixture
def one(tmp_path: Path, clock: MovedClock) -> Iterator[Holder]:
    holder = Holder(tmp_path / "state", clock)
    yield holder
    holder.state.close()


class Other:
    """Another process that has the state open, and its clock."""

    def __init__(self, process: Worker) -> None:
        self._process = process

    def times(self, limit: Limit, count: int) -> int:
        """How many passed."""
        return int(self._says(f"it.asks({limit!r}).times({count})"))

    def ahead(self, limit: Limit) -> int:
        return int(self._says(f"it.asks({limit!r}).ahead"))

    def used(self, quota: Quota) -> int:
        return int(self._says(f"it.state.usage({quota!r}, *[date(2026, 3, 11)] * 2)[0].used"))

    def set_remaining(self, quota: Quota, remaining: int) -> None:
        self._says(f"it.state.set_remaining({quota!r}, {remaining})")

    def moves(self, seconds: float) -> None:
        self._says(f"clock.move(seconds={seconds})")

    def _says(self, expression: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(expression + "\n")
        self._process.stdin.flush()
        return line(self._process)


@pytest.fixture
def other(one: Holder, tmp_path: Path) -> Iterator[Other]:
    script = "from tests.support.batches import answer_expressions; answer_expressions()"
    with running(script, str(tmp_path / "state")) as process:
        yield Other(process)


def used(state: State, quota: Quota = QUOTA, day: date = TODAY) -> int:
    return state.usage(quota, day, day)[0].used


def test_under_load_most_pass_without_a_look_at_the_state(one: Holder) -> None:
    asking = one.asks(PLENTY, QUOTA)
    assert asking.times(2000) == 2000
    assert asking.ahead > 1950
    assert used(one.state) == 2000


def test_requests_that_come_now_and_then_are_asked_for_each(one: Holder, clock: MovedClock) -> None:
    asking = one.asks(PLENTY, QUOTA)
    for _ in range(20):
        assert asking.ask()
        clock.move(seconds=2 * LIFETIME)
    assert asking.ahead == 0


def test_usage_is_exact_at_every_moment_for_every_process(one: Holder, other: Other) -> None:
    ours = one.asks(PLENTY, QUOTA)
    for count in range(1, 200):
        assert ours.ask()
        assert other.times(QUOTA, 1) == 1
        assert used(one.state) == other.used(QUOTA) == 2 * count
    assert ours.ahead > 100
    assert other.ahead(QUOTA) > 100


@pytest.mark.parametrize("limit", [Quota("plan", "key", 4000, "MONTH"), Bucket(b"k", 1e6, 4000)])
def test_together_they_admit_what_the_limit_says(
    one: Holder, other: Other, clock: MovedClock, limit: Limit
) -> None:
    """What stands idle with the first while the second asks goes back, and is admitted in the end."""
    passed = one.asks(limit).times(1000) + other.times(limit, 5000)
    assert one.asks(limit).ahead > 900
    assert other.ahead(limit) > 900
    assert 4000 - MOST < passed <= 4000
    if isinstance(limit, Quota):
        clock.move(seconds=LIFETIME)
        one.timers.go_off()
        assert passed + other.times(limit, 5000) == 4000
        assert used(one.state, limit) == 4000


def test_a_bucket_gets_back_what_was_not_used(one: Holder, other: Other, clock: MovedClock) -> None:
    bucket = Bucket(b"k", 400, 1000)  # may be held ahead: four
    asking = one.asks(bucket)
    passed = asking.times(6)
    assert asking.ahead > 0
    clock.move(seconds=2**-6)
    one.timers.go_off()
    other.moves(2**-6)
    assert passed + other.times(bucket, 2000) == 1000 + 400 // 2**6


def test_a_batch_is_a_small_share_of_what_is_left(one: Holder, other: Other) -> None:
    quota = Quota("plan", "key", SHARE * 4, "DAY")
    passed = one.asks(quota).times(20)
    assert other.times(quota, 1000) >= SHARE * 4 - passed - 4


def test_a_slow_bucket_is_asked_each_time(one: Holder) -> None:
    asking = one.asks(Bucket(b"slow", 0.99 / LIFETIME, 10**9))
    assert asking.times(500) == 500
    assert asking.ahead == 0


def test_a_limit_without_a_batch_is_exact(one: Holder) -> None:
    assert one.asks(Bucket(b"small", 1e9, SHARE)).times(1000) == SHARE
    assert one.asks(Quota("plan", "small", SHARE, "DAY")).times(1000) == SHARE


def test_nothing_passes_on_an_old_batch(one: Holder, clock: MovedClock) -> None:
    asking = one.asks(PLENTY, QUOTA)
    asking.times(100)
    before = asking.ahead
    clock.move(seconds=LIFETIME)
    assert asking.ask()
    assert asking.ahead == before
    assert used(one.state) == 101


def test_a_batch_does_not_outlive_its_day(one: Holder, clock: MovedClock) -> None:
    clock.move(seconds=12 * 3600 - LIFETIME / 2)
    monthly = Quota("plan", "key", 100_000, "MONTH")
    asking = one.asks(monthly)
    asking.times(100)
    clock.move(seconds=LIFETIME / 2 + 1e-6)
    before = asking.ahead
    assert asking.ask()
    assert asking.ahead == before
    (yesterday, today) = one.state.usage(monthly, TODAY, date(2026, 3, 12))
    assert (yesterday.used, today.used, today.remaining) == (100, 1, 99_899)


def test_another_process_opens_the_next_day_while_some_is_held(
    one: Holder, other: Other, clock: MovedClock
) -> None:
    clock.move(seconds=12 * 3600 - LIFETIME / 2)
    monthly = Quota("plan", "key", 100_000, "MONTH")
    one.asks(monthly).times(100)
    clock.move(seconds=LIFETIME)
    other.moves(12 * 3600 + LIFETIME / 2)
    assert other.times(monthly, 1) == 1
    one.timers.go_off()
    assert [day.remaining for day in one.state.usage(monthly, TODAY, date(2026, 3, 12))] == [99_900, 99_899]


def test_remaining_is_set_while_some_is_held(one: Holder, other: Other) -> None:
    asking = one.asks(QUOTA)
    asking.times(500)
    other.set_remaining(QUOTA, 1000)
    assert asking.times(2000) + other.times(QUOTA, 2000) == 1000


def test_the_ledger_has_what_was_made(tmp_path: Path, clock: MovedClock) -> None:
    before = Holder(tmp_path, clock)
    before.asks(PLENTY, QUOTA).times(300)
    before.state.housekeep()
    before.asks(PLENTY, QUOTA).times(50)
    before.state.close()
    after = Holder(tmp_path, clock, boot="the next boot")
    assert used(after.state) == 300
    after.state.close()


def test_more_sets_of_limits_than_there_are_counters(one: Holder) -> None:
    quotas = [Quota("plan", f"key{number}", 100_000, "DAY") for number in range(1100)]
    asking = [one.asks(quota) for quota in quotas]
    for _ in range(4):
        assert all(each.ask() for each in asking)
    assert sum(each.ahead > 0 for each in asking) == 1023
    assert {used(one.state, quota) for quota in (quotas[0], quotas[-1])} == {4}


def test_what_cannot_be_given_back_is_given_back_later(
    one: Holder, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise StateUnavailable("The state is away")

    quota = Quota("plan", "key", 1000, "DAY")
    asking = one.asks(quota)
    passed = asking.times(100)
    clock.move(seconds=LIFETIME)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(Environment, "write", broken)
        one.timers.go_off()
    assert "cannot be given back: The state is away" in caplog.text
    one.timers.go_off()
    assert one.timers.actions == []
    assert passed + one.asks(quota).times(2000) == 1000


@pytest.fixture
def state(unmoved: State) -> State:
    return unmoved


def test_counts_are_exact_when_a_process_is_killed(state: State, tmp_path: Path) -> None:
    """What it acknowledged is counted, at most one more is; what it held is free once it is found dead."""
    quota, today = Quota("plan", "own", None, "DAY"), datetime.now(UTC).date()
    with running(COUNT, str(tmp_path), "own") as process:
        go(process)
        assert process.stdout is not None
        for _ in range(5000):
            assert line(process) == ""
        process.send_signal(signal.SIGKILL)
        acknowledged = 5000 + len(process.stdout.read())
    counted = used(state, quota, today)
    assert acknowledged <= counted <= acknowledged + 1
    (file,) = (tmp_path / "counters" / "spent").iterdir()
    state.housekeep()
    assert not file.exists()
    assert used(state, quota, today) == counted
    state.set_remaining(Quota("plan", "own", counted + 1, "DAY"), 1)
    ask = state.admission([Quota("plan", "own", counted + 1, "DAY")])
    assert [answer(ask.admit()) is None for _ in range(2)] == [True, False]


def test_processes_that_fire_together_pass_what_the_quota_says(state: State, tmp_path: Path) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(running(FIRE, str(tmp_path))) for _ in range(2)]
        for worker in workers:
            go(worker)
        passed = sum(int(line(worker)) for worker in workers)
    ask = state.admission([Quota("plan", "key", 5000, "DAY")])
    while answer(ask.admit()) is None:
        passed += 1
    assert passed == 5000
