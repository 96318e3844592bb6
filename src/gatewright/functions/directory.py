"""What function names mean, remembered until the catalog says that it changed."""

from __future__ import annotations

from collections.abc import Mapping

from gatewright.catalog.api import Partition
from gatewright.functions.api import FunctionName, Invoker
from gatewright.functions.permissions import allows, compiled
from gatewright.functions.store import ResolvedFunction

VERDICTS = 10_000  # remembered permission checks of one name: an API has at most 300 resources and 8 methods

Owned = tuple[Partition, str]  # a function: where it lives, and its name
Found = Mapping[FunctionName, ResolvedFunction | None]  # None: there is no such function any more


def owner_of(function: FunctionName) -> Owned:
    return Partition(function.account, function.region), function.name


class Target:
    """What one name means, with the permission checks already made for it."""

    __slots__ = ("_policy", "_verdicts", "resolved")

    def __init__(self, resolved: ResolvedFunction) -> None:
        self.resolved = resolved
        self._policy = compiled(resolved.statements)
        self._verdicts: dict[Invoker, bool] = {}

    def allows(self, source: Invoker) -> bool:
        verdict = self._verdicts.get(source)
        if verdict is None:
            if len(self._verdicts) >= VERDICTS:
                self._verdicts.clear()
            verdict = allows(self._policy, self.resolved.function, source)
            self._verdicts[source] = verdict
        return verdict


class Directory:
    def __init__(self) -> None:
        self._targets: dict[FunctionName, Target] = {}
        self.changes = 0  # how often something changed: what was read before may be out of date

    def known(self, function: FunctionName) -> Target | None:
        return self._targets.get(function)

    def names(self) -> list[FunctionName]:
        return list(self._targets)

    def remember(self, resolved: ResolvedFunction) -> None:
        self._targets[resolved.function] = Target(resolved)

    def changed(self, owners: set[Owned] | None, found: Found) -> None:
        """Replace what these functions' names meant, all functions' for None, with what was found; forget
        the others of their names."""
        self.changes += 1
        for function in self.names():
            if owners is None or owner_of(function) in owners:
                resolved = found.get(function)
                if resolved is None:
                    del self._targets[function]
                else:
                    self.remember(resolved)
