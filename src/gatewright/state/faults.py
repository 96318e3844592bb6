"""What LMDB's and the system's errors mean for the owner: the file, the problem, the remedy."""

from __future__ import annotations

import errno
from pathlib import Path

import lmdb

from gatewright.state.api import StateUnavailable

_REMOVE = (
    "stop Gatewright and remove the directory: usage is taken from state/ledger, "
    "token buckets begin full, cached policies and responses are asked for again"
)
_RIGHTS = "let this user read and write the file and its directory"
_DISK_FULL = ("cannot be made: the disk is full", "make room on the disk, or make the store smaller")

_BY_KIND: tuple[tuple[type[lmdb.Error], str, str], ...] = (
    (lmdb.MapFullError, "is full", "raise its size and start Gatewright again"),
    (lmdb.ReadersFullError, "has no place for another process", "stop processes that use it"),
    (lmdb.InvalidError, "is no state of Gatewright, or is damaged", _REMOVE),
    (lmdb.VersionMismatchError, "was written by another version of LMDB", _REMOVE),
    (lmdb.CorruptedError, "is damaged", _REMOVE),
    (lmdb.PageNotFoundError, "is damaged", _REMOVE),
    (lmdb.PanicError, "is damaged", _REMOVE),
    (lmdb.ReadonlyError, "is read-only", _RIGHTS),
)
_BY_NUMBER = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _DISK_FULL,
    errno.EFBIG: ("is larger than this process may write", "raise `ulimit -f` or make the store smaller"),
    errno.EACCES: ("may not be opened", _RIGHTS),
    errno.EPERM: ("may not be opened", _RIGHTS),
    errno.EROFS: ("is on a read-only file system", "choose a data directory this user may write to"),
    errno.ENOTDIR: ("cannot be made", "choose a data directory this user may write to"),
    errno.EEXIST: ("cannot be made", "choose a data directory this user may write to"),
    errno.EINVAL: ("is damaged, or on a file system without shared memory", _REMOVE),
    errno.ENOMEM: (
        "does not fit into this process's memory limit",
        "raise the limit or make the store smaller",
    ),
}


def unavailable(path: Path, error: lmdb.Error | OSError) -> StateUnavailable:
    """The error to raise in place of LMDB's or the system's."""
    problem, remedy = _meaning(error)
    if path.parent.name == "ledger" and remedy is _REMOVE:
        remedy = "stop Gatewright and restore the directory from a backup, or remove it to forget past usage"
    return StateUnavailable(f"The state {path} {problem} ({error}): {remedy}")


def _meaning(error: lmdb.Error | OSError) -> tuple[str, str]:
    for kind, problem, remedy in _BY_KIND:
        if isinstance(error, kind):
            return problem, remedy
    number = getattr(error, "code", 0) if isinstance(error, lmdb.Error) else error.errno
    return _BY_NUMBER.get(number or 0, ("cannot be used", "see the cause"))
