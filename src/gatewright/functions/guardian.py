"""Kills functions whose engine died: a tiny process that outlives it by a moment.

Reads process group ids from standard input, `+id` when one starts and `-id` when it is gone; the end of input
means that the engine is gone, however it went. Run as a script, so that it loads nothing of the house.
"""

from __future__ import annotations

import os
import signal
import sys


def watch() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        if line.startswith("+"):
            groups.add(int(line))
        else:
            groups.discard(-int(line))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            pass  # gone by itself


if __name__ == "__main__":
    watch()
