"""A whole catalog, copied from one engine to another in one transaction, and compared afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.sql import Connection, SqlCatalog, counter, set_counter
from gatewright.catalog.tables import HORIZON, REVISION

ROWS, BYTES = 1_000, 8 * 1024 * 1024  # of documents read at once; a larger document stands alone

_SIZES = "SELECT account, region, key, length(body) FROM documents ORDER BY account, region, key"
_SPAN = (
    "SELECT account, region, key, body FROM documents "
    "WHERE (account, region, key) >= (:account, :region, :key) "
    "AND (account, region, key) <= (:last_account, :last_region, :last_key) ORDER BY account, region, key"
)
_PUT = "INSERT INTO documents (account, region, key, body) VALUES (:account, :region, :key, :body)"
_COLUMNS = ("account", "region", "key", "body")

Tell = Callable[[str, int, int], None]  # what, how many of them are done, of how many


class NotEmpty(Exception):
    """The target holds something, and was not to be replaced."""


@dataclass(frozen=True, slots=True)
class Copied:
    documents: int
    blobs: int
    revision: int  # of the target now


def copy(source: SqlCatalog, target: SqlCatalog, *, replace: bool, tell: Tell) -> Copied:
    """Every partition's documents and all blobs, in one transaction; the source is only read.

    The target's revision goes past both, and its feed tells that anything may have changed, so that nodes
    that run on it follow. Raises `NotEmpty` and `CatalogUnavailable`, after which the target is as it was.
    """
    with source.reading() as old, target.writing() as new:
        _make_room(new, replace)
        documents = _copy_documents(old, new, tell)
        blobs = _copy_blobs(old, new, tell)
        revision = max(counter(old, REVISION), counter(new, REVISION)) + 1
        set_counter(new, REVISION, revision)
        set_counter(new, HORIZON, revision)
        return Copied(documents, blobs, revision)


def _make_room(new: Connection, replace: bool) -> None:
    held = _count(new, "documents"), _count(new, "blobs")
    if any(held) and not replace:
        raise NotEmpty(f"it holds {held[0]} documents and {held[1]} blobs")
    for table in ("documents", "blobs", "changes"):
        new.rows(f"DELETE FROM {table}")


def _count(connection: Connection, table: str) -> int:
    return int(connection.rows(f"SELECT count(*) FROM {table}")[0][0])


def _copy_documents(old: Connection, new: Connection, tell: Tell) -> int:
    total, done, read = _count(old, "documents"), 0, hashlib.sha256()
    for rows in _documents(old):
        new.change(_PUT, *(dict(zip(_COLUMNS, row, strict=True)) for row in rows))
        _add(read, rows)
        done += len(rows)
        tell("documents", done, total)
    written = hashlib.sha256()
    for rows in _documents(new):
        _add(written, rows)
    if (done, read.digest()) != (_count(new, "documents"), written.digest()):
        raise CatalogUnavailable("The copied documents are not what was read: nothing of them is kept")
    return done


def _documents(connection: Connection) -> Iterator[list[Any]]:
    """All of them in key order, a bounded amount at once."""
    for span in _spans(connection.rows(_SIZES)):
        (account, region, key, _), (last_account, last_region, last_key, _) = span[0], span[-1]
        last = {"last_account": last_account, "last_region": last_region, "last_key": last_key}
        yield connection.rows(_SPAN, account=account, region=region, key=key, **last)


def _spans(sizes: list[Any]) -> Iterator[list[Any]]:
    span: list[Any] = []
    room = BYTES
    for row in sizes:
        if span and (len(span) >= ROWS or row[3] > room):
            yield span
            span, room = [], BYTES
        span.append(row)
        room -= row[3]
    if span:
        yield span


def _add(digest: Any, rows: list[Any]) -> None:
    for account, region, key, body in rows:
        digest.update(f"{account}\0{region}\0{key}\0{len(body)}\0".encode())
        digest.update(body)


def _copy_blobs(old: Connection, new: Connection, tell: Tell) -> int:
    digests = [digest for (digest,) in old.rows("SELECT digest FROM blobs ORDER BY digest")]
    for done, digest in zip(count(1), digests, strict=False):
        values = {"digest": digest, "content": _blob(old, digest)}
        new.change("INSERT INTO blobs (digest, content) VALUES (:digest, :content)", values)
        _blob(new, digest)
        tell("blobs", done, len(digests))
    return len(digests)


def _blob(connection: Connection, digest: str) -> bytes:
    """Its content, which is what its digest says. Raises `CatalogUnavailable`."""
    content: bytes = connection.rows("SELECT content FROM blobs WHERE digest = :digest", digest=digest)[0][0]
    if hashlib.sha256(content).hexdigest() != digest:
        raise CatalogUnavailable(f"The blob {digest} in the catalog is damaged: restore it from a backup")
    return content
