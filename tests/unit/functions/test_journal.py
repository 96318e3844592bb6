"""What one instance writes into its function's log."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.functions.invocation import Invocation
from gatewright.functions.journal import Journal
from gatewright.functions.logs import FunctionLog


def invocation(request_id: str) -> Invocation:
    return Invocation(
        request_id, "arn", b"", client_context=None, trace_id="", log_tail=True, queued=0.0, patience=1.0
    )


@pytest.mark.parametrize(
    "pieces", [[b"x" * 10, b"y"], [b"x" * 4, b"x" * 7], [b"x" * 11], [b"x" * 10, b"y", b"z"]]
)
def test_output_past_the_bound_is_dropped_and_said_so_once(tmp_path: Path, pieces: list[bytes]) -> None:
    log = FunctionLog(tmp_path / "f.log", 1000)
    journal = Journal(log, "1", 128, bound=10)
    running = invocation("id")
    journal.begin(running)
    for piece in pieces:
        journal.print(piece)
    journal.end(0.001, 0)
    text = (
        b"START RequestId: id Version: 1\n"
        + b"x" * 10
        + b"\n[further output of this invocation is dropped]\n"
        b"END RequestId: id\nREPORT RequestId: id\tDuration: 1.00 ms\tBilled Duration: 2 ms\t"
        b"Memory Size: 128 MB\tMax Memory Used: 0 MB\t\n"
    )
    log.flush()
    assert (tmp_path / "f.log").read_bytes() == text
    assert bytes(running.tail or b"") == text


def test_each_invocation_has_the_whole_bound(tmp_path: Path) -> None:
    log = FunctionLog(tmp_path / "f.log", 1000)
    journal = Journal(log, "1", 128, bound=10)
    for request_id in ("one", "two"):
        journal.begin(invocation(request_id))
        journal.print(b"x" * 9 + b"\n")
        journal.end(0.001, 0)
    log.flush()
    assert (tmp_path / "f.log").read_bytes().count(b"x" * 9 + b"\n") == 2
