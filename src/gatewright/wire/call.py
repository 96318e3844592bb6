"""One request on its way to its answer, which is collected whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .answer import Answer
from .pending import Pending
from .timers import Timer
from .upstream_errors import AnswerTimedOut

if TYPE_CHECKING:
    from .upstream import Upstream

IDEMPOTENT: Final = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))


class Call(Pending[Answer]):
    __slots__ = ("body", "deadline", "head", "method", "retried", "timer")

    def __init__(self, head: bytes, body: bytes, method: str, deadline: float) -> None:
        self.done = False
        self._value = None
        self._error = None
        self._callback = None
        self.head = head
        self.body = body
        self.method = method
        self.deadline = deadline  # on the wheel's clock
        self.retried = False
        self.timer: Timer | None = None  # while it waits for a connection

    def expired(self) -> None:
        self.fail(AnswerTimedOut("no connection came free in time"))

    def start(self, upstream: Upstream) -> None:
        upstream.begin(self)

    @property
    def repeatable(self) -> bool:
        return self.method in IDEMPOTENT and not self.retried
