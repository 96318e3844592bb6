"""The owner's log: one line a record, bounded, and never a trouble to its caller."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.telemetry.owner_log import OwnerLog

STAMP = "2026-01-01T00:00:00.000Z"
WHY = "too many at once, or the log could not be written"


def clock() -> float:
    return 1_767_225_600.0


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_record_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = OwnerLog(path, clock=clock)
    log.write("a1", "prod", "r-1", "Execution failed: é")
    assert not path.exists()
    log.flush()
    log.flush()
    assert lines(path) == [f"{STAMP} a1/prod (r-1) Execution failed: é"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_in_a_record_can_end_its_line_or_steer_a_terminal(tmp_path: Path) -> None:
    log = OwnerLog(tmp_path / "log", clock=clock)
    log.write("a1", "prod", "r-1", "one\r\ntwo\x1b[2J\x00\x85\u2028\u202e\ud800 end")
    log.flush()
    assert lines(tmp_path / "log") == [
        f"{STAMP} a1/prod (r-1) one\\r\\ntwo\\x1b[2J\\x00\\x85\\u2028\\u202e\\ud800 end"
    ]


def test_a_long_text_is_cut(tmp_path: Path) -> None:
    log = OwnerLog(tmp_path / "log", clock=clock)
    log.write("a1", "prod", "r-1", "x" * 1_000_000)
    log.flush()
    (line,) = lines(tmp_path / "log")
    assert line == f"{STAMP} a1/prod (r-1) " + "x" * 16_384


def test_a_stream_will_do_and_its_failures_stay_there() -> None:
    stream = io.StringIO()
    log = OwnerLog(stream, clock=clock)
    log.write("a1", "prod", "r-1", "text")
    log.flush()
    assert stream.getvalue() == f"{STAMP} a1/prod (r-1) text\n"
    stream.close()
    log.write("a1", "prod", "r-1", "text")
    log.flush()


def test_lines_past_the_buffer_are_counted_and_the_next_line_tells(tmp_path: Path) -> None:
    log = OwnerLog(tmp_path / "log", clock=clock, buffer_bytes=200)
    for number in range(8):
        log.write("a1", "prod", "r", f"{number}")
    log.flush()
    log.write("a1", "prod", "r", "after")
    log.flush()
    found = lines(tmp_path / "log")
    assert found[:2] == [f"{STAMP} a1/prod (r) 0", f"{STAMP} a1/prod (r) 1"]
    kept = len(found) - 2
    assert found[-2:] == [
        f"{STAMP} -/- (-) {8 - kept} log lines were dropped: {WHY}",
        f"{STAMP} a1/prod (r) after",
    ]


def test_a_file_moved_by_logrotate_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = OwnerLog(path, clock=clock)
    log.write("a1", "prod", "r", "before")
    log.flush()
    path.rename(tmp_path / "log.rotated")
    log.write("a1", "prod", "r", "after")
    log.flush()
    assert lines(tmp_path / "log.rotated") == [f"{STAMP} a1/prod (r) before"]
    assert lines(path) == [f"{STAMP} a1/prod (r) after"]


@pytest.mark.parametrize("files", [1, 3])
def test_the_log_rotates_and_is_bounded_in_all(tmp_path: Path, files: int) -> None:
    log = OwnerLog(tmp_path / "log", clock=clock, file_bytes=200, files=files)
    for number in range(100):
        log.write("a1", "prod", "r", f"{number:04}")
        log.flush()
    names = ["log", *(f"log.{number}" for number in range(1, files))]
    assert sorted(file.name for file in tmp_path.iterdir()) == names
    assert all(file.stat().st_size <= 200 for file in tmp_path.iterdir())
    kept = [line[-4:] for name in reversed(names) for line in lines(tmp_path / name)]
    assert kept == [f"{number:04}" for number in range(100 - len(kept), 100)]
    assert len(kept) > 4 * (files - 1)


def test_two_processes_share_a_file_that_rotates(tmp_path: Path) -> None:
    one, other = (OwnerLog(tmp_path / "log", clock=clock, file_bytes=200, files=50) for _ in range(2))
    for number in range(100):
        log = (one, other)[number % 2]
        log.write("a1", "prod", "r", f"{number:04}")
        log.flush()
    found = [line[-4:] for file in tmp_path.iterdir() for line in lines(file)]
    assert sorted(found) == [f"{number:04}" for number in range(100)]


def test_a_failing_disk_is_said_once_and_nothing_kept_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = OwnerLog(tmp_path / "missing" / "log", clock=clock)
    for _ in range(3):
        log.write("a1", "prod", "r", "kept")
        log.flush()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "missing/log cannot be written (No such file or directory)" in caplog.text
    (tmp_path / "missing").mkdir()
    log.flush()
    assert lines(tmp_path / "missing" / "log") == [f"{STAMP} a1/prod (r) kept"] * 3


# A bound on the size of the child's files stands in for a full disk, which takes a part of a line.
FULL_DISK = """
import resource, sys
from pathlib import Path
from gatewright.telemetry.owner_log import OwnerLog

log = OwnerLog(Path(sys.argv[1]), clock=lambda: 1_767_225_600.0, buffer_bytes=1000)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
for number in range(60):
    log.write("a1", "prod", "r", f"{number:04}")
    log.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.flush()
log.write("a1", "prod", "r", "after")
log.flush()
"""


def test_a_full_disk_costs_whole_lines_only_and_they_are_counted(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path / "log")], check=True, timeout=30)
    found = lines(tmp_path / "log")
    assert found[-1] == f"{STAMP} a1/prod (r) after"
    kept = [line for line in found if line[-4:].isdigit()]
    assert kept == [f"{STAMP} a1/prod (r) {number:04}" for number in range(len(kept))]
    assert found[len(kept) : -1] == [f"{STAMP} -/- (-) {60 - len(kept)} log lines were dropped: {WHY}"]


def test_the_time_is_when_the_record_was_written(tmp_path: Path) -> None:
    times = iter([0.0, 1_767_225_600.9999])

    log = OwnerLog(tmp_path / "log", clock=lambda: next(times))
    log.write("a1", "prod", "r", "one")
    log.write("a1", "prod", "r", "two")
    log.flush()
    assert [line.split()[0] for line in lines(tmp_path / "log")] == [
        "1970-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00.999Z",
    ]
