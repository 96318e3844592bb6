"""One canary on trial: counting begins when it is seen, and each window ends with a verdict.

What was counted before a canary began, of its stage or of an earlier canary, is not its doing: counting
begins at the second glance, by when the workers have published what they served before. Where counts fall,
for the metrics were removed, and where a judge starts anew, the window begins again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gatewright.catalog.api import Document
from gatewright.control.canaries.verdict import LOOKS, Outcome, Sides, Verdict, compare
from gatewright.control.canaries.wish import Wish


class Pair(NamedTuple):
    """What is compared. As long as it is the same, counts of it add up."""

    deployment: str
    variables: Any
    canary: str
    overrides: Any


def pair_of(stage: Document) -> Pair | None:
    """None for a stage without a canary that gets requests."""
    canary: Document = stage.get("canarySettings", {})
    if not canary.get("percentTraffic"):
        return None
    overrides = canary.get("stageVariableOverrides", {})
    return Pair(stage["deploymentId"], stage.get("variables", {}), canary["deploymentId"], overrides)


class Trial:
    """`see` it every few seconds. Times are seconds of a clock that only goes forward."""

    def __init__(self, pair: Pair, wish: Wish) -> None:
        self.pair = pair
        self.wish = wish
        self.seconds = 0.0  # that the last verdict looked at
        self.compared: Sides | None = None  # and what it compared
        self._seen = False
        self._began: tuple[float, Sides] | None = None
        self._looks = 0

    def see(self, counted: Sides, now: float) -> Verdict | None:
        """What has been counted so far of both; the verdict if it is time for one."""
        if self._began is None:
            if self._seen:
                self._begin(counted, now)
            self._seen = True
            return None
        began, before = self._began
        stage, canary = counted.stage.since(before.stage), counted.canary.since(before.canary)
        if stage is None or canary is None:
            self._begin(counted, now)
            return None
        self.seconds, self.compared = now - began, Sides(stage, canary)
        if self.seconds >= self.wish.window:
            self._begin(counted, now)
            return compare(self.wish, self.compared)
        return self._look(self.compared)

    def _begin(self, counted: Sides, now: float) -> None:
        self._began = (now, counted)
        self._looks = 0

    def _look(self, compared: Sides) -> Verdict | None:
        """Before the window is over only harm is judged."""
        due = int(self.seconds / self.wish.window * LOOKS)
        if due == self._looks:
            return None
        self._looks = due
        verdict = compare(self.wish, compared)
        return verdict if verdict.outcome is Outcome.ROLL_BACK else None
