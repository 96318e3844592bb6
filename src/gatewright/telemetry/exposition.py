"""The counts as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gatewright.telemetry.metrics import Gauge
from gatewright.telemetry.series import BUCKETS, SeriesTable
from gatewright.telemetry.shelf import collect

LABELS = ("api_id", "stage", "resource", "method")
BOUNDS = [*(str(bound) for bound in BUCKETS), "+Inf"]


def render(directory: Path, gauges: Iterable[Gauge]) -> bytes:
    registry = CollectorRegistry()
    registry.register(TableCollector(collect(directory)))
    registry.register(GaugeCollector(gauges))
    return generate_latest(registry)


class GaugeCollector(Collector):
    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = list(gauges)

    def collect(self) -> Iterator[Metric]:
        for gauge in self._gauges:
            family = GaugeMetricFamily(gauge.name, gauge.text, labels=(gauge.label,))
            for name, value in gauge.values.items():
                family.add_metric((name,), value)
            yield family


class TableCollector(Collector):
    def __init__(self, table: SeriesTable) -> None:
        self._series = table.series

    def collect(self) -> Iterator[Metric]:
        yield self._requests()
        yield self._errors()
        yield self._cache_lookups()
        yield from self._durations()

    def _requests(self) -> CounterMetricFamily:
        family = CounterMetricFamily("gatewright_requests", "Requests answered.", labels=LABELS)
        for labels, series in self._series.items():
            family.add_metric(labels, series.requests)
        return family

    def _errors(self) -> CounterMetricFamily:
        help_text = "Requests answered with an error, by class of status."
        family = CounterMetricFamily("gatewright_request_errors", help_text, labels=(*LABELS, "class"))
        for labels, series in self._series.items():
            family.add_metric((*labels, "4xx"), series.client_errors)
            family.add_metric((*labels, "5xx"), series.server_errors)
        return family

    def _cache_lookups(self) -> CounterMetricFamily:
        help_text = "Requests answered from the stage's cache, and those it had no answer for."
        family = CounterMetricFamily("gatewright_cache_lookups", help_text, labels=(*LABELS, "result"))
        for labels, series in self._series.items():
            if series.cache_hits or series.cache_misses:
                family.add_metric((*labels, "hit"), series.cache_hits)
                family.add_metric((*labels, "miss"), series.cache_misses)
        return family

    def _durations(self) -> Iterator[HistogramMetricFamily]:
        whole = HistogramMetricFamily(
            "gatewright_request_duration_seconds", "From the request's head to the answer.", labels=LABELS
        )
        integration = HistogramMetricFamily(
            "gatewright_integration_duration_seconds", "Waiting for the integration.", labels=LABELS
        )
        for labels, series in self._series.items():
            whole.add_metric(labels, _cumulative(series.latencies), series.seconds)
            integration.add_metric(
                labels, _cumulative(series.integration_latencies), series.integration_seconds
            )
        yield whole
        yield integration


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    return list(zip(BOUNDS, accumulate(counts), strict=True))
