"""The `gatewright` command, run in the tests' own process: the same code as a process of its own, sooner."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from gatewright.cli.main import run


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command line."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: str, given: str = "") -> Ran:
    """Run one command line with `given` on its standard input."""
    printed, errors = io.StringIO(), io.StringIO()
    stdin = io.TextIOWrapper(io.BytesIO(given.encode()))
    with patch.object(sys, "stdin", stdin), redirect_stdout(printed), redirect_stderr(errors):
        code = run(list(arguments))
    return Ran(code, printed.getvalue(), errors.getvalue())
