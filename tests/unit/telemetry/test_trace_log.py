"""Traces on disk: bounded, newest first, readable while others write."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.telemetry import trace_log
from gatewright.telemetry.trace_log import TraceLog, read_traces, select, traced_apis


def write(data_dir: Path, *ids: str, api: str = "a1b2c3d4e5") -> None:
    log = TraceLog(data_dir)
    for request_id in ids:
        log.write(api, {"requestId": request_id})
    log.flush()


def test_the_newest_come_first_whoever_wrote_them(tmp_path: Path) -> None:
    write(tmp_path, "one", "two")
    write(tmp_path, "three")
    assert [trace["requestId"] for trace in read_traces(tmp_path, "a1b2c3d4e5")] == ["three", "two", "one"]


def test_apis_are_kept_apart(tmp_path: Path) -> None:
    write(tmp_path, "one", api="first")
    write(tmp_path, "two", api="second")
    assert traced_apis(tmp_path) == ["first", "second"]
    assert [trace["requestId"] for trace in read_traces(tmp_path, "second")] == ["two"]


def test_files_are_private(tmp_path: Path) -> None:
    write(tmp_path, "one")
    assert (tmp_path / "traces").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "traces" / "a1b2c3d4e5.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_api_keeps_a_bounded_number_of_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_log, "FILE_BYTES", 200)
    for number in range(50):
        write(tmp_path, f"request-{number}")
    assert sum(path.stat().st_size for path in (tmp_path / "traces").iterdir()) <= 400
    assert next(read_traces(tmp_path, "a1b2c3d4e5")) == {"requestId": "request-49"}


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_log, "BUFFER_BYTES", 50)
    write(tmp_path, "a" * 20, "b" * 20)
    assert [trace["requestId"] for trace in read_traces(tmp_path, "a1b2c3d4e5")] == ["a" * 20]


def test_many_apis_do_not_hold_many_files_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_log, "OPEN_FILES", 2)
    log = TraceLog(tmp_path)
    for turn in ("one", "two"):
        for api in ("a", "b", "c", "d"):
            log.write(api, {"requestId": turn})
        log.flush()
    assert [trace["requestId"] for trace in read_traces(tmp_path, "a")] == ["two", "one"]
    assert len(log._files) == 2


@pytest.mark.parametrize("api", ["../../etc/passwd", "a/b", "", "a" * 129, "."])
def test_an_api_that_is_none_names_no_file(tmp_path: Path, api: str) -> None:
    write(tmp_path, "one", api=api)
    assert traced_apis(tmp_path) == []
    assert list(read_traces(tmp_path, api)) == []


def test_a_line_cut_short_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "one")
    with (tmp_path / "traces" / "a1b2c3d4e5.jsonl").open("ab") as file:
        file.write(b'{"requestId": "cu\n')
    write(tmp_path, "two")
    assert [trace["requestId"] for trace in read_traces(tmp_path, "a1b2c3d4e5")] == ["two", "one"]


def test_one_is_found_by_how_its_id_begins(tmp_path: Path) -> None:
    write(tmp_path, "abc-1", "abd-2", "xyz-3")
    traces = list(read_traces(tmp_path, "a1b2c3d4e5"))
    assert [trace["requestId"] for trace in select(traces, "ab")] == ["abd-2", "abc-1"]
    assert [trace["requestId"] for trace in select(traces, None, 1)] == ["xyz-3"]
