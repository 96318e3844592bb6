"""One request on its way to the head of its answer; bodies pass piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .answer import StreamedAnswer
from .call import IDEMPOTENT
from .conversation import Conversation
from .flow import Source
from .pending import Pending
from .timers import NEVER, Timer
from .upstream_errors import AnswerTimedOut

if TYPE_CHECKING:
    from .upstream import Upstream


class Upload(NamedTuple):
    """A request's body on its way in. `length` None: it is sent in chunks."""

    length: int | None
    body: Source


class Patience(NamedTuple):
    """Seconds."""

    head: float  # from the whole request to the whole head of its answer
    idle: float  # between pieces of the answer, while they are wanted
    whole: float = NEVER  # from the whole request to the end of its answer


class StreamedCall(Pending[StreamedAnswer]):
    """What follows the head is told to the answer's sink."""

    __slots__ = ("body", "deadline", "head", "method", "patience", "retried", "timer", "upload")

    def __init__(
        self, head: bytes, body: bytes, upload: Upload | None, method: str, patience: Patience, now: float
    ) -> None:
        super().__init__()
        self.head = head
        self.body = body
        self.upload = upload
        self.method = method
        self.patience = patience
        self.deadline = now + patience.head  # on the wheel's clock
        self.retried = False
        self.timer: Timer | None = None  # while it waits for a connection

    def expired(self) -> None:
        self.fail(AnswerTimedOut("no connection came free in time"))

    def start(self, upstream: Upstream) -> None:
        """Go on `upstream`, unless the backend has closed it: what is uploaded cannot be sent twice."""
        if self.upload is not None and upstream.used and upstream.is_spoiled():
            upstream.close()
            upstream.pool.submit(self)
        else:
            Conversation(upstream, self).begin()

    @property
    def repeatable(self) -> bool:
        return self.method in IDEMPOTENT and self.upload is None and not self.retried
