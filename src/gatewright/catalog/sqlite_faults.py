"""What SQLite's errors mean for the owner: the file, the problem, the remedy."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gatewright.catalog.api import CatalogUnavailable

_RESTORE = "stop Gatewright and restore the file from a backup"

# SQLite's primary result code -> problem, remedy
_FAULTS = {
    sqlite3.SQLITE_BUSY: ("is busy: another process is writing", "try again"),
    sqlite3.SQLITE_LOCKED: ("is busy: another thread is writing", "try again"),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "make room on the disk; nothing else is needed"),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk reports an error, or is full",
        "make room on the disk, check its health and the quota of this user",
    ),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _RESTORE),
    sqlite3.SQLITE_NOTADB: ("is not a catalog, or is damaged", _RESTORE),
    sqlite3.SQLITE_READONLY: ("is read-only", "let this user write to the file and its directory"),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "check that the file and its directory exist, that this user may write to both, "
        "and that files may still be opened (ulimit -n)",
    ),
    sqlite3.SQLITE_PERM: ("may not be opened", "give this user the right to read and write it"),
}


def unavailable(path: Path, error: BaseException) -> CatalogUnavailable:
    """The error to raise in place of SQLite's."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    problem, remedy = _FAULTS.get(primary, ("cannot be used", "see the cause"))
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return CatalogUnavailable(f"The catalog {path} {problem} ({name}: {error}): {remedy}")
