"""Cached responses: time to live, flushing, the size of a space, and who makes room."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock, open_small

from gatewright.state.api import State, StateUnavailable
from gatewright.state.lmdb_response_rows import PIECE_BYTES
from gatewright.state.lmdb_responses import MOST_BYTES, MOST_SECONDS, RECENT, RECENT_BYTES

PROD, TEST = b"a1b2c3d4e5/prod", b"a1b2c3d4e5/test"
PLENTY = 2**30

# Does to the state what its second argument says, as another worker would.
OTHER = """
import asyncio, sys
from pathlib import Path
from gatewright.state.lmdb_store import open_state
from tests.support.coroutines import answer

state = open_state(Path(sys.argv[1]), boot="this boot", clock=lambda: float(sys.argv[3]))
exec(sys.argv[2])
"""


@pytest.fixture
def state(embedded: State) -> State:
    return embedded


def get(state: State, space: bytes, key: bytes) -> bytes | None:
    return answer(state.responses.get(space, key)).value


def put(
    state: State, space: bytes, key: bytes, value: bytes, ttl: float = 300, most_bytes: int = PLENTY
) -> bool:
    generation = answer(state.responses.get(space, key)).generation
    return answer(state.responses.put(space, key, value, ttl, generation, most_bytes))


def other_worker(directory: Path, clock: MovedClock, action: str) -> str:
    command = [sys.executable, "-c", OTHER, str(directory), action, str(clock.unix)]
    return subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout


def held(directory: Path, clock: MovedClock, keys: str) -> str:
    """Which of these keys of one letter the store has, as a worker sees it that has none at hand."""
    look = f"print(*(k for k in {keys!r} if answer(state.responses.get({PROD!r}, k.encode())).value), sep='')"
    return other_worker(directory / "state", clock, look).strip()


def test_a_value_lives_for_its_time(state: State, clock: MovedClock) -> None:
    assert get(state, PROD, b"/pets") is None
    assert put(state, PROD, b"/pets", b"cats", ttl=300)
    clock.move(seconds=299.9)
    assert [get(state, PROD, b"/pets"), get(state, PROD, b"/pets")] == [b"cats"] * 2
    clock.move(seconds=0.1)
    assert get(state, PROD, b"/pets") is None


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_value_that_may_not_live_is_not_kept(state: State, ttl: float) -> None:
    assert not put(state, PROD, b"/pets", b"cats", ttl)
    assert get(state, PROD, b"/pets") is None


def test_no_value_lives_longer_than_amazon_lets_it(state: State, clock: MovedClock) -> None:
    put(state, PROD, b"/pets", b"cats", ttl=1e12)
    clock.move(seconds=MOST_SECONDS)
    assert get(state, PROD, b"/pets") is None


def test_spaces_and_keys_are_told_apart(state: State) -> None:
    put(state, b"ab", b"c", b"1")
    put(state, b"a", b"bc", b"2")
    put(state, b"ab", b"c" * 10_000, b"3")
    assert [get(state, *at) for at in ((b"ab", b"c"), (b"a", b"bc"), (b"ab", b"c" * 10_000))] == [
        b"1",
        b"2",
        b"3",
    ]
    assert get(state, b"ab", b"c" * 9_999) is None


@pytest.mark.parametrize("size", [0, RECENT_BYTES, PIECE_BYTES - 16, PIECE_BYTES, 3 * PIECE_BYTES + 1])
def test_values_of_any_size_come_back_whole(state: State, size: int) -> None:
    value = random.Random(size).randbytes(size)
    assert put(state, PROD, b"/pets", value)
    assert [get(state, PROD, b"/pets"), get(state, PROD, b"/pets")] == [value] * 2


def test_a_shorter_value_leaves_nothing_of_a_longer_one(state: State) -> None:
    put(state, PROD, b"/pets", b"x" * 5 * PIECE_BYTES)
    put(state, PROD, b"/pets", b"y" * 2 * PIECE_BYTES)
    assert get(state, PROD, b"/pets") == b"y" * 2 * PIECE_BYTES


def test_a_value_over_the_size_is_not_kept(state: State) -> None:
    assert not put(state, PROD, b"/pets", b"x" * (MOST_BYTES + 1))
    assert not put(state, PROD, b"/pets", b"x" * 11, most_bytes=10)
    assert put(state, PROD, b"/pets", b"x" * 10, most_bytes=10)


def test_a_flush_forgets_one_space(state: State) -> None:
    for space in (PROD, TEST):
        put(state, space, b"/pets", b"cats")
    state.responses.flush(PROD)
    assert get(state, PROD, b"/pets") is None
    assert get(state, TEST, b"/pets") == b"cats"
    assert put(state, PROD, b"/pets", b"dogs")
    assert get(state, PROD, b"/pets") == b"dogs"


def test_what_was_asked_before_a_flush_is_not_kept_after_it(state: State) -> None:
    before = answer(state.responses.get(PROD, b"/pets"))
    state.responses.flush(PROD)
    assert not answer(state.responses.put(PROD, b"/pets", b"stale", 300, before.generation, PLENTY))
    assert get(state, PROD, b"/pets") is None


def test_what_was_used_least_recently_makes_room_in_its_space(
    state: State, clock: MovedClock, tmp_path: Path
) -> None:
    for key in (b"a", b"b", b"c"):
        assert put(state, PROD, key, b"x" * 100, most_bytes=300)
        clock.move(seconds=0.01)
    assert put(state, TEST, b"a", b"other", most_bytes=300)
    assert get(state, PROD, b"a") is not None
    assert put(state, PROD, b"d", b"x" * 100, most_bytes=300)
    assert held(tmp_path, clock, "abcd") == "acd"
    assert put(state, PROD, b"e", b"x" * 250, most_bytes=300)
    assert held(tmp_path, clock, "acde") == "e"
    assert get(state, TEST, b"a") == b"other"


def test_what_is_replaced_expired_or_flushed_takes_no_room(state: State, clock: MovedClock) -> None:
    put(state, PROD, b"a", b"x" * 100, most_bytes=300)
    assert put(state, PROD, b"b", b"x" * 150, ttl=10, most_bytes=300)
    assert put(state, PROD, b"a", b"y" * 150, most_bytes=300)
    assert get(state, PROD, b"b") is not None
    clock.move(seconds=11)
    assert put(state, PROD, b"c", b"x" * 150, most_bytes=300)
    assert get(state, PROD, b"a") == b"y" * 150
    state.responses.flush(PROD)
    assert put(state, PROD, b"d", b"x" * 300, most_bytes=300)


def test_a_put_removes_a_bounded_number(state: State) -> None:
    for number in range(250):
        assert put(state, PROD, b"%d" % number, b"x", most_bytes=250)
    attempts = [put(state, PROD, b"large", b"x" * 250, most_bytes=250) for _ in range(3)]
    assert attempts == [False, False, True]


def test_when_the_file_is_full_the_least_recently_used_of_all_makes_room(
    state: State, clock: MovedClock
) -> None:
    put(state, PROD, b"used", b"x" * 8000)
    put(state, TEST, b"idle", b"x" * 8000)
    for number in range(2000):
        assert put(state, PROD, b"%d" % number, b"x" * 8000)
        clock.move(seconds=0.001)
        if number % 100 == 0:
            assert get(state, PROD, b"used") is not None
    assert get(state, TEST, b"idle") is None
    assert get(state, PROD, b"1999") is not None
    size = state.housekeep()["responses"]
    assert size.used_bytes < size.total_bytes * 0.8


def test_large_and_small_values_find_room_in_each_others_place(state: State, clock: MovedClock) -> None:
    chance = random.Random(7)
    for number in range(300):
        size = chance.choice((100, 5_000, 60_000, 1_048_576))
        assert put(state, PROD, b"%d" % chance.randrange(100), b"%d" % number + b"x" * size)
        clock.move(seconds=1)
    assert put(state, PROD, b"last", b"x" * 1_048_576)
    assert get(state, PROD, b"last") == b"x" * 1_048_576


def test_expired_values_are_removed_in_time(state: State, clock: MovedClock) -> None:
    empty = state.housekeep()["responses"].entries
    for number in range(150):
        put(state, PROD, b"%d" % number, b"x", ttl=10)
    clock.move(seconds=11)
    state.housekeep()
    assert state.housekeep()["responses"].entries == empty + 1, "the space's own row stays"


def test_other_workers_share_it_and_see_a_flush_and_a_newer_value(
    state: State, clock: MovedClock, tmp_path: Path
) -> None:
    put(state, PROD, b"/pets", b"cats")
    assert get(state, PROD, b"/pets") == b"cats"
    at = tmp_path / "state"
    shown = other_worker(at, clock, f"print(answer(state.responses.get({PROD!r}, b'/pets')).value)")
    assert shown == "b'cats'\n"
    other_worker(at, clock, f"answer(state.responses.put({PROD!r}, b'/pets', b'dogs', 300, 0, {PLENTY}))")
    assert get(state, PROD, b"/pets") == b"dogs"
    other_worker(at, clock, f"state.responses.flush({PROD!r})")
    assert get(state, PROD, b"/pets") is None


def test_only_who_claimed_an_entry_gives_it_up(state: State, clock: MovedClock, tmp_path: Path) -> None:
    def claim() -> bool:
        return answer(state.responses.claim(PROD, b"/pets", 30))

    assert claim()
    clock.move(seconds=30)
    other_worker(tmp_path / "state", clock, f"assert answer(state.responses.claim({PROD!r}, b'/pets', 30))")
    answer(state.responses.release(PROD, b"/pets"))
    assert not claim()


def test_it_survives_a_worker_that_is_killed(state: State, clock: MovedClock, tmp_path: Path) -> None:
    action = (
        f"assert answer(state.responses.put({PROD!r}, b'/pets', b'cats', 300, 0, {PLENTY}));"
        "import os, signal;"
        "state.responses._environment.write(lambda txn: os.kill(os.getpid(), signal.SIGKILL))"
    )
    with pytest.raises(subprocess.CalledProcessError, match="SIGKILL"):
        other_worker(tmp_path / "state", clock, action)
    assert get(state, PROD, b"/pets") == b"cats"
    assert put(state, PROD, b"/dogs", b"dogs")


def test_what_another_worker_used_counts_within_a_second(
    state: State, clock: MovedClock, tmp_path: Path
) -> None:
    for key in (b"a", b"b"):
        put(state, PROD, key, b"x" * 100, most_bytes=200)
        clock.move(seconds=2)
    other_worker(tmp_path / "state", clock, f"answer(state.responses.get({PROD!r}, b'a'))")
    put(state, PROD, b"c", b"x" * 100, most_bytes=200)
    assert held(tmp_path, clock, "abc") == "ac"


def test_a_process_has_only_so_much_at_hand(state: State) -> None:
    for number in range(2 * RECENT):
        put(state, PROD, b"%d" % number, b"x")
        assert get(state, PROD, b"%d" % number) == b"x"
    assert all(get(state, PROD, b"%d" % number) == b"x" for number in range(2 * RECENT))


@pytest.mark.parametrize("space", [b"", b"x" * 401])
def test_a_space_past_the_bounds(state: State, space: bytes) -> None:
    with pytest.raises(ValueError, match="A space has 1 to 400 bytes"):
        get(state, space, b"/pets")
    with pytest.raises(ValueError, match="A space has 1 to 400 bytes"):
        state.responses.flush(space)


def test_a_file_that_is_no_store(tmp_path: Path, clock: MovedClock) -> None:
    open_small(tmp_path, clock).close()
    (tmp_path / "responses" / "data.mdb").write_bytes(b"no state, but long enough to be looked at" * 500)
    with pytest.raises(StateUnavailable, match=r"responses/data\.mdb is no state .*: stop .* remove the dir"):
        open_small(tmp_path, clock)


def test_a_closed_state_says_so(tmp_path: Path, clock: MovedClock) -> None:
    state = open_small(tmp_path, clock)
    state.close()
    with pytest.raises(StateUnavailable, match=r"responses/data\.mdb cannot be used"):
        get(state, PROD, b"/pets")
    with pytest.raises(StateUnavailable, match=r"responses/data\.mdb cannot be used"):
        answer(state.responses.claim(PROD, b"/pets", 30))
