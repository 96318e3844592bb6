"""Scripts in processes of their own, which say "open" and wait to be told to go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

Worker = subprocess.Popen[str]


@contextmanager
def running(script: str, *arguments: str) -> Iterator[Worker]:
    """A process that runs `script`, once it is open."""
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert line(process) == "open"
            yield process
        finally:
            process.kill()


def line(process: Worker) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: Worker) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
