"""The directory `DIR/state/` and who may do what to it at the start.

    counters/   token buckets and usage: volatile
    policies/   cached authorizer policies, and whether they were flushed: volatile
    responses/  cached responses: volatile
    ledger/     usage on the disk: durable
    boot        which run of the machine the volatile ones belong to
    users.lock  shared by all processes that use the directory
    opening.lock  held by the one that is opening it

The first process of a run of the machine finds volatile files from before it, which a crash may have left in
any condition: it removes them and fills the counters from the ledger.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gatewright.state import ledger
from gatewright.state.api import StateUnavailable
from gatewright.state.environment import DATA, Environment
from gatewright.state.faults import unavailable
from gatewright.state.flushes import Flushes

OPENING_SECONDS = 30.0  # how long one process waits for another to open the directory
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Sizes(NamedTuple):
    """The bytes of each volatile environment's file."""

    counters: int
    policies: int
    responses: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What a process has of the directory; `users` is the descriptor of its share in the lock."""

    counters: Environment
    policies: Environment
    flushes: Flushes
    responses: Environment
    users: int

    def close(self) -> None:
        self.counters.close()
        self.policies.close()
        self.responses.close()
        os.close(self.users)


def this_boot() -> str:
    """What names this run of the machine; empty, which is never the same, where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def open_directory(path: Path, boot: str, sizes: Sizes) -> Opened:
    """Open the volatile environments. Their sizes are those of the first process; the others go along."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opening(path / "opening.lock"):
            users = os.open(path / "users.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                alone = _try_lock(users, fcntl.LOCK_EX)
                if alone:
                    _begin_anew(path, boot, sizes.counters)
                opened = Opened(
                    _open(path / "counters", sizes.counters, alone),
                    _open(path / "policies", sizes.policies, alone),
                    Flushes(path / "policies" / "flushes"),
                    _open(path / "responses", sizes.responses, alone),
                    users,
                )
                fcntl.flock(users, fcntl.LOCK_SH)
            except BaseException:
                os.close(users)
                raise
            return opened
    except OSError as error:
        raise unavailable(path, error) from error


def open_ledger(path: Path, size: int) -> Environment:
    return Environment(path / "ledger", size, durable=True)


def _begin_anew(path: Path, boot: str, counters_bytes: int) -> None:
    """Make the volatile environments, unless those that are there are of this run of the machine."""
    mark = path / "boot"
    if boot and mark.exists() and mark.read_text() == boot and (path / "counters" / DATA).exists():
        return
    mark.unlink(missing_ok=True)  # first, and written last: whatever ends this process, it is done again
    for name in ("counters", "policies", "responses"):
        if (path / name).exists():
            shutil.rmtree(path / name)
    if (path / "ledger" / DATA).exists():
        _with_both(path, counters_bytes, ledger.restore)
    mark.touch(mode=0o600)
    mark.write_text(boot)


def _with_both(path: Path, size: int, action: Callable[[Environment, Environment], None]) -> None:
    counters = Environment(path / "counters", size, durable=False, reserve=True)
    try:
        book = open_ledger(path, size)
        try:
            action(counters, book)
        finally:
            book.close()
    finally:
        counters.close()


def _open(path: Path, size: int, alone: bool) -> Environment:
    if not alone:
        size = (path / DATA).stat().st_size
    return Environment(path, size, durable=False, reserve=alone)


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + OPENING_SECONDS
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise StateUnavailable(
                    f"The state {path.parent} is being opened by another process, "
                    f"for {OPENING_SECONDS:g} s already: end that process"
                )
            time.sleep(0.005)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
