"""Waits until files change, however an editor writes them: in place, or anew under the same name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchfiles import awatch

STEP_MS = 5  # between two looks at the events that came
QUIET_MS = 30  # without a further change, and a file is taken as written to its end
LOOK_ANYWAY_MS = 200  # for what no event tells: a missing file, a change as the watch begins
NOT_WATCHED = ("__pycache__", ".git", ".venv")

Mark = tuple[int, int, int] | None  # inode, size and time of a file; None: there is none
Marks = dict[Path, Mark]


class Watch:
    """Notices each change of the files and directories that `watched` names, asked anew each time.

    What changes while nobody waits is noticed by the next wait.
    """

    def __init__(self, watched: Callable[[], Iterable[Path]]) -> None:
        self._watched = watched
        self._seen = _all_marks(watched())

    async def changed(self) -> None:
        """Return when something changed since the last return or the start, and is written to its end."""
        await self._first_change()
        while True:
            await asyncio.sleep(QUIET_MS / 1000)
            if not self._differs(tuple(self._watched())):
                return

    async def _first_change(self) -> None:
        while True:
            paths = tuple(self._watched())
            if self._differs(paths):
                return
            there = [path for path in paths if path.exists()]
            if not there:
                await asyncio.sleep(LOOK_ANYWAY_MS / 1000)
                continue
            async for _ in awatch(
                *there, watch_filter=None, step=STEP_MS, rust_timeout=LOOK_ANYWAY_MS, yield_on_timeout=True
            ):
                if self._differs(paths):
                    return

    def _differs(self, paths: tuple[Path, ...]) -> bool:
        """Whether what was watched before is not as it was; remembers what is there now."""
        before, self._seen = self._seen, _all_marks(paths)
        return any(self._seen[path] != before[path] for path in self._seen.keys() & before.keys())


def _all_marks(paths: Iterable[Path]) -> dict[Path, Marks]:
    return {path: {file: _mark(file) for file in _files(path)} for path in paths}


def _files(path: Path) -> Iterator[Path]:
    """The path itself, or all files in it if it is a directory."""
    if not path.is_dir():
        yield path
        return
    for directory, names, files in os.walk(path):
        names[:] = [name for name in names if name not in NOT_WATCHED]
        for name in files:
            yield Path(directory, name)


def _mark(file: Path) -> Mark:
    try:
        status = file.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)
