"""What is counted, and how processes that come and go are summed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gatewright.telemetry import shelf
from gatewright.telemetry.metrics import Gauge, Metrics, render
from gatewright.telemetry.series import Series, SeriesTable

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

# Counts one request a line it is sent, and publishes.
WORKER = """
import sys
from pathlib import Path
from gatewright.telemetry.metrics import Gauge, Metrics

metrics = Metrics(Path(sys.argv[1]))
series = metrics.series("a1", "prod", "/pets", "GET")
for line in sys.stdin:
    series.record(int(line), 0.02, None)
    metrics.publish()
    print("published", flush=True)
"""


def samples(directory: Path) -> Samples:
    families = text_string_to_metric_families(render(directory).decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labels(**more: str) -> frozenset[tuple[str, str]]:
    return frozenset(({"api_id": "a1", "stage": "prod", "resource": "/pets", "method": "GET"} | more).items())


def requests(directory: Path) -> float:
    return samples(directory).get(("gatewright_requests_total", labels()), 0.0)


def test_requests_errors_and_latencies_are_counted(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    series = metrics.series("a1", "prod", "/pets", "GET")
    series.record(200, 0.005, 0.004)
    series.record(404, 0.0051, None)
    series.record(504, 29.0, 28.5)
    metrics.publish()
    found = samples(tmp_path)
    assert found["gatewright_requests_total", labels()] == 3
    errors = "gatewright_request_errors_total"
    assert found[errors, labels(**{"class": "4xx"})] == 1
    assert found[errors, labels(**{"class": "5xx"})] == 1
    whole, integration = "gatewright_request_duration_seconds", "gatewright_integration_duration_seconds"
    assert [found[f"{whole}_bucket", labels(le=le)] for le in ("0.005", "0.01", "10.0", "+Inf")] == [
        1,
        2,
        2,
        3,
    ]
    assert found[f"{whole}_count", labels()] == 3
    assert found[f"{whole}_sum", labels()] == pytest.approx(29.0101)
    assert [found[f"{integration}_bucket", labels(le=le)] for le in ("0.005", "10.0", "+Inf")] == [1, 1, 2]
    assert found[f"{integration}_sum", labels()] == pytest.approx(28.504)
    metrics.close()


def test_the_text_ends_with_a_newline_and_names_each_family_once(tmp_path: Path) -> None:
    text = render(tmp_path).decode()
    assert text.endswith("\n")
    assert [line.split()[2:] for line in text.splitlines() if line.startswith("# TYPE")] == [
        ["gatewright_requests_total", "counter"],
        ["gatewright_request_errors_total", "counter"],
        ["gatewright_cache_lookups_total", "counter"],
        ["gatewright_request_duration_seconds", "histogram"],
        ["gatewright_integration_duration_seconds", "histogram"],
    ]


def test_gauges_stand_beside_the_counts(tmp_path: Path) -> None:
    text = render(tmp_path, [Gauge("gatewright_rows", "Rows.", "store", {"one": 1, "two": 2.5})]).decode()
    assert text.endswith(
        "# HELP gatewright_rows Rows.\n# TYPE gatewright_rows gauge\n"
        'gatewright_rows{store="one"} 1.0\ngatewright_rows{store="two"} 2.5\n'
    )


def test_label_values_are_escaped(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    metrics.series('a"\\', "s\n", "/{x+}", "ANY").record(200, 1, 1)
    metrics.publish()
    assert b'api_id="a\\"\\\\",method="ANY",resource="/{x+}",stage="s\\n"' in render(tmp_path)
    metrics.close()


def test_a_new_plan_goes_on_counting(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    assert metrics.series("a1", "prod", "/", "GET") is metrics.series("a1", "prod", "/", "GET")
    assert metrics.series("a1", "prod", "/", "GET") is not metrics.series("a1", "prod", "/", "PUT")
    metrics.close()


def test_a_sum_over_workers_does_not_fall_when_they_are_killed(tmp_path: Path) -> None:
    expected = 0
    for _ in range(3):
        command = [sys.executable, "-c", WORKER, str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdin is not None
            assert worker.stdout is not None
            for status in (200, 500):
                worker.stdin.write(f"{status}\n")
                worker.stdin.flush()
                assert worker.stdout.readline() == "published\n"
                expected += 1
                assert requests(tmp_path) == expected
            worker.kill()
        assert requests(tmp_path) == expected
    remaining = {file.name for file in (tmp_path / "run" / "metrics").iterdir()}
    assert remaining == {"total.json", "folding.lock"}


def test_a_process_without_a_single_request_leaves_nothing_behind(tmp_path: Path) -> None:
    Metrics(tmp_path).close()
    assert requests(tmp_path) == 0
    assert not list((tmp_path / "run" / "metrics").glob("*-*"))


def test_counts_folded_by_a_process_that_died_at_it_are_not_counted_twice(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    metrics.series("a1", "prod", "/pets", "GET").record(200, 0.1, None)
    metrics.close()
    (place,) = (tmp_path / "run" / "metrics").glob("*-*.json")
    shutil.copy(place, tmp_path / "copy")
    shelf.collect(tmp_path)
    assert not place.exists()
    shutil.copy(tmp_path / "copy", place)  # as if the fold had ended before it removed the file
    assert requests(tmp_path) == 1
    assert not place.exists()
    assert requests(tmp_path) == 1


def test_the_living_are_not_folded(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    series = metrics.series("a1", "prod", "/pets", "GET")
    for count in range(1, 4):
        series.record(200, 0.1, None)
        metrics.publish()
        assert requests(tmp_path) == count
    metrics.close()


def test_a_file_damaged_by_a_crash_of_the_machine_is_passed_over(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    metrics.series("a1", "prod", "/pets", "GET").record(200, 0.1, None)
    metrics.publish()
    for name in ("1-dead.json", "total.json"):
        (tmp_path / "run" / "metrics" / name).write_bytes(b'{"series": [[["a1", ')
    assert requests(tmp_path) == 1
    metrics.close()


def test_counts_that_cannot_be_written_raise_and_leave_the_last_ones(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    series = metrics.series("a1", "prod", "/pets", "GET")
    series.record(200, 0.1, None)
    metrics.publish()
    (draft,) = (file.with_suffix(".draft") for file in (tmp_path / "run" / "metrics").glob("*-*.json"))
    draft.mkdir()
    series.record(200, 0.1, None)
    with pytest.raises(OSError):
        metrics.publish()
    assert requests(tmp_path) == 1
    draft.rmdir()
    metrics.close()
    assert requests(tmp_path) == 2


def test_series_are_bounded() -> None:
    table = SeriesTable(2)
    for number in range(5):
        table.get((f"a{number}", "prod", "/", "GET")).record(200, 0.1, None)
    assert {key[0]: series.requests for key, series in table.series.items()} == {"a0": 1, "a1": 1, "other": 3}


def test_a_worker_does_not_load_what_only_rendering_needs() -> None:
    program = (
        "import sys, gatewright.telemetry.metrics, gatewright.telemetry.owner_log;"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_counts_of_an_earlier_version_are_without_those_of_the_cache() -> None:
    series = Series()
    series.record(200, 0.01, None)
    series.cache_hits = 1
    total = Series()
    total.add(series.counts())
    total.add(cast(Any, series.counts()[:6]))
    assert (total.requests, total.cache_hits, total.cache_misses) == (2, 1, 0)
