"""What the catalog says of functions, read in threads: none that is far or slow holds up the event loop.

One batch of changes is read at a time, together with what the changed names mean now; until it is read whole,
and for as long as it cannot be, the last good configuration stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gatewright.catalog.api import Catalog, CatalogUnavailable, Change, Partition
from gatewright.functions.api import FunctionName, FunctionNotFound, InvocationFailed
from gatewright.functions.directory import Found, Owned, owner_of
from gatewright.functions.store import ResolvedFunction, resolve

KINDS = ("function", "functionversion", "functionalias")


@dataclass(slots=True)
class News:
    """What changed between two revisions."""

    revision: int
    owners: set[Owned] | None = field(default_factory=set)  # the functions that changed; None: perhaps any
    freed: set[str] | None = field(default_factory=set)  # digests of code with a use less; None: perhaps any
    found: Found = field(default_factory=dict)  # what their names mean now, as far as they were asked for

    def concerns(self, owner: Owned) -> bool:
        return self.owners is None or owner in self.owners


class Following:
    """Belongs to its event loop."""

    def __init__(
        self,
        catalog: Catalog,
        loop: asyncio.AbstractEventLoop,
        names: Callable[[], set[FunctionName]],
        take: Callable[[News], Iterable[Owned]],
    ) -> None:
        """`names` gives those whose meaning is kept somewhere. `take` hears of changes, in their order; it
        gives back the functions that must be read once more."""
        self._catalog = catalog
        self._loop = loop
        self._names = names
        self._take = take
        self._revision: int | None = None  # None: the catalog was not read yet
        self._mark: int | None = None  # the catalog's, before it was read last
        self._unread: set[Owned] = set()
        self._reading: asyncio.Task[None] | None = None

    def look(self) -> asyncio.Task[None] | None:
        """Begin to read what changed, if anything has; the reading under way, which raises nothing."""
        if self._reading is None:
            try:
                mark = self._catalog.mark()
            except CatalogUnavailable:
                return None
            if mark != self._mark or self._unread:
                self._reading = self._loop.create_task(self._read(mark))
        return self._reading

    async def catch_up(self) -> None:
        """Have read what was committed before the call, if the catalog can be read."""
        if self._reading is not None:  # begun before: it may have missed something
            await asyncio.wait([self._reading])
        reading = self.look()
        if reading is not None:
            await asyncio.wait([reading])

    async def meaning(self, function: FunctionName) -> ResolvedFunction:
        """What the name means now. Raises FunctionNotFound, or InvocationFailed when the catalog cannot be
        read."""
        return await self._loop.run_in_executor(None, read_meaning, self._catalog, function)

    async def close(self, patience: float) -> None:
        """Wait for the reading under way, at most so many seconds."""
        if self._reading is not None:
            await asyncio.wait([self._reading], timeout=patience)

    async def _read(self, mark: int) -> None:
        unread, names = frozenset(self._unread), self._names()
        try:
            news = await self._loop.run_in_executor(
                None, read_news, self._catalog, self._revision, unread, names
            )
        except CatalogUnavailable:
            return  # the mark stays: the next look reads it all
        finally:
            self._reading = None
        self._mark, self._revision = mark, news.revision
        self._unread = set(self._take(news))


def read_meaning(catalog: Catalog, function: FunctionName) -> ResolvedFunction:
    """In a thread: see `Following.meaning`."""
    try:
        with catalog.read(owner_of(function)[0]) as reader:
            return resolve(reader, function)
    except CatalogUnavailable as error:
        raise InvocationFailed(f"The configuration of {function.arn} cannot be read: {error}") from error


def read_news(
    catalog: Catalog, since: int | None, unread: frozenset[Owned], names: Iterable[FunctionName]
) -> News:
    """In a thread: what changed since a revision, with what of `names` it concerns; of the functions `unread`
    too. Raises CatalogUnavailable."""
    news = _anything(catalog.revision()) if since is None else _summary(since, catalog.changes(since))
    if news.owners is not None:
        news.owners |= unread
    by_partition: dict[Partition, list[FunctionName]] = {}
    for name in names:
        if news.concerns(owner := owner_of(name)):
            by_partition.setdefault(owner[0], []).append(name)
    found: dict[FunctionName, ResolvedFunction | None] = {}
    for partition, wanted in by_partition.items():
        found |= _meanings(catalog, partition, wanted)
    news.found = found
    return news


def _anything(revision: int) -> News:
    return News(revision, None, None)


def _summary(since: int, changes: list[Change]) -> News:
    news, owners, freed = News(since), set[Owned](), set[str]()
    for change in changes:
        if not change.key:
            return _anything(change.revision)
        news.revision = change.revision
        kind, _, rest = change.key.partition("/")
        name = rest.partition("/")[0]
        if kind in KINDS:
            owners.add((change.partition, name))
        elif kind == "code" and change.deleted:
            freed.add(name)
    news.owners, news.freed = owners, freed
    return news


def _meanings(
    catalog: Catalog, partition: Partition, names: list[FunctionName]
) -> dict[FunctionName, ResolvedFunction | None]:
    """Of one state of the catalog: an alias never points to a version that is not there yet."""
    found: dict[FunctionName, ResolvedFunction | None] = {}
    with catalog.read(partition) as reader:
        for name in names:
            try:
                found[name] = resolve(reader, name)
            except FunctionNotFound:
                found[name] = None
    return found
