"""The judge: looks at every stage that asks for it, and passes sentence where it is time.

Each node judges by what it served itself. What it does is done in one transaction, which looks again whether
the canary is still the one that was judged: of several nodes the first one's verdict counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from gatewright.aws.errors import AwsError
from gatewright.catalog import keys
from gatewright.catalog.api import Catalog, CatalogUnavailable, Document, Partition
from gatewright.control.canaries.sentence import pass_sentence
from gatewright.control.canaries.trial import Pair, Trial, pair_of
from gatewright.control.canaries.verdict import Sides, Verdict
from gatewright.control.canaries.wish import Wish, wish_of
from gatewright.control.context import Services
from gatewright.control.operation import Call
from gatewright.gateway.plan import lane_of
from gatewright.telemetry.lanes import Counts, Lane

log = logging.getLogger("gatewright")

Count = Callable[[Collection[Lane]], Mapping[Lane, Counts]]


class _Where(NamedTuple):
    partition: Partition
    api: str
    stage: str

    @property
    def lanes(self) -> tuple[Lane, Lane]:
        return (self.api, self.stage), (self.api, lane_of(self.stage, True))


class Judge:
    """`once` every few seconds, from one thread."""

    def __init__(
        self, catalog: Catalog, services: Services, count: Count, monotonic: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._services = services
        self._count = count
        self._monotonic = monotonic
        self._revision = -1
        self._trials: dict[_Where, Trial] = {}
        self._due: dict[_Where, tuple[Trial, Verdict]] = {}  # found, and not in effect yet
        self._unreadable = False  # the owner was told of it

    def once(self) -> None:
        """Look at all stages once. Never raises: what cannot be done now is told and tried the next time."""
        try:
            self._follow()
            self._due.update(self._verdicts())
            for where, (trial, verdict) in list(self._due.items()):
                self._conclude(where, trial, verdict)
                del self._due[where]
        except (CatalogUnavailable, OSError) as error:
            if not self._unreadable:
                log.error("canaries cannot be judged now: %s", error)
            self._unreadable = True
        else:
            self._unreadable = False

    def _follow(self) -> None:
        """Begin and end trials as stages say, if any stage may have changed."""
        changes = self._catalog.changes(self._revision) if self._revision >= 0 else None
        if changes is None or any(change.key == "" or _is_stage(change.key) for change in changes):
            revision = self._catalog.revision()  # before the look: what comes after is looked at again
            wanted = dict(self._wanted())
            self._trials = {where: self._trial(where, *judged) for where, judged in wanted.items()}
            self._revision = revision
        elif changes:
            self._revision = changes[-1].revision

    def _trial(self, where: _Where, pair: Pair, wish: Wish) -> Trial:
        known = self._trials.get(where)
        if known is not None and (known.pair, known.wish) == (pair, wish):
            return known
        log.info("canary of %s/%s, deployment %s: its trial begins", where.api, where.stage, pair.canary)
        return Trial(pair, wish)

    def _wanted(self) -> Iterator[tuple[_Where, tuple[Pair, Wish]]]:
        for partition in self._catalog.partitions(keys.STAGES):
            with self._catalog.read(partition) as reader:
                stages = list(reader.list(keys.STAGES))
            for key, stage in stages:
                judged = _judged(stage)
                if judged is not None:
                    yield _Where(partition, key.split("/")[1], stage["stageName"]), judged

    def _verdicts(self) -> Iterator[tuple[_Where, tuple[Trial, Verdict]]]:
        if not self._trials:
            return
        counts = self._count([lane for where in self._trials for lane in where.lanes])
        now = self._monotonic()
        for where, trial in self._trials.items():
            if where in self._due:
                continue
            stage, canary = where.lanes
            verdict = trial.see(Sides(counts[stage], counts[canary]), now)
            if verdict is not None:
                yield where, (trial, verdict)

    def _conclude(self, where: _Where, trial: Trial, verdict: Verdict) -> None:
        try:
            with self._catalog.write(where.partition) as tx:
                call = Call(tx, self._services, self._catalog.find)
                record = pass_sentence(call, where.api, where.stage, trial, verdict)
        except AwsError as error:
            log.error("canary of %s/%s: %s", where.api, where.stage, error.message)
            return
        if record is not None:
            level = logging.WARNING if record["acted"] else logging.INFO
            log.log(level, "%s", told(where.api, where.stage, record))


def _is_stage(key: str) -> bool:
    return key.startswith(keys.STAGES)


def _judged(stage: Document) -> tuple[Pair, Wish] | None:
    """What is to be compared, and how; None for a stage that does not ask, or has no canary with requests."""
    pair = pair_of(stage)
    try:
        wish = wish_of(stage.get("tags", {}))
    except AwsError as error:  # set before such tags meant anything
        log.error("canaries of stage %s are not judged: %s", stage["stageName"], error.message)
        return None
    return None if pair is None or wish is None else (pair, wish)


def told(api: str, stage: str, record: Document) -> str:
    """A verdict as one line."""
    done = "done" if record["acted"] else "left to the owner"
    what = record["outcome"] if record["outcome"] == "undecided" else f"{record['outcome']} ({done})"
    deployments = f"deployment {record['canary']['deploymentId']} beside {record['stage']['deploymentId']}"
    return f"canary of {api}/{stage}, {deployments}, after {record['seconds']:g} s: {what}: {record['why']}"
