"""The catalog in SQL: what is the same in every engine, in statements that SQLite and PostgreSQL both know.

An engine adds how a read and a write begin, how it tells that something changed, and its `Connection`. Values
are named `:like_this`, as sqlite3 takes them; `postgres_pool` translates each statement once.
"""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from gatewright.catalog import bounds
from gatewright.catalog.api import CatalogUnavailable, Change, Document, Partition, Reader, Transaction
from gatewright.catalog.tables import HORIZON, REVISION

_PAST_SLASH = "0"  # the character after "/": a key with it is past all that stands below that key

HISTORY = 20_000  # changes the feed keeps
KNOWN_BYTES = 16 * 1024 * 1024  # of documents that a write remembers

ANYTHING = Partition("", "")  # the partition of the Change that stands for "anything may have changed"

_MINE = "account = :account AND region = :region"
_HERE = f"{_MINE} AND key = :key"
_BELOW = f"{_MINE} AND key >= :prefix AND key < :past"


class Connection(Protocol):
    """Inside one transaction. Both raise `CatalogUnavailable`, after which the transaction is given up."""

    def rows(self, statement: str, **values: object) -> list[Any]:
        """The rows, each a tuple of its columns; none for a statement that is no query."""

    def change(self, statement: str, *values: Mapping[str, object]) -> int:
        """Run an INSERT … VALUES (…) once for each of `values`, an UPDATE or DELETE for the one there is; how
        many rows it changed."""


def counter(connection: Connection, name: str) -> int:
    rows = connection.rows("SELECT value FROM counters WHERE name = :name", name=name)
    if not rows:
        raise CatalogUnavailable(f"The catalog has lost its {name} counter: restore it from a backup")
    return int(rows[0][0])


def set_counter(connection: Connection, name: str, value: int) -> None:
    connection.change("UPDATE counters SET value = :value WHERE name = :name", {"name": name, "value": value})


class SqlReader:
    """A `Reader` on a connection that holds a consistent snapshot."""

    def __init__(self, connection: Connection, partition: Partition) -> None:
        self.partition = partition
        self._connection = connection
        self._mine: dict[str, object] = {"account": partition.account, "region": partition.region}

    def get(self, key: str) -> Document | None:
        if bounds.key_problem(key):
            return None
        body = self._body(key)
        return None if body is None else bounds.decode(key, body)

    def _body(self, key: str) -> bytes | None:
        rows = self._connection.rows(f"SELECT body FROM documents WHERE {_HERE}", **self._mine, key=key)
        return rows[0][0] if rows else None

    def list(
        self, prefix: str, *, after: str = "", through: str = "", limit: int | None = None
    ) -> Iterator[tuple[str, Document]]:
        statement, values = f"SELECT key, body FROM documents WHERE {_BELOW}", self._below(prefix)
        if after:
            bounds.check_key(after)  # it may come from a client
            statement += " AND key > :after"
            values["after"] = after
        if through:
            statement += " AND key < :past_through"
            values["past_through"] = through + _PAST_SLASH
        statement += " ORDER BY key"
        if limit is not None:
            statement += " LIMIT :limit"
            values["limit"] = limit
        rows = self._connection.rows(statement, **values)
        return ((key, bounds.decode(key, body)) for key, body in rows)

    def get_blob(self, digest: str) -> bytes | None:
        rows = self._connection.rows("SELECT content FROM blobs WHERE digest = :digest", digest=digest)
        return rows[0][0] if rows else None

    def _below(self, prefix: str) -> dict[str, object]:
        bounds.check_prefix(prefix)
        return {**self._mine, "prefix": prefix, "past": prefix[:-1] + _PAST_SLASH}


