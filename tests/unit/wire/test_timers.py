"""Coarse time-outs on a clock that the test moves."""

from __future__ import annotations

import asyncio
import tracemalloc
import weakref
from collections.abc import Iterator

import pytest
from tests.unit.wire.conftest import Run

from gatewright.wire.timers import TICK, Timer, TimerWheel


class Owner:
    def __init__(self) -> None:
        self.times = 0

    def expired(self) -> None:
        self.times += 1


class Closing(Owner):
    """Closes another timer when its own expires."""

    other: Timer

    def expired(self) -> None:
        super().expired()
        self.other.close()


class Numbered:
    def __init__(self, number: int, order: list[int]) -> None:
        self._number = number
        self._order = order

    def expired(self) -> None:
        self._order.append(self._number)


class Hand:
    """A wheel whose clock is moved by hand."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = 100.0
        self.wheel = TimerWheel(loop, lambda: self.now)

    def move(self, seconds: float) -> None:
        self.now += seconds
        self.wheel.advance()


@pytest.fixture
def hand() -> Iterator[Hand]:
    loop = asyncio.new_event_loop()
    hand = Hand(loop)
    yield hand
    hand.wheel.close()
    loop.close()


def test_never_early_and_at_most_a_tick_late(hand: Hand) -> None:
    owner = Owner()
    Timer(hand.wheel, owner).set(1.0)
    hand.move(0.999)
    assert owner.times == 0
    hand.move(0.001 + TICK)
    assert owner.times == 1
    hand.move(100)
    assert owner.times == 1


def test_a_deadline_may_move_later_and_earlier(hand: Hand) -> None:
    owner = Owner()
    timer = Timer(hand.wheel, owner)
    timer.set(1.0)
    timer.set(5.0)
    hand.move(4.0)
    assert owner.times == 0
    timer.set(0.5)
    hand.move(0.6)
    assert owner.times == 1
    hand.move(100)
    assert owner.times == 1


def test_a_stored_deadline_counts_when_the_slot_comes(hand: Hand) -> None:
    owner = Owner()
    timer = Timer(hand.wheel, owner)
    timer.set(1.0)
    timer.deadline = hand.now + 3.0
    hand.move(2.9)
    assert owner.times == 0
    hand.move(0.2)
    assert owner.times == 1


def test_cleared_and_closed_timers_are_silent(hand: Hand) -> None:
    owner = Owner()
    cleared, closed = Timer(hand.wheel, owner), Timer(hand.wheel, owner)
    cleared.set(1.0)
    closed.set(1.0)
    cleared.clear()
    closed.close()
    hand.move(2.0)
    assert owner.times == 0
    cleared.set(1.0)
    hand.move(2.0)
    assert owner.times == 1


class Watched(Timer):
    """One that tells when it is gone."""

    __slots__ = ("__weakref__",)


def test_a_closed_timer_is_gone(hand: Hand) -> None:
    """Connections end long before the longest of their time-outs: what ended must not wait for it."""
    timer = Watched(hand.wheel, Owner())
    gone = weakref.ref(timer)
    timer.set(300.0)
    timer.set(5.0)
    timer.close()
    del timer
    assert gone() is None


def test_a_closed_timer_stays_closed(hand: Hand) -> None:
    owner = Owner()
    timer = Watched(hand.wheel, owner)
    gone = weakref.ref(timer)
    timer.set(1.0)
    timer.close()
    timer.set(1.0)
    timer.set_at(hand.now)
    del timer
    assert gone() is None
    hand.move(2.0)
    assert owner.times == 0


def test_one_that_expires_may_close_another_of_its_time(hand: Hand) -> None:
    owners = [Closing(), Closing()]
    timers = [Timer(hand.wheel, owner) for owner in owners]
    for owner, timer in zip(owners, reversed(timers), strict=True):
        owner.other = timer
        timer.set(1.0)
    hand.move(2.0)
    assert sum(owner.times for owner in owners) == 1


def test_those_that_stay_are_in_time_though_most_are_closed(hand: Hand) -> None:
    order: list[int] = []
    timers = [Timer(hand.wheel, Numbered(number, order)) for number in range(1000)]
    for number, timer in enumerate(timers):
        timer.set(number)
    for number, timer in enumerate(timers):
        if number % 100 != 7:
            timer.close()
    for _ in range(1000):
        hand.move(1.0)
        assert all(number <= hand.now - 100.0 for number in order)
    assert order == list(range(7, 1000, 100))


def test_slots_that_were_left_take_no_memory(hand: Hand) -> None:
    tracemalloc.start()
    try:
        for _ in range(20_000):
            timer = Timer(hand.wheel, Owner())
            timer.set(300.0)
            timer.close()
            hand.now += TICK
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 200_000


def test_setting_one_again_and_again_takes_one_slot(hand: Hand) -> None:
    """A million requests on one connection must not leave a million entries behind."""
    owner = Owner()
    timer = Timer(hand.wheel, owner)
    inserted = 0
    insert = hand.wheel.insert

    def counting(timer: Timer, deadline: float) -> int:
        nonlocal inserted
        inserted += 1
        return insert(timer, deadline)

    hand.wheel.insert = counting  # type: ignore[method-assign]
    for _ in range(1000):
        timer.set(30.0)
        timer.set(60.0)
        hand.now += 0.001
    assert inserted == 1


def test_many_expire_in_order(hand: Hand) -> None:
    order: list[int] = []
    for number in (3, 1, 2, 1):
        Timer(hand.wheel, Numbered(number, order)).set(number)
    hand.move(10.0)
    assert order == [1, 1, 2, 3]


def test_the_loop_wakes_the_wheel(run: Run) -> None:
    async def scenario() -> None:
        done = asyncio.Event()

        class Setting:
            def expired(self) -> None:
                done.set()

        wheel = TimerWheel(asyncio.get_running_loop())
        Timer(wheel, Owner()).set(1000.0)
        Timer(wheel, Setting()).set(0.001)
        await done.wait()
        wheel.close()

    run(scenario())


def test_a_deadline_that_rounding_puts_behind_its_slot_comes_with_the_next(hand: Hand) -> None:
    hand.now = 10.48
    owner = Owner()
    timer = Timer(hand.wheel, owner)
    timer.set(0.3)
    assert timer.deadline > 10.78 == 539 * TICK
    hand.now = 10.78
    hand.wheel.advance()  # would not return
    assert owner.times == 0
    hand.move(2 * TICK)
    assert owner.times == 1


class Impatient(Owner):
    """Sets its timer anew, for now."""

    timer: Timer

    def expired(self) -> None:
        super().expired()
        self.timer.set(0)


def test_a_timer_that_is_always_due_does_not_keep_the_wheel(hand: Hand) -> None:
    owner = Impatient()
    owner.timer = Timer(hand.wheel, owner)
    owner.timer.set(0)
    for _ in range(10):
        before = owner.times
        hand.move(2 * TICK)  # would not return where the clock stands on a slot
        assert before < owner.times <= before + 2
