"""What outlives a restart, and what a crash of the machine."""

from __future__ import annotations

import shutil
import stat
from datetime import date
from pathlib import Path

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock, open_small

from gatewright.state.api import Bucket, Quota, State
from gatewright.state.directory import this_boot

SLOW = Bucket(b"stage", 0.001, 5)
MONTHLY = Quota("plan", "key", 1000, "MONTH")
TODAY = date(2026, 3, 11)


@pytest.fixture
def state(embedded: State) -> State:
    return embedded


def use(state: State, times: int, quota: Quota = MONTHLY) -> int:
    return sum(answer(state.admit([quota])) is None for _ in range(times))


def used(state: State, day: date = TODAY, quota: Quota = MONTHLY) -> int:
    return state.usage(quota, day, day)[0].used


def left(state: State, bucket: Bucket) -> int:
    tokens = 0
    while answer(state.admit([bucket])) is None:
        tokens += 1
    return tokens


def test_everything_outlives_a_restart(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    use(state, 7)
    answer(state.admit([SLOW]))
    answer(state.policies.put(b"space", b"token", b"policy", 300, 0))
    state.close()
    state = open_small(tmp_path, clock)
    assert used(state) == 7
    assert left(state, SLOW) == 4
    assert answer(state.policies.get(b"space", b"token")).value == b"policy"
    state.close()


def test_after_a_crash_of_the_machine_usage_is_as_of_the_last_housekeeping(
    tmp_path: Path, clock: MovedClock
) -> None:
    state = open_small(tmp_path, clock)
    use(state, 7)
    state.set_remaining(MONTHLY, 3)
    answer(state.admit([SLOW]))
    answer(state.policies.put(b"space", b"token", b"policy", 300, 0))
    state.housekeep()
    use(state, 2)
    state.close()
    for name in ("counters", "policies"):  # pages reach the disk in any order, or not
        (tmp_path / name / "data.mdb").write_bytes(b"\xff" * 100_000)
    state = open_small(tmp_path, clock, boot="the next boot")
    assert used(state) == 7
    assert use(state, 99) == 3
    assert left(state, SLOW) == 5
    assert answer(state.policies.get(b"space", b"token")).value is None
    state.close()


def test_a_system_that_does_not_name_its_boots_begins_from_the_ledger(
    tmp_path: Path, clock: MovedClock
) -> None:
    state = open_small(tmp_path, clock, boot="")
    use(state, 7)
    state.housekeep()
    use(state, 2)
    state.close()
    state = open_small(tmp_path, clock, boot="")
    assert used(state) == 7
    state.close()


def test_a_boot_has_a_name_where_the_system_gives_it_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert this_boot() == this_boot()
    monkeypatch.setattr("gatewright.state.directory._BOOT_ID", Path("/no/such/file"))
    assert this_boot() == ""


def test_the_ledger_follows_day_by_day(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    others = [Quota("plan", f"key{number}", None, "DAY") for number in range(2500)]
    for quota in others:
        use(state, 1, quota)
    state.housekeep()
    for count in (1, 2, 3):
        use(state, count)
        clock.move(days=1)
        if count != 2:
            state.housekeep()
    state.close()
    shutil.rmtree(tmp_path / "counters")  # the remedy for damage
    state = open_small(tmp_path, clock)
    days = state.usage(MONTHLY, TODAY, date(2026, 3, 13))
    assert [(day.used, day.remaining) for day in days] == [(1, 999), (2, 997), (3, 994)]
    assert all(used(state, TODAY, quota) == 1 for quota in others)
    state.close()


def test_a_clock_set_back_is_saved_too(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    clock.move(days=20)
    use(state, 1)
    state.housekeep()
    clock.move(days=-20)
    use(state, 5)
    state.housekeep()
    state.close()
    state = open_small(tmp_path, clock, boot="the next boot")
    assert used(state) == 5
    state.close()


def test_files_are_for_their_owner_only(state: State, tmp_path: Path) -> None:
    state.housekeep()
    paths = [tmp_path / "state", *(tmp_path / "state").rglob("*")]
    assert {path.name for path in paths} >= {"counters", "policies", "ledger", "data.mdb", "lock.mdb"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}
