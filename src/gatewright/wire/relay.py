"""An answer passed on to a client as it comes."""

from __future__ import annotations

from collections.abc import Callable

from .flow import Source
from .types import Reply


class ClientGone(Exception):
    """The client closed the connection before its answer was complete."""


class Relay:
    """The sink of one answer. `finished` hears once that it is over: `sent` bytes long, and whole unless
    there is an `error`."""

    __slots__ = ("_finished", "_reply", "_source", "error", "sent")

    def __init__(self, reply: Reply, source: Source, finished: Callable[[Relay], None]) -> None:
        self._reply = reply
        self._source = source
        self._finished: Callable[[Relay], None] | None = finished
        self.sent = 0
        self.error: Exception | None = None

    def start(self, status: int, head: bytes, length: int | None) -> None:
        """Begin with the head; a client that wants no body gets none, and nobody goes on making it."""
        reply = self._reply
        reply.on_gone = self._gone
        if reply.start(status, head, length):
            self._source.pour(self)
        else:
            self._source.cancel()
            self.end()

    def write(self, piece: bytes) -> bool:
        try:
            more = self._reply.write(piece)
        except ValueError as error:  # longer than it said, and cut
            self._source.cancel()
            self._over(error)
            return False
        self.sent += len(piece)
        if more:
            return True
        self._reply.on_drain = self._source.resume
        return False

    def end(self) -> None:
        self._reply.on_gone = None
        self._reply.end()
        self._over(None)

    def fail(self, error: Exception) -> None:
        """Cut the connection: the missing end tells the client that the answer is not whole."""
        self._reply.on_gone = None
        self._reply.abort()
        self._over(error)

    def _gone(self) -> None:
        self._source.cancel()
        self._over(ClientGone("the client closed the connection before the answer was complete"))

    def _over(self, error: Exception | None) -> None:
        finished, self._finished = self._finished, None
        if finished is not None:
            self.error = error
            finished(self)