class SqlTransaction(SqlReader):
    """A `Transaction` on a connection that has the only right to write. `finish` before the commit.

    Nobody else writes meanwhile. So it remembers the documents that it read and put, and writes them down
    together, once something looks at the table or they are many: an import puts a method five times.
    """

    def __init__(self, connection: Connection, partition: Partition) -> None:
        super().__init__(connection, partition)
        bounds.check_partition(partition)
        self._touched: dict[str, bool] = {}  # key -> deleted
        self._known: dict[str, bytes | None] = {}  # bodies; None: there is no such document
        self._known_bytes = 0
        self._unwritten: set[str] = set()  # keys of those that the table does not have yet

    def _body(self, key: str) -> bytes | None:
        if key in self._known:
            return self._known[key]
        body = super()._body(key)
        self._remember(key, body)
        return body

    def list(
        self, prefix: str, *, after: str = "", through: str = "", limit: int | None = None
    ) -> Iterator[tuple[str, Document]]:
        self._write_down()
        return super().list(prefix, after=after, through=through, limit=limit)

    def put(self, key: str, document: Document) -> None:
        bounds.check_key(key)
        self._unwritten.add(key)
        self._remember(key, bounds.encode(key, document))
        self._touched[key] = False

    def delete(self, key: str) -> bool:
        if bounds.key_problem(key):
            return False
        unwritten = key in self._unwritten
        self._unwritten.discard(key)
        here = {**self._mine, "key": key}
        removed = self._connection.change(f"DELETE FROM documents WHERE {_HERE}", here) > 0 or unwritten
        self._known[key] = None
        if removed:
            self._touched[key] = True
        return removed

    def delete_below(self, prefix: str) -> int:
        self._forget()
        below = self._below(prefix)
        rows = self._connection.rows(f"SELECT key FROM documents WHERE {_BELOW}", **below)
        if rows:
            self._connection.change(f"DELETE FROM documents WHERE {_BELOW}", below)
            self._touched.update((key, True) for (key,) in rows)
        return len(rows)

    def _remember(self, key: str, body: bytes | None) -> None:
        self._known[key] = body
        self._known_bytes += len(key) + len(body or b"")
        if self._known_bytes > KNOWN_BYTES:
            self._forget()

    def _forget(self) -> None:
        self._write_down()
        self._known.clear()
        self._known_bytes = 0

    def _write_down(self) -> None:
        if not self._unwritten:
            return
        self._connection.change(
            "INSERT INTO documents (account, region, key, body) VALUES (:account, :region, :key, :body) "
            "ON CONFLICT (account, region, key) DO UPDATE SET body = excluded.body",
            *({**self._mine, "key": key, "body": self._known[key]} for key in self._unwritten),
        )
        self._unwritten.clear()

    def put_blob(self, content: bytes) -> str:
        bounds.check_blob(content)
        digest = hashlib.sha256(content).hexdigest()
        if not self._connection.rows("SELECT 1 FROM blobs WHERE digest = :digest", digest=digest):
            values = {"digest": digest, "content": content}
            self._connection.change("INSERT INTO blobs (digest, content) VALUES (:digest, :content)", values)
        return digest

    def drop_blob(self, digest: str, users: str) -> bool:
        self._write_down()
        below = self._below(users)
        used = "SELECT 1 FROM documents WHERE key >= :prefix AND key < :past LIMIT 1"
        if self._connection.rows(used, prefix=below["prefix"], past=below["past"]):
            return False
        return self._connection.change("DELETE FROM blobs WHERE digest = :digest", {"digest": digest}) > 0

    def finish(self) -> None:
        """Give what was touched its revision and tell the feed."""
        if not self._touched:
            return
        self._write_down()
        revision = counter(self._connection, REVISION) + 1
        set_counter(self._connection, REVISION, revision)
        self._connection.change(
            "INSERT INTO changes (revision, account, region, key, deleted) "
            "VALUES (:revision, :account, :region, :key, :deleted)",
            *(
                {**self._mine, "revision": revision, "key": key, "deleted": deleted}
                for key, deleted in self._touched.items()
            ),
        )
        self._forget_old_changes()

    def _forget_old_changes(self) -> None:
        newest = self._connection.rows("SELECT max(sequence) FROM changes")[0][0]
        old = {"old": newest - HISTORY}
        select = "SELECT max(revision) FROM changes WHERE sequence <= :old"
        horizon = self._connection.rows(select, **old)[0][0]
        if horizon is not None:
            self._connection.change("DELETE FROM changes WHERE sequence <= :old", old)
            set_counter(self._connection, HORIZON, horizon)


class SqlCatalog(ABC):
    """A `Catalog` but for what differs between engines."""

    def __init__(self) -> None:
        self._seen = 0
        self._seeing = threading.Lock()

    @abstractmethod
    def mark(self) -> int: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection with a consistent snapshot; nothing is kept of what is done to it."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """A connection that alone may write; leaving normally commits durably, an exception rolls back."""

    def changed(self) -> bool:
        with self._seeing:
            mark = self.mark()
            changed = mark != self._seen
            self._seen = mark
        return changed

    @contextmanager
    def read(self, partition: Partition) -> Iterator[Reader]:
        with self.reading() as connection:
            yield SqlReader(connection, partition)

    @contextmanager
    def write(self, partition: Partition) -> Iterator[Transaction]:
        with self.writing() as connection:
            transaction = SqlTransaction(connection, partition)
            yield transaction
            transaction.finish()

    def find(self, key: str) -> Partition | None:
        if bounds.key_problem(key):
            return None
        with self.reading() as connection:
            rows = connection.rows("SELECT account, region FROM documents WHERE key = :key LIMIT 1", key=key)
        return Partition(*rows[0]) if rows else None

    def partitions(self, prefix: str) -> list[Partition]:
        bounds.check_prefix(prefix)
        select = "SELECT DISTINCT account, region FROM documents WHERE key >= :prefix AND key < :past"
        with self.reading() as connection:
            rows = connection.rows(select, prefix=prefix, past=prefix[:-1] + _PAST_SLASH)
        return [Partition(*row) for row in rows]

    def revision(self) -> int:
        with self.reading() as connection:
            return counter(connection, REVISION)

    def changes(self, since: int) -> list[Change]:
        with self.reading() as connection:
            newest = counter(connection, REVISION)
            # A revision of the future was learned from a catalog that has been replaced by an older copy.
            if since < counter(connection, HORIZON) or since > newest:
                return [Change(newest, ANYTHING, "", deleted=False)]
            rows = connection.rows(
                "SELECT revision, account, region, key, deleted FROM changes WHERE revision > :since "
                "ORDER BY sequence",
                since=since,
            )
        return [Change(row[0], Partition(row[1], row[2]), row[3], bool(row[4])) for row in rows]
