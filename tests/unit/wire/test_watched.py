"""Streams whose pauses and whose length in time are bounded, on a clock that the test moves."""

from __future__ import annotations

from tests.unit.wire.test_timers import Hand, hand

from gatewright.wire.flow import Flow
from gatewright.wire.watched import Watched

__all__ = ["hand"]  # the fixture


class Taker:
    """A sink that says whether it takes more."""

    def __init__(self) -> None:
        self.takes = True
        self.taken = b""
        self.error: Exception | None = None
        self.ended = False

    def write(self, piece: bytes) -> bool:
        self.taken += piece
        return self.takes

    def end(self) -> None:
        self.ended = True

    def fail(self, error: Exception) -> None:
        self.error = error


class Stream:
    """10 s between pieces, 30 s for the whole; the test has the body."""

    def __init__(self, hand: Hand) -> None:
        self.cancelled = False
        self.flow = Flow(self)
        self.taker = Taker()
        self.watched = Watched(self.flow, 10.0, 30.0, hand.wheel)
        self.watched.pour(self.taker)

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def cancel(self) -> None:
        self.cancelled = True

    @property
    def timed_out(self) -> bool:
        return self.cancelled and isinstance(self.taker.error, TimeoutError)


def test_a_stream_that_says_nothing_is_cut_when_its_pause_is_too_long(hand: Hand) -> None:
    stream = Stream(hand)
    hand.move(9)
    stream.flow.give(b"a")
    hand.move(9)
    assert stream.taker.error is None
    hand.move(2)
    assert stream.timed_out
    assert stream.taker.taken == b"a"


def test_a_stream_that_goes_on_is_cut_when_its_whole_time_is_over(hand: Hand) -> None:
    stream = Stream(hand)
    for _ in range(4):
        assert not stream.timed_out
        stream.flow.give(b"a")
        hand.move(8)
    assert stream.timed_out


def test_a_slow_client_is_no_pause_of_the_stream_but_takes_its_whole_time(hand: Hand) -> None:
    stream = Stream(hand)
    stream.taker.takes = False
    stream.flow.give(b"a")
    hand.move(25)
    assert stream.taker.error is None
    hand.move(6)
    assert stream.timed_out


def test_a_client_that_takes_again_gives_the_stream_a_new_pause(hand: Hand) -> None:
    stream = Stream(hand)
    stream.taker.takes = False
    stream.flow.give(b"a")
    hand.move(15)
    stream.taker.takes = True
    stream.watched.resume()
    hand.move(9)
    assert stream.taker.error is None
    hand.move(2)
    assert stream.timed_out


def test_a_stream_that_ended_is_left_alone(hand: Hand) -> None:
    stream = Stream(hand)
    stream.flow.finish()
    hand.move(100)
    assert (stream.taker.ended, stream.taker.error, stream.cancelled) == (True, None, False)
