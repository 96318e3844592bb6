"""Coarse time-outs on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.unit.wire.conftest import Run

from gatewright.wire.timers import TICK, Timer, TimerWheel


class Owner:
    def __init__(self) -> None:
        self.times = 0

    def expired(self) -> None:
        self.times += 1


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

    class Numbered:
        def __init__(self, number: int) -> None:
            self.number = number

        def expired(self) -> None:
            order.append(self.number)

    for number in (3, 1, 2, 1):
        Timer(hand.wheel, Numbered(number)).set(number)
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
