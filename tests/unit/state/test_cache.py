"""The cache: time to live, flushing, and what it keeps when it is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock

from gatewright.state.api import State
from gatewright.state.lmdb_cache import MOST_BYTES, MOST_SECONDS, RECENT, RECENT_BYTES
from gatewright.state.lmdb_store import LEAST_BYTES

PROD, TEST = b"a1b2c3d4e5/prod", b"a1b2c3d4e5/test"


def get(state: State, space: bytes, key: bytes) -> bytes | None:
    return answer(state.policies.get(space, key)).value


def put(state: State, space: bytes, key: bytes, value: bytes, ttl: float = 300) -> bool:
    generation = answer(state.policies.get(space, key)).generation
    return answer(state.policies.put(space, key, value, ttl, generation))


def test_a_value_lives_for_its_time(state: State, clock: MovedClock) -> None:
    assert get(state, PROD, b"token") is None
    assert put(state, PROD, b"token", b"policy", ttl=300)
    clock.move(seconds=299.9)
    assert get(state, PROD, b"token") == b"policy"
    clock.move(seconds=0.1)
    assert get(state, PROD, b"token") is None


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_value_that_may_not_live_is_not_kept(state: State, ttl: float) -> None:
    assert not put(state, PROD, b"token", b"policy", ttl)
    assert get(state, PROD, b"token") is None


def test_a_later_value_replaces_an_earlier_one(embedded: State, clock: MovedClock) -> None:
    put(embedded, PROD, b"token", b"long", ttl=600)
    put(embedded, PROD, b"token", b"short", ttl=10)
    assert get(embedded, PROD, b"token") == b"short"
    entries = embedded.housekeep()["policies"].entries
    clock.move(seconds=11)
    assert get(embedded, PROD, b"token") is None
    assert embedded.housekeep()["policies"].entries == entries - 2


def test_spaces_and_keys_are_told_apart(state: State) -> None:
    put(state, b"ab", b"c", b"1")
    put(state, b"a", b"bc", b"2")
    put(state, b"ab", b"", b"3")
    put(state, b"ab", b"c" * 10_000, b"")
    assert [get(state, *at) for at in ((b"ab", b"c"), (b"a", b"bc"), (b"ab", b""))] == [b"1", b"2", b"3"]
    assert get(state, b"ab", b"c" * 10_000) == b""
    assert get(state, b"ab", b"c" * 9_999) is None


def test_a_flush_forgets_one_space(state: State) -> None:
    for space in (PROD, TEST):
        put(state, space, b"token", b"policy")
    state.policies.flush(PROD)
    assert get(state, PROD, b"token") is None
    assert get(state, TEST, b"token") == b"policy"
    assert put(state, PROD, b"token", b"new")
    assert get(state, PROD, b"token") == b"new"


def test_what_was_asked_before_a_flush_is_not_kept_after_it(state: State) -> None:
    before = answer(state.policies.get(PROD, b"token"))
    state.policies.flush(PROD)
    assert not answer(state.policies.put(PROD, b"token", b"stale", 300, before.generation))
    assert get(state, PROD, b"token") is None


def test_when_full_those_that_expire_soonest_make_room(embedded: State, clock: MovedClock) -> None:
    put(embedded, PROD, b"soon", b"x" * 1000, ttl=10)
    put(embedded, PROD, b"late", b"x" * 1000, ttl=3600)
    sizes = set()
    for number in range(5000):
        assert put(embedded, PROD, b"%d" % number, b"x" * 1000, ttl=300)
        clock.move(seconds=0.001)
        if number % 500 == 499:
            sizes.add(embedded.housekeep()["policies"].used_bytes)
    assert get(embedded, PROD, b"soon") is None
    assert get(embedded, PROD, b"0") is None
    assert get(embedded, PROD, b"late") is not None
    assert get(embedded, PROD, b"4999") is not None
    assert max(sizes) <= LEAST_BYTES * 0.76


def test_without_room_a_value_is_not_kept(embedded: State) -> None:
    for number in range(10_000):  # what a flush leaves takes room that no entry can be removed from
        embedded.policies.flush(b"%0300d" % number)
    assert not put(embedded, PROD, b"token", b"policy")
    assert get(embedded, PROD, b"token") is None
    embedded.policies.flush(PROD)


def test_a_value_over_the_size_is_not_kept(embedded: State) -> None:
    assert put(embedded, PROD, b"token", b"x" * MOST_BYTES)
    assert not put(embedded, PROD, b"token", b"x" * (MOST_BYTES + 1))


def test_no_value_lives_for_ever(state: State, clock: MovedClock) -> None:
    put(state, PROD, b"token", b"policy", ttl=1e12)
    clock.move(seconds=MOST_SECONDS)
    assert get(state, PROD, b"token") is None


@pytest.mark.parametrize("space", [b"", b"x" * 401])
def test_a_space_past_the_bounds(state: State, space: bytes) -> None:
    with pytest.raises(ValueError, match="A space has 1 to 400 bytes"):
        put(state, space, b"token", b"policy")
    with pytest.raises(ValueError, match="A space has 1 to 400 bytes"):
        state.policies.flush(space)


def test_what_a_process_has_at_hand_is_flushed_by_any_other(
    embedded: State, clock: MovedClock, tmp_path: Path
) -> None:
    put(embedded, PROD, b"token", b"policy", ttl=300)
    assert [get(embedded, PROD, b"token"), get(embedded, PROD, b"token")] == [b"policy"] * 2
    program = (
        "import sys; from pathlib import Path; from gatewright.state.lmdb_store import *; "
        "state = open_state(Path(sys.argv[1]), boot='this boot');"
        f" state.policies.flush({PROD!r}); state.close()"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "state")], check=True, timeout=60)
    assert get(embedded, PROD, b"token") is None


def test_what_a_process_has_at_hand_expires_and_is_replaced(embedded: State, clock: MovedClock) -> None:
    put(embedded, PROD, b"token", b"policy", ttl=300)
    assert get(embedded, PROD, b"token") == b"policy"
    put(embedded, PROD, b"token", b"newer", ttl=100)
    assert get(embedded, PROD, b"token") == b"newer"
    clock.move(seconds=100)
    assert get(embedded, PROD, b"token") is None


def test_a_process_has_only_so_much_at_hand(embedded: State) -> None:
    for number in range(2 * RECENT):
        put(embedded, PROD, b"%d" % number, b"x")
        assert get(embedded, PROD, b"%d" % number) == b"x"
    put(embedded, PROD, b"large", b"x" * RECENT_BYTES)
    assert get(embedded, PROD, b"large") == b"x" * RECENT_BYTES
    assert all(get(embedded, PROD, b"%d" % number) == b"x" for number in range(2 * RECENT))


def test_keys_are_not_stored(embedded: State, tmp_path: Path) -> None:
    put(embedded, PROD, b"Bearer eyJhbGciOi", b"policy")
    content = (tmp_path / "state" / "policies" / "data.mdb").read_bytes()
    assert b"policy" in content
    assert b"eyJhbGciOi" not in content
