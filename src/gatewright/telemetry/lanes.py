"""What is counted of whole stages and canaries, over all their methods and all processes of the machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatewright.telemetry.series import BUCKETS
from gatewright.telemetry.shelf import collect

Lane = tuple[str, str]  # API id, and what the stage or its canary is counted under: `prod`, `prod/Canary`


@dataclass(frozen=True, slots=True)
class Counts:
    """Answers by outcome, and by latency as `series.BUCKETS` has it."""

    client_errors: int = 0
    server_errors: int = 0
    latencies: tuple[int, ...] = (0,) * (len(BUCKETS) + 1)

    @property
    def requests(self) -> int:
        return sum(self.latencies)

    def plus(self, other: Counts, sign: int = 1) -> Counts:
        return Counts(
            self.client_errors + sign * other.client_errors,
            self.server_errors + sign * other.server_errors,
            tuple(a + sign * b for a, b in zip(self.latencies, other.latencies, strict=True)),
        )

    def since(self, before: Counts) -> Counts | None:
        """What came after `before`; None if that cannot be, for counters only grow."""
        more = self.plus(before, -1)
        return None if min(more.client_errors, more.server_errors, *more.latencies) < 0 else more


def count_lanes(directory: Path, lanes: Collection[Lane]) -> Mapping[Lane, Counts]:
    """The counts of each lane since the data directory was made; zeros for one without requests."""
    found = dict.fromkeys(lanes, Counts())
    for (api, stage, _, _), series in collect(directory).series.items():
        if (api, stage) in found:
            counts = Counts(series.client_errors, series.server_errors, tuple(series.latencies))
            found[api, stage] = found[api, stage].plus(counts)
    return found
