"""One comparison of a canary with its stage: what it comes to, in words and numbers.

Errors: the canary is worse when its share of errors is surely more than `errors` points above the stage's,
and good when it is surely not. Between the two nobody can say.

Latency: the canary is slow when more of its requests than the percentile leaves take longer than the stage's
percentile times `latency`. Latencies are counted in buckets, and the bound is that of a bucket, the next one:
a difference within a bucket is not seen, and equal latencies are not found slow for where the bounds are.

A window is looked at `LOOKS` times, each time by two measures. Each of these tests gets its part of the
doubt, so that all together a canary that is as good as its stage is rolled back by chance no more often than
`confidence` allows.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from math import sqrt

from gatewright.control.canaries.shares import Share, deviations, difference
from gatewright.control.canaries.wish import Wish
from gatewright.telemetry.lanes import Counts
from gatewright.telemetry.series import BUCKETS

LOOKS = 10
MEASURES = 2


class Outcome(StrEnum):
    PROMOTE = "promote"
    ROLL_BACK = "roll back"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class Sides:
    """What both answered in the same time."""

    stage: Counts
    canary: Counts


@dataclass(frozen=True, slots=True)
class _Finding:
    worse: bool
    good: bool
    text: str


def compare(wish: Wish, sides: Sides) -> Verdict:
    few = min(sides.stage.requests, sides.canary.requests)
    if few < wish.requests:
        return Verdict(
            Outcome.UNDECIDED,
            f"the canary answered {sides.canary.requests} requests and the stage {sides.stage.requests}: "
            f"fewer than the {wish.requests} that each must have",
        )
    findings = (_errors(wish, sides), _latency(wish, sides))
    why = "; ".join(finding.text for finding in findings)
    if any(finding.worse for finding in findings):
        return Verdict(Outcome.ROLL_BACK, why)
    return Verdict(Outcome.PROMOTE if all(finding.good for finding in findings) else Outcome.UNDECIDED, why)


def _doubt(wish: Wish) -> float:
    return 1 - wish.confidence / 100


def _errors(wish: Wish, sides: Sides) -> _Finding:
    canary, stage = _failed(wish, sides.canary), _failed(wish, sides.stage)
    low = difference(canary, stage, deviations(_doubt(wish) / LOOKS / MEASURES)).low
    high = difference(canary, stage, deviations(_doubt(wish))).high
    allowed = wish.errors / 100
    worse, good = low > allowed, high <= allowed
    if worse:
        said = f"surely {100 * low:.2f} points more or worse"
    elif good:
        said = f"surely no more than {100 * high:.2f} points more"
    else:
        said = (
            f"which may be up to {100 * high:.2f} points more: a larger share or a longer window would tell"
        )
    return _Finding(
        worse,
        good,
        f"errors: {canary.percent} of the canary's {canary.of} requests, {stage.percent} of the stage's "
        f"{stage.of}, {said} ({wish.errors:g} allowed)",
    )


def _failed(wish: Wish, counts: Counts) -> Share:
    errors = counts.server_errors + (counts.client_errors if wish.count == "4xx" else 0)
    return Share(errors, counts.requests)


def _latency(wish: Wish, sides: Sides) -> _Finding:
    z = deviations(_doubt(wish) / LOOKS / MEASURES)
    bound = _bound(wish, sides.stage, z)
    if bound is None:
        return _Finding(False, True, f"latency: not compared, the stage's p{wish.percentile:g} is too long")
    allowed = 1 - wish.percentile / 100
    slow = Share(sum(sides.canary.latencies[bound + 1 :]), sides.canary.requests)
    worse = slow.interval(z).low > allowed
    return _Finding(
        worse,
        not worse,
        f"latency: {slow.percent} of the canary's requests took longer than {BUCKETS[bound] * 1000:g} ms, "
        f"{wish.latency:g} times the stage's p{wish.percentile:g} or more ({100 * allowed:g} % may)"
        + (", surely too many" if worse else ""),
    )


def _bound(wish: Wish, stage: Counts, z: float) -> int | None:
    """The bucket whose bound no more than the allowed share of requests may pass; None past the last."""
    share = wish.percentile / 100
    sure = min(share + z * sqrt(share * (1 - share) / stage.requests), 1.0)
    slowest = _quantile(stage.latencies, sure)
    if slowest is None:
        return None
    bucket = bisect_left(BUCKETS, slowest * wish.latency)
    return bucket if bucket < len(BUCKETS) else None


def _quantile(latencies: tuple[int, ...], share: float) -> float | None:
    """Seconds, read between a bucket's bounds; None in the last bucket, which has none."""
    wanted = share * sum(latencies)
    through = list(accumulate(latencies))
    bucket = bisect_left(through, wanted)
    if bucket >= len(BUCKETS):
        return None
    lower = BUCKETS[bucket - 1] if bucket else 0.0
    before = through[bucket - 1] if bucket else 0
    return lower + (BUCKETS[bucket] - lower) * (wanted - before) / latencies[bucket]
