"""The data directory: made private, proven writable, and held by one supervisor at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatewright.server.errors import CannotStart
from gatewright.server.settings import Settings


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Make the directory if needed and hold it; a second supervisor on it is refused.

    The lock is the kernel's, so one left by a killed supervisor is no hindrance. `run/pid` holds the pid.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.run_dir.mkdir(mode=0o700, exist_ok=True)
        (settings.data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
        file = os.open(settings.run_dir / "pid", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"--data-dir {settings.data_dir}: cannot be written ({error.strerror}); "
            "give a directory that this user may write to"
        ) from error
    try:
        _lock(file, "--data-dir", settings.data_dir)
        os.ftruncate(file, 0)
        os.pwrite(file, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(file)


@contextmanager
def at_rest(flag: str, directory: Path) -> Iterator[None]:
    """Hold a directory in which something is kept, as `held` does, without writing to it; `flag` names it.
    Raises `CannotStart`."""
    try:
        file = os.open(directory / "run" / "pid", os.O_RDONLY)
    except FileNotFoundError:
        yield  # no node has run there yet
        return
    except OSError as error:
        raise CannotStart(f"{flag} {directory}: cannot be read ({error.strerror})") from error
    try:
        _lock(file, flag, directory)
        yield
    finally:
        os.close(file)


def _lock(file: int, flag: str, directory: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 20, 0).decode("ascii", "replace").strip()
        raise CannotStart(
            f"{flag} {directory}: already in use by the gatewright with pid {holder}; "
            "stop it or give another directory"
        ) from error
