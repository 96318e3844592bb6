"""Counting requests: each process for itself, summed for whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatewright.telemetry.series import Series, SeriesTable
from gatewright.telemetry.shelf import MOST_SERIES, Place

__all__ = ["Gauge", "Metrics", "Series", "render"]


@dataclass(frozen=True, slots=True)
class Gauge:
    """What somebody measures for itself: one value for each that `label` tells apart."""

    name: str
    text: str
    label: str
    values: Mapping[str, float]


class Metrics:
    """This process's counters, under `directory` (the data directory) for others to read."""

    def __init__(self, directory: Path) -> None:
        self._table = SeriesTable(MOST_SERIES)
        self._place = Place(directory)

    def series(self, api: str, stage: str, resource: str, method: str) -> Series:
        """The counters of one method; the same object each time, so that a new plan goes on counting."""
        return self._table.get((api, stage, resource, method))

    def publish(self) -> None:
        """Write the counts down for `render`; raises OSError if that cannot be done now."""
        self._place.publish(self._table)

    def close(self) -> None:
        """Publish a last time and give the place up."""
        try:
            self.publish()
        finally:
            self._place.leave()


def render(directory: Path, gauges: Iterable[Gauge] = ()) -> bytes:
    """The counts of all processes of this data directory, and `gauges`, in Prometheus's text format."""
    from gatewright.telemetry import exposition  # prometheus_client is large, and workers never render

    return exposition.render(directory, gauges)
