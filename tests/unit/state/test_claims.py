"""Claims to missing responses: one has it, until it gives it up or its time is over."""

from __future__ import annotations

from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock

from gatewright.state.api import State

PROD, TEST = b"a1b2c3d4e5/prod", b"a1b2c3d4e5/test"


def claim(state: State, space: bytes, key: bytes, seconds: float = 30) -> bool:
    return answer(state.responses.claim(space, key, seconds))


def release(state: State, space: bytes, key: bytes) -> None:
    answer(state.responses.release(space, key))


def test_one_has_an_entry_until_it_gives_it_up(state: State) -> None:
    assert [claim(state, PROD, b"/pets") for _ in range(3)] == [True, False, False]
    assert claim(state, PROD, b"/dogs")
    assert claim(state, TEST, b"/pets")
    release(state, PROD, b"/pets")
    assert [claim(state, PROD, b"/pets"), claim(state, PROD, b"/dogs")] == [True, False]


def test_a_claim_ends_by_itself(state: State, clock: MovedClock) -> None:
    assert claim(state, PROD, b"/pets", 30)
    clock.move(seconds=29.9)
    assert not claim(state, PROD, b"/pets")
    clock.move(seconds=0.1)
    assert [claim(state, PROD, b"/pets") for _ in range(2)] == [True, False]


def test_a_claim_that_is_renewed_goes_on(state: State, clock: MovedClock) -> None:
    assert claim(state, PROD, b"/pets", 30)
    clock.move(seconds=29)
    answer(state.responses.renew(PROD, b"/pets", 30))
    clock.move(seconds=29)
    assert not claim(state, PROD, b"/pets")
    clock.move(seconds=1)
    assert claim(state, PROD, b"/pets")


def test_what_was_given_up_is_not_renewed(state: State) -> None:
    assert claim(state, PROD, b"/pets")
    release(state, PROD, b"/pets")
    answer(state.responses.renew(PROD, b"/pets", 30))
    assert claim(state, PROD, b"/pets")


def test_what_nobody_claimed_may_be_given_up(state: State) -> None:
    release(state, PROD, b"/pets")
    assert claim(state, PROD, b"/pets")


def test_a_claim_is_no_entry_and_is_not_flushed(state: State) -> None:
    assert claim(state, PROD, b"/pets")
    state.responses.flush(PROD)
    assert answer(state.responses.get(PROD, b"/pets")).value is None
    assert not claim(state, PROD, b"/pets")


def test_a_clock_that_is_set_back_ends_claims(embedded: State, clock: MovedClock) -> None:
    assert claim(embedded, PROD, b"/pets")
    clock.unix -= 3600
    assert claim(embedded, PROD, b"/pets")


def test_claims_of_the_dead_are_removed_in_time_and_no_others(embedded: State, clock: MovedClock) -> None:
    empty = embedded.housekeep()["responses"].entries
    for number in range(150):
        claim(embedded, PROD, b"%d" % number, 10)
    clock.move(seconds=11)
    for number in range(150, 200):
        claim(embedded, PROD, b"%d" % number, 10)
    sizes = [embedded.housekeep()["responses"].entries - empty for _ in range(2)]
    assert sizes[0] > 50
    assert sizes[1] == 50
