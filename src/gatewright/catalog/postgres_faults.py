"""What PostgreSQL's errors mean for the owner: the server, the problem, the remedy."""

from __future__ import annotations

import psycopg

from gatewright.catalog.api import CatalogUnavailable

# The server looks for silence only while it waits for a statement: what comes after it is not run any more.
ENDED_AS_SILENT = "25P03"

_AGAIN = "try again"
_STARTING = "is stopped or starting"
_WAIT = "nothing is needed once it is back"

# SQLSTATE, or the two characters of its class -> problem, remedy
_FAULTS = {
    "55P03": ("is busy: another node or process is writing", _AGAIN),
    "57014": ("took too long for a statement", "try again, and look what the server is doing"),
    "25006": (
        "is read-only, as a standby is",
        "name the primary server in the catalog's URL, or several with target_session_attrs=read-write",
    ),
    ENDED_AS_SILENT: ("ended a transaction that stood still for too long: nothing of it was written", _AGAIN),
    "40": ("gave the transaction up in favour of another one", _AGAIN),
    "42501": (
        "does not let this user make or use its tables",
        "give the user CREATE on the database, or make it the owner of the schema gatewright",
    ),
    "42P01": ("has lost a table", "restore the database from a backup"),
    "3F000": ("has lost its schema", "restore the database from a backup"),
    "53100": ("cannot grow: the server's disk is full", "make room on the disk; nothing else is needed"),
    "53": ("has no more room for this", "look at the server's max_connections and memory"),
    "57P": (_STARTING, _WAIT),
    "58": (
        "cannot be read or written: its server reports an error of the system",
        "look at the server's log",
    ),
    "XX": ("is damaged, says its server", "look at the server's log; restore the database from a backup"),
    "22": ("cannot hold a value", "see the cause"),
}
_AWAY = ("cannot be reached", "see that PostgreSQL runs there and takes this user and password")
_OTHER = ("cannot be used", "see the cause")


def unavailable(place: str, error: psycopg.Error) -> CatalogUnavailable:
    """The error to raise in place of psycopg's. `place` is the URL without a password."""
    problem, remedy = _meaning(error)
    cause = " ".join(str(error).split()) or type(error).__name__
    code = f"{error.sqlstate}: " if error.sqlstate else ""
    return CatalogUnavailable(f"The catalog {place} {problem} ({code}{cause}): {remedy}")


def commit_unknown(place: str, error: psycopg.Error) -> CatalogUnavailable:
    """For a connection that was lost between the commit and its answer."""
    cause = " ".join(str(error).split())
    return CatalogUnavailable(
        f"The catalog {place} was lost while a write was committed ({cause}): whether the write was made is "
        "not known; look, then try again"
    )


def given_up(place: str, earlier: CatalogUnavailable) -> CatalogUnavailable:
    """For what is asked of a transaction after an error."""
    return CatalogUnavailable(
        f"The catalog {place} gave this transaction up at an earlier error, and keeps nothing of it; try "
        f"again. The error was: {earlier}"
    )


def _meaning(error: psycopg.Error) -> tuple[str, str]:
    state = error.sqlstate or ""
    for prefix in (state, state[:3], state[:2]):
        if prefix in _FAULTS:
            return _FAULTS[prefix]
    return _AWAY if isinstance(error, psycopg.OperationalError) else _OTHER
