"""A body that passes piece by piece: who holds it, who hears of its end, and when."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.wire.test_watched import Taker

from gatewright.wire.flow import Flow, Rejoined
from gatewright.wire.relay import ClientGone, Relay
from gatewright.wire.types import Reply, Response


class Valve:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def cancel(self) -> None:
        self.told.append("cancel")


@pytest.fixture
def valve() -> Valve:
    return Valve()


def test_what_comes_before_anybody_takes_it_is_kept_in_order(valve: Valve) -> None:
    flow, taker = Flow(valve), Taker()
    flow.give(b"a")
    flow.give(b"b")
    flow.finish()
    flow.pour(taker)
    assert (taker.taken, taker.ended, flow.size) == (b"ab", True, 2)
    assert valve.told == []


def test_a_sink_that_is_full_holds_the_valve_until_it_takes_more(valve: Valve) -> None:
    flow, taker = Flow(valve), Taker()
    flow.pour(taker)
    taker.takes = False
    flow.give(b"a")
    flow.give(b"b")
    assert (taker.taken, valve.told) == (b"a", ["resume", "pause"])
    flow.finish()
    assert not taker.ended
    taker.takes = True
    flow.resume()
    assert (taker.taken, taker.ended) == (b"ab", True)


def test_a_failure_does_not_wait_behind_what_is_kept(valve: Valve) -> None:
    flow, taker = Flow(valve), Taker()
    flow.pour(taker)
    taker.takes = False
    flow.give(b"a")
    flow.give(b"b")
    flow.fail(OSError("gone"))
    assert (taker.taken, str(taker.error)) == (b"a", "gone")


def test_a_sink_may_hand_the_rest_to_another_while_it_takes_a_piece(valve: Valve) -> None:
    flow, second = Flow(valve), Taker()

    class First(Taker):
        def write(self, piece: bytes) -> bool:
            super().write(piece)
            flow.pour(second)
            return True

    first = First()
    for piece in (b"a", b"b", b"c"):
        flow.give(piece)
    flow.pour(first)
    flow.finish()
    assert (first.taken, second.taken) == (b"a", b"bc")
    assert (first.ended, second.ended) == (False, True)


def test_a_cancelled_flow_takes_and_tells_nothing(valve: Valve) -> None:
    flow, taker = Flow(valve), Taker()
    flow.pour(taker)
    flow.cancel()
    flow.cancel()
    flow.give(b"a")
    flow.finish()
    assert (taker.taken, taker.ended, valve.told) == (b"", False, ["resume", "cancel"])


def test_a_rejoined_body_gives_its_beginning_first(valve: Valve) -> None:
    rest, taker = Flow(valve), Taker()
    rest.give(b"b")
    Rejoined(b"a", rest).source.pour(taker)
    rest.give(b"c")
    rest.finish()
    assert (taker.taken, taker.ended) == (b"abc", True)


class Client(Reply):
    """A client that wants a body, or none."""

    def __init__(self, wants: bool) -> None:
        self.wants = wants
        self.on_drain: Callable[[], None] | None = None
        self.on_gone: Callable[[], None] | None = None
        self.told: list[str] = []

    def send(self, response: Response) -> None:
        raise AssertionError("it is streamed to")

    def start(self, status: int, head: bytes, length: int | None = None) -> bool:
        return self.wants

    def write(self, chunk: bytes) -> bool:
        self.told.append(chunk.decode())
        return True

    def end(self) -> None:
        self.told.append("end")

    def abort(self) -> None:
        self.told.append("abort")


@pytest.mark.parametrize("wants", [True, False])
def test_nobody_goes_on_making_what_a_client_does_not_want(valve: Valve, wants: bool) -> None:
    over: list[Relay] = []
    flow, client = Flow(valve), Client(wants)
    Relay(client, flow, over.append).start(200, b"", None)
    assert valve.told == (["resume"] if wants else ["cancel"])
    if wants:
        assert client.on_gone is not None
        client.on_gone()
        assert valve.told == ["resume", "cancel"]
        assert isinstance(over[0].error, ClientGone)
    else:
        assert client.told == ["end"]
        assert (over[0].error, over[0].sent) == (None, 0)
