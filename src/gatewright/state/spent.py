"""How many requests each process gave away of what it holds ahead: numbers in files that all can read.

A process has one file in `DIR/state/counters/spent/`, locked as long as it lives: an unlocked one is of a
process that was killed. Its numbers only grow, and each is written at once: whoever is killed has counted
what it answered.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from pathlib import Path
from struct import Struct

from gatewright.state.faults import unavailable

COUNTERS = 1024  # numbers in a file; nobody reads the first
NAME_BYTES = 8
_NUMBER = Struct("=q")
_BYTES = COUNTERS * _NUMBER.size


class Spent:
    """This process's numbers. Raises `StateUnavailable` when the file cannot be made."""

    def __init__(self, directory: Path) -> None:
        self.name = os.urandom(NAME_BYTES // 2).hex().encode()
        self._path = directory / self.name.decode()
        new = directory / f".{self.name.decode()}"
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
            self._file = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            os.posix_fallocate(self._file, 0, _BYTES)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            new.rename(self._path)  # locked before others see it
            self._map = mmap(self._file, _BYTES)
        except OSError as error:
            raise unavailable(self._path, error) from error
        self.numbers = memoryview(self._map).cast("q")
        self.free = list(range(1, COUNTERS))

    def close(self) -> None:
        self.numbers.release()
        self._map.close()
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def number(directory: Path, name: bytes, index: int) -> int:
    """A number of any process; of one that has given all back, the largest there is."""
    path = directory / name.decode()
    try:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return 2**63 - 1
        try:
            (found,) = _NUMBER.unpack(os.pread(descriptor, _NUMBER.size, index * _NUMBER.size))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unavailable(path, error) from error
    return int(found)


def names_of_the_dead(directory: Path) -> Iterator[bytes]:
    """Names of processes that ended without `close`; a file is removed when the next name is asked for."""
    for path in directory.glob("[!.]*"):
        with _unlocked(path) as is_dead:
            if is_dead:
                yield path.name.encode()
                path.unlink(missing_ok=True)


@contextmanager
def _unlocked(path: Path) -> Iterator[bool]:
    """Whether no process has the file; if so it stays like that for the block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
