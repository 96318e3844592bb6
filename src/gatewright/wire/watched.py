"""A body that must go on, and come to its end, in time."""

from __future__ import annotations

from .flow import Sink, Source
from .timers import Timer, TimerWheel


class Watched:
    """A stream whose pauses and whose length in time are bounded. While the client is slow, it pauses by
    right."""

    __slots__ = ("_deadline", "_idle", "_open", "_sink", "_source", "_timer", "_timers")

    def __init__(self, source: Source, idle: float, whole: float, timers: TimerWheel) -> None:
        self._source = source
        self._idle = idle
        self._timers = timers
        self._deadline = timers.clock() + whole
        self._timer = Timer(timers, self)
        self._open = True
        self._sink: Sink | None = None

    def pour(self, sink: Sink) -> None:
        self._sink = sink
        self._touch()
        self._source.pour(self)

    def resume(self) -> None:
        self._open = True
        self._touch()
        self._source.resume()

    def cancel(self) -> None:
        self._timer.close()
        self._source.cancel()

    def _touch(self) -> None:
        self._timer.set_at(min(self._timers.clock() + self._idle, self._deadline))

    def write(self, piece: bytes) -> bool:
        assert self._sink is not None
        self._touch()
        self._open = self._sink.write(piece)
        return self._open

    def end(self) -> None:
        self._timer.close()
        if self._sink is not None:
            self._sink.end()

    def fail(self, error: Exception) -> None:
        self._timer.close()
        if self._sink is not None:
            self._sink.fail(error)

    def expired(self) -> None:
        if not self._open and self._timers.clock() < self._deadline:
            self._touch()
            return
        self._source.cancel()
        self.fail(TimeoutError("the stream was not going on, or not whole, in time"))
