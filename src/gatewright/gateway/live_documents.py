"""Catalog documents that count without being deployed: read when a request first needs one, remembered until
the change feed names it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from gatewright.catalog.api import Catalog, Change, Document, Partition
from gatewright.wire.pending import Pending

# How many of one kind are remembered. Strangers can ask for what is not there, so that has a room of its own:
# they cannot drive out what is.
PRESENT, ABSENT = 100_000, 10_000

T = TypeVar("T")
Where = tuple[Partition, str]


class LiveDocuments(Generic[T]):
    """What is made of the documents of one kind, by catalog key. Used on the event loop only.

    What is remembered outlives trouble with the catalog; what is not cannot be had then.
    """

    def __init__(
        self,
        catalog: Catalog,
        loop: asyncio.AbstractEventLoop,
        thread: ThreadPoolExecutor,
        kind: str,
        make: Callable[[Document], T],
    ) -> None:
        """`make` runs in `thread`, which reads."""
        self._catalog = catalog
        self._loop = loop
        self._thread = thread
        self._prefix = f"{kind}/"
        self._make = make
        self._present: dict[Where, T] = {}
        self._absent: set[Where] = set()
        self._waiting: dict[Where, list[Pending[T | None]]] = {}
        self._changes = 0  # how often something was forgotten

    async def get(self, partition: Partition, key: str) -> T | None:
        """None if there is no such document. Raises what the catalog raises. Awaits only `Pending` values."""
        where = (partition, key)
        found = self._present.get(where)
        if found is not None or where in self._absent:
            return found
        waiting: Pending[T | None] = Pending()
        waiters = self._waiting.setdefault(where, [])
        waiters.append(waiting)
        if len(waiters) == 1:
            self._thread.submit(self._read, where, self._changes)
        return await waiting

    def changed(self, changes: Iterable[Change]) -> None:
        """Forget what these changes may have altered."""
        for change in changes:
            if change.key == "":
                self._present.clear()
                self._absent.clear()
            elif change.key.startswith(self._prefix):
                self._present.pop((change.partition, change.key), None)
                self._absent.discard((change.partition, change.key))
            else:
                continue
            self._changes += 1

    def _read(self, where: Where, changes: int) -> None:
        """In the thread."""
        try:
            with self._catalog.read(where[0]) as reader:
                document = reader.get(where[1])
            found = None if document is None else self._make(document)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._failed, where, error)
        else:
            self._loop.call_soon_threadsafe(self._learned, where, found, changes)

    def _learned(self, where: Where, found: T | None, changes: int) -> None:
        if changes != self._changes:  # what was read may be what was to be forgotten
            self._thread.submit(self._read, where, self._changes)
            return
        self._remember(where, found)
        for waiting in self._waiting.pop(where):
            waiting.resolve(found)

    def _remember(self, where: Where, found: T | None) -> None:
        if found is None:
            if len(self._absent) >= ABSENT:
                self._absent.clear()
            self._absent.add(where)
        else:
            if len(self._present) >= PRESENT:
                self._present.clear()
            self._present[where] = found

    def _failed(self, where: Where, error: Exception) -> None:
        for waiting in self._waiting.pop(where):
            waiting.fail(error)
