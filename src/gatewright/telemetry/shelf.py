"""Where the processes of one machine lay down their counts, `DIR/run/metrics/`, and how they are summed.

`{process}.json` holds what one process has counted; it alone writes it, and keeps a lock on `{process}.lock`
for as long as it lives. The counts of processes that are gone are folded into `total.json`, so that the sum
never falls. `total.json` names what it took in: a file that outlived its folding is not counted twice.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from gatewright.telemetry.series import SeriesTable

TOTAL = "total.json"
FOLDING = "folding.lock"
MOST_SERIES = 50_000  # kept by a process, and in the total; more methods than this share one series


def shelf(directory: Path) -> Path:
    path = directory / "run" / "metrics"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


class Place:
    """One process's place on the shelf, from its start to its end."""

    def __init__(self, directory: Path) -> None:
        self._shelf = shelf(directory)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"  # process ids come back, this name does not
        self._path = self._shelf / f"{name}.json"
        with _locked(self._shelf / FOLDING):  # a lock not yet held would be taken for that of the dead
            self._lock = os.open(self._shelf / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def publish(self, table: SeriesTable) -> None:
        """Lay down the counts so far; raises OSError if they cannot be written."""
        _replace(self._path, {"series": table.rows()})

    def leave(self) -> None:
        os.close(self._lock)


def collect(directory: Path) -> SeriesTable:
    """The sum over all processes, the living and the gone."""
    path = shelf(directory)
    with _locked(path / FOLDING):
        table = _fold(path)
        for place in _places(path):
            table.add(_read(place).get("series", []))
    return table


def _fold(path: Path) -> SeriesTable:
    stored = _read(path / TOTAL)
    table = SeriesTable(MOST_SERIES)
    table.add(stored.get("series", []))
    folded = set(stored.get("folded", []))
    gone = [place for place in _places(path) if _is_gone(place)]
    if gone:
        for place in gone:
            if place.name not in folded:
                table.add(_read(place).get("series", []))
        _replace(path / TOTAL, {"folded": [place.name for place in gone], "series": table.rows()})
        for place in gone:
            place.unlink()
    _remove_idle(path)
    return table


def _places(path: Path) -> list[Path]:
    return [place for place in path.glob("*.json") if place.name != TOTAL]


def _is_gone(place: Path) -> bool:
    """Whether nobody holds the lock that stands beside `place`."""
    try:
        lock = os.open(place.with_suffix(".lock"), os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _remove_idle(path: Path) -> None:
    """Remove what else is left of processes whose counts are in the total, or that never published any."""
    for lock in path.glob("*.lock"):
        place = lock.with_suffix(".json")
        if lock.name != FOLDING and not place.exists() and _is_gone(place):
            lock.with_suffix(".draft").unlink(missing_ok=True)
            lock.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, Any]:
    """A file's content; nothing for one that is not there or was damaged by a crash of the machine."""
    try:
        content: dict[str, Any] = orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return content


def _replace(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    try:
        draft.write_bytes(orjson.dumps(content))
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
