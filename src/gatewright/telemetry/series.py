"""What is counted of one method: requests, errors by class, two histograms of seconds."""

from __future__ import annotations

from bisect import bisect_left

# Upper bounds in seconds, as OpenTelemetry recommends for HTTP; a last bucket has no bound.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

Labels = tuple[str, str, str, str]  # API id, stage, resource path, HTTP method
# In the order of `Series.counts`; those that an earlier version laid down are without the cache's.
Counts = tuple[int, int, float, list[int], float, list[int], int, int]


class Series:
    """Counters that only grow. One thread records."""

    __slots__ = (
        "cache_hits",
        "cache_misses",
        "client_errors",
        "integration_latencies",
        "integration_seconds",
        "latencies",
        "requests",
        "seconds",
        "server_errors",
    )

    def __init__(self) -> None:
        self.requests = 0
        self.client_errors = 0  # answers with a 4xx status
        self.server_errors = 0  # with a 5xx status
        self.seconds = 0.0
        self.latencies = [0] * (len(BUCKETS) + 1)
        self.integration_seconds = 0.0
        self.integration_latencies = [0] * (len(BUCKETS) + 1)
        self.cache_hits = 0  # answered from the stage's cache
        self.cache_misses = 0  # answered by the integration where the stage caches

    def record(self, status: int, latency: float, integration_latency: float | None) -> None:
        """Count one answered request; latencies in seconds, None where no integration was called."""
        self.requests += 1
        if status >= 500:
            self.server_errors += 1
        elif status >= 400:
            self.client_errors += 1
        self.seconds += latency
        self.latencies[bisect_left(BUCKETS, latency)] += 1
        if integration_latency is not None:
            self.integration_seconds += integration_latency
            self.integration_latencies[bisect_left(BUCKETS, integration_latency)] += 1

    def counts(self) -> Counts:
        """Everything but `requests`, which is the sum of `latencies`."""
        return (
            self.client_errors,
            self.server_errors,
            self.seconds,
            self.latencies,
            self.integration_seconds,
            self.integration_latencies,
            self.cache_hits,
            self.cache_misses,
        )

    def add(self, counts: Counts) -> None:
        client_errors, server_errors, seconds, latencies, integration_seconds, integration, *cache = counts
        self.requests += sum(latencies)
        self.client_errors += client_errors
        self.server_errors += server_errors
        self.seconds += seconds
        self.latencies = [a + b for a, b in zip(self.latencies, latencies, strict=True)]
        self.integration_seconds += integration_seconds
        self.integration_latencies = [
            a + b for a, b in zip(self.integration_latencies, integration, strict=True)
        ]
        self.cache_hits += sum(cache[:1])
        self.cache_misses += sum(cache[1:])


class SeriesTable:
    """Series by their labels, in a bounded number: what comes after shares one."""

    OTHERS: Labels = ("other", "other", "other", "other")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self.series: dict[Labels, Series] = {}

    def get(self, labels: Labels) -> Series:
        found = self.series.get(labels)
        if found is None:
            if len(self.series) >= self._bound:
                labels = self.OTHERS
            found = self.series.setdefault(labels, Series())
        return found

    def rows(self) -> list[tuple[Labels, Counts]]:
        """What has been counted, as JSON keeps it; methods never called are left out."""
        return [(labels, series.counts()) for labels, series in self.series.items() if series.requests]

    def add(self, rows: list[tuple[list[str], Counts]]) -> None:
        for (api, stage, resource, method), counts in rows:
            self.get((api, stage, resource, method)).add(counts)
