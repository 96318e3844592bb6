"""How sure a share is, and how sure a difference of two: intervals that also hold for few cases and for none.

Wilson's score interval for a share, Newcombe's hybrid of two of them for a difference.
https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    low: float
    high: float


def deviations(doubt: float) -> float:
    """How many standard deviations one-sided bounds are away that are passed by chance as often as `doubt`
    says, between 0 and 0.5."""
    return NormalDist().inv_cdf(1 - doubt)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of` cases, which are more than none."""

    hits: int
    of: int

    @property
    def found(self) -> float:
        return self.hits / self.of

    @property
    def percent(self) -> str:
        return f"{100 * self.found:.2f} %"

    def interval(self, z: float) -> Interval:
        """Where the share of all cases is that there could be; `z` standard deviations to each side."""
        squared = z * z
        middle = (self.hits + squared / 2) / (self.of + squared)
        reach = z * sqrt(self.found * (1 - self.found) * self.of + squared / 4) / (self.of + squared)
        return Interval(max(middle - reach, 0.0), min(middle + reach, 1.0))


def difference(one: Share, other: Share, z: float) -> Interval:
    """How much larger `one` is than `other`."""
    mine, its = one.interval(z), other.interval(z)
    found = one.found - other.found
    return Interval(
        found - hypot(one.found - mine.low, its.high - other.found),
        found + hypot(mine.high - one.found, other.found - its.low),
    )
