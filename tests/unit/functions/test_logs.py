"""The log file: bounded, shared, and never in the way."""

from __future__ import annotations

from pathlib import Path

from gatewright.functions.logs import BUFFER_BYTES, FunctionLog, end_lines, start_line


def test_lines_are_buffered_until_flushed(tmp_path: Path) -> None:
    path = tmp_path / "lambda" / "f.log"
    log = FunctionLog(path, 1000)
    log.write(b"one\n")
    assert not path.exists()
    log.flush()
    log.write(b"two\n")
    log.flush()
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o007 == 0


def test_a_full_buffer_is_written_out(tmp_path: Path) -> None:
    log = FunctionLog(tmp_path / "f.log", 1 << 20)
    log.write(b"x" * (BUFFER_BYTES + 1))
    assert (tmp_path / "f.log").stat().st_size == BUFFER_BYTES + 1


def test_past_the_limit_one_predecessor_is_kept(tmp_path: Path) -> None:
    log = FunctionLog(tmp_path / "f.log", 10)
    for number in range(5):
        log.write(b"%d: a long line\n" % number)
        log.flush()
    assert (tmp_path / "f.log").read_bytes() == b"4: a long line\n"
    assert (tmp_path / "f.log.1").read_bytes() == b"3: a long line\n"


def test_two_writers_share_a_file_over_a_rotation(tmp_path: Path) -> None:
    one, other = FunctionLog(tmp_path / "f.log", 10), FunctionLog(tmp_path / "f.log", 10)
    for log, text in ((one, b"one, long enough\n"), (other, b"other\n"), (one, b"one\n")):
        log.write(text)
        log.flush()
    assert (tmp_path / "f.log").read_bytes() == b"other\none\n"
    assert (tmp_path / "f.log.1").read_bytes() == b"one, long enough\n"


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "lambda").write_text("a file where the directory should be")
    log = FunctionLog(tmp_path / "lambda" / "f.log", 10)
    log.write(b"lost\n")
    log.flush()
    assert (tmp_path / "lambda").read_text() == "a file where the directory should be"


def test_lambdas_lines() -> None:
    assert start_line("id", "7") == b"START RequestId: id Version: 7\n"
    assert end_lines("id", 0.0123456, 128, 30 << 20, 0.25, "") == (
        b"END RequestId: id\n"
        b"REPORT RequestId: id\tDuration: 12.35 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
        b"Max Memory Used: 30 MB\tInit Duration: 250.00 ms\t\n"
    )
    assert b"Max Memory Used: 30 MB\tStatus: timeout\n" in end_lines(
        "id", 1, 128, 30 << 20, None, "Status: timeout"
    )
