"""What function names mean, remembered until the catalog says that it changed."""

from __future__ import annotations

from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.functions.api import FunctionName, InvocationFailed, Source
from gatewright.functions.permissions import allows, compiled
from gatewright.functions.store import FunctionVersion, ResolvedFunction, resolve

KINDS = ("function", "functionversion", "functionalias")
VERDICTS = 10_000  # remembered permission checks of one name: an API has at most 300 resources and 8 methods

Owned = tuple[Partition, str]  # a function: where it lives, and its name


class Target:
    """What one name means, with the permission checks already made for it."""

    __slots__ = ("_policy", "_verdicts", "resolved")

    def __init__(self, resolved: ResolvedFunction) -> None:
        self.resolved = resolved
        self._policy = compiled(resolved.statements)
        self._verdicts: dict[Source, bool] = {}

    def allows(self, source: Source) -> bool:
        verdict = self._verdicts.get(source)
        if verdict is None:
            if len(self._verdicts) >= VERDICTS:
                self._verdicts.clear()
            verdict = allows(self._policy, self.resolved.function, source)
            self._verdicts[source] = verdict
        return verdict


class Directory:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._targets: dict[FunctionName, Target] = {}
        self._revision: int | None = None  # None: the catalog was not read yet
        self._mark: int | None = None  # the catalog's, when it was looked at last
        self._unread: set[Owned] = set()  # changed, and not to be read since
        self.forgot = 0  # how often something was forgotten: what was read before may be out of date

    def known(self, function: FunctionName) -> Target | None:
        return self._targets.get(function)

    def remember(self, resolved: ResolvedFunction) -> None:
        self._targets[resolved.function] = Target(resolved)

    def lookup(self, function: FunctionName) -> Target:
        """Raises FunctionNotFound, or InvocationFailed when the catalog cannot be read."""
        target = self._targets.get(function)
        if target is None:
            target = self._targets[function] = Target(self.read(function))
        return target

    def read(self, function: FunctionName) -> ResolvedFunction:
        """What the name means in the catalog now; raises as `lookup` does."""
        try:
            with self._catalog.read(Partition(function.account, function.region)) as reader:
                return resolve(reader, function)
        except CatalogUnavailable as error:
            raise InvocationFailed(f"The configuration of {function.arn} cannot be read: {error}") from error

    def current(self, owner: Owned, version: FunctionVersion) -> bool:
        """Whether what runs under the version's name is still this."""
        partition, name = owner
        try:
            found = self.read(FunctionName(partition.account, partition.region, name, version.version))
        except InvocationFailed:
            self._unread.add(owner)
            return True  # unreadable: the last good configuration stays
        return found.primary.runs_as(version)

    def refresh(self) -> set[Owned] | None:
        """Forget what changed since the last call: those functions, or None if it may be any."""
        again, self._unread = self._unread, set()
        try:
            mark = self._catalog.mark()
            if mark == self._mark:
                return again
            changed = self._changed()
        except CatalogUnavailable:
            return again
        self._mark = mark
        self._forget(changed)
        return None if changed is None else changed | again

    def _changed(self) -> set[Owned] | None:
        if self._revision is None:
            self._revision = self._catalog.revision()
            return None
        changed = set()
        for change in self._catalog.changes(self._revision):
            self._revision = change.revision
            if not change.key:
                return None
            kind, _, rest = change.key.partition("/")
            if kind in KINDS:
                changed.add((change.partition, rest.partition("/")[0]))
        return changed

    def _forget(self, changed: set[Owned] | None) -> None:
        self.forgot += 1
        for function in list(self._targets):
            if changed is None or (Partition(function.account, function.region), function.name) in changed:
                del self._targets[function]
