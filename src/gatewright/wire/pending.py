"""Values that arrive later, awaited without a task, a future or a timer.

A coroutine that awaits nothing unfinished runs to its end inside the parser's callback; one that awaits a
`Pending` is parked and goes on from the callback that resolves it. asyncio is not involved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """One value, resolved or failed exactly once; later calls are ignored (an answer after its time-out)."""

    __slots__ = ("_callback", "_error", "_value", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._callback: Callable[[Pending[T]], None] | None = None

    def resolve(self, value: T) -> None:
        if not self.done:
            self._value = value
            self.done = True
            callback, self._callback = self._callback, None
            if callback is not None:
                callback(self)

    def fail(self, error: BaseException) -> None:
        if not self.done:
            self._error = error
            self.done = True
            callback, self._callback = self._callback, None
            if callback is not None:
                callback(self)

    def then(self, callback: Callable[[Pending[T]], None]) -> None:
        """Call `callback(self)` once done; at once if it already is. One callback at most."""
        if self.done:
            callback(self)
        else:
            self._callback = callback

    def result(self) -> T:
        """The value, or raise the error. Only after `done`."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                del self  # or the error, which holds this frame, would hold itself
        return self._value  # type: ignore[return-value]

    def __await__(self) -> Generator[Pending[T], None, T]:
        if not self.done:
            yield self
        if self._error is not None:
            try:
                raise self._error
            finally:
                del self  # as above
        return self._value  # type: ignore[return-value]


def drive(
    coroutine: Coroutine[Any, None, T], finished: Callable[[T], None], _arrived: Pending[Any] | None = None
) -> None:
    """Run `coroutine` until it ends, then call `finished(result)`.

    The coroutine may await only `Pending` values and must catch its own exceptions: one that escapes surfaces
    in whichever callback resumed it.
    """
    try:
        waiting = coroutine.send(None)
    except StopIteration as stop:
        finished(stop.value)
    else:
        waiting.then(partial(drive, coroutine, finished))


def future_from(pending: Pending[T], loop: asyncio.AbstractEventLoop) -> asyncio.Future[T]:
    """Let an asyncio task await a `Pending`."""
    future: asyncio.Future[T] = loop.create_future()

    def finished(done: Pending[T]) -> None:
        if future.done():
            return
        try:
            future.set_result(done.result())
        except BaseException as error:
            future.set_exception(error)

    pending.then(finished)
    return future
