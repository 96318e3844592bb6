"""Work that several ask for at the same time and one does for all of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from gatewright.wire.pending import Pending

T = TypeVar("T")


class Joined(Generic[T]):
    """Work under way, by key. Used on the event loop only."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[Pending[T]]] = {}

    async def do(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` comes to; while it is under way, whoever asks for the same key waits for that, and a
        failure is everybody's. Awaits only `Pending` values."""
        waiting = self._waiting.get(key)
        if waiting is not None:
            arrival: Pending[T] = Pending()
            waiting.append(arrival)
            return await arrival
        self._waiting[key] = []
        try:
            result = await work()
        except BaseException as error:
            for arrival in self._waiting.pop(key):
                arrival.fail(error)
            raise
        for arrival in self._waiting.pop(key):
            arrival.resolve(result)
        return result
