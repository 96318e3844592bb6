"""A log file of bounded size that several processes append to, and that others may rotate."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

FILE_BYTES = 64 * 1024 * 1024
FILES = 5

_log = logging.getLogger("gatewright")


class LogFile:
    """Appends whole lines. `path` grows to `file_bytes`, then becomes `path.1`; `files` are kept in all."""

    def __init__(self, path: Path, *, file_bytes: int, files: int) -> None:
        self._path = path
        self._file_bytes = file_bytes
        self._files = files
        self._descriptor: int | None = None
        self._failing = False

    def write(self, lines: bytes) -> int:
        """How many bytes the disk took: 0 while it fails, which is said once in the process's own log."""
        try:
            written = os.write(self._ready(len(lines)), lines)
        except OSError as error:
            if not self._failing:
                _log.error("the log %s cannot be written (%s); it is tried again", self._path, error.strerror)
            self._failing = True
            return 0
        self._failing = False
        return written

    def close(self) -> None:
        """Give up the descriptor; a later `write` opens the file again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _ready(self, size: int) -> int:
        """The descriptor of a file that stands at `path` and has room for `size` more bytes."""
        descriptor = self._current()
        status = os.fstat(descriptor)
        if status.st_size and status.st_size + size > self._file_bytes:
            self._rotate(descriptor)
            descriptor = self._current()
        return descriptor

    def _current(self) -> int:
        if self._descriptor is not None:
            if self._stands_at_path(self._descriptor):
                return self._descriptor
            os.close(self._descriptor)
            self._descriptor = None
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._descriptor = os.open(self._path, flags, 0o600)
        return self._descriptor

    def _stands_at_path(self, descriptor: int) -> bool:
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return False
        return os.path.samestat(os.fstat(descriptor), there)

    def _rotate(self, descriptor: int) -> None:
        """Move every file one number up, unless another process has just done it."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if self._stands_at_path(descriptor):
                for number in range(self._files - 1, 0, -1):
                    older = self._numbered(number - 1)
                    if older.exists():
                        older.replace(self._numbered(number))
                if self._files == 1:
                    self._path.unlink()
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path
