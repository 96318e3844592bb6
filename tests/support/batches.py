"""A process that holds batches of requests, with timers and a clock that a test moves; and
another one, which answers expressions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.support.coroutines import answer
from tests.support.moved_clock import MovedClock, open_small

from gatewright.state.api import Admission, Bucket, Limit, Quota, State
from gatewright.state.batches import LIFETIME


class Timers:
    """What a loop would call later, called when a test says so."""

    def __init__(self) -> None:
        self.actions: list[Callable[[], None]] = []

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        assert seconds == LIFETIME
        self.actions.append(action)

    def go_off(self) -> None:
        actions, self.actions = self.actions, []
        for action in actions:
            action()


class Asking:
    """Asks as requests do; counts what passed without a look at the state."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.ahead = 0

    def ask(self) -> bool:
        if self._admission.passes():
            self.ahead += 1
            return True
        return answer(self._admission.admit()) is None

    def times(self, count: int) -> int:
        return sum(self.ask() for _ in range(count))


class Holder:
    """The process."""

    def __init__(self, directory: Path, clock: MovedClock, boot: str = "this boot") -> None:
        self.timers = Timers()
        self.state: State = open_small(directory, clock, boot, self.timers.later)
        self._asking: dict[tuple[Limit, ...], Asking] = {}

    def asks(self, *limits: Limit) -> Asking:
        """The same for the same limits."""
        if limits not in self._asking:
            self._asking[limits] = Asking(self.state.admission(limits))
        return self._asking[limits]


def answer_expressions() -> None:
    """Until the input ends."""
    clock = MovedClock()
    holder = Holder(Path(sys.argv[1]), clock)
    known = {"it": holder, "clock": clock, "Bucket": Bucket, "Quota": Quota, "date": date}
    print("open", flush=True)
    for line in sys.stdin:
        print(eval(line, known), flush=True)
    holder.state.close()
