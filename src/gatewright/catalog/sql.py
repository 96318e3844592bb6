"""The catalog in SQL: what is the same in every engine. An engine adds how a read and a write begin, and how
it tells that something changed."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from gatewright.catalog import bounds
from gatewright.catalog.api import CatalogUnavailable, Change, Document, Partition, Reader, Transaction
from gatewright.catalog.tables import HORIZON, REVISION, blobs, changes, counters, documents

_PAST_SLASH = "0"  # the character after "/": a key with it is past all that stands below that key

HISTORY = 20_000  # changes the feed keeps

ANYTHING = Partition("", "")  # the partition of the Change that stands for "anything may have changed"


def counter(connection: Connection, name: str) -> int:
    value: int | None = connection.scalar(select(counters.c.value).where(counters.c.name == name))
    if value is None:
        raise CatalogUnavailable(f"The catalog has lost its {name} counter: restore it from a backup")
    return value


def set_counter(connection: Connection, name: str, value: int) -> None:
    connection.execute(update(counters).where(counters.c.name == name).values(value=value))


class SqlReader:
    """A `Reader` on a connection that holds a consistent snapshot."""

    def __init__(self, connection: Connection, partition: Partition) -> None:
        self.partition = partition
        self._connection = connection
        self._mine = and_(documents.c.account == partition.account, documents.c.region == partition.region)

    def get(self, key: str) -> Document | None:
        if bounds.key_problem(key):
            return None
        body = self._connection.scalar(select(documents.c.body).where(self._mine, documents.c.key == key))
        return None if body is None else bounds.decode(key, body)

    def list(
        self, prefix: str, *, after: str = "", through: str = "", limit: int | None = None
    ) -> Iterator[tuple[str, Document]]:
        statement = select(documents.c.key, documents.c.body).where(self._below(prefix))
        if after:
            statement = statement.where(documents.c.key > after)
        if through:
            statement = statement.where(documents.c.key < through + _PAST_SLASH)
        rows = self._connection.execute(statement.order_by(documents.c.key).limit(limit)).all()
        return ((row.key, bounds.decode(row.key, row.body)) for row in rows)

    def get_blob(self, digest: str) -> bytes | None:
        return self._connection.scalar(select(blobs.c.content).where(blobs.c.digest == digest))

    def _below(self, prefix: str) -> ColumnElement[bool]:
        bounds.check_prefix(prefix)
        past = prefix[:-1] + _PAST_SLASH
        return and_(self._mine, documents.c.key >= prefix, documents.c.key < past)


class SqlTransaction(SqlReader):
    """A `Transaction` on a connection that has the only right to write. `finish` before the commit."""

    def __init__(self, connection: Connection, partition: Partition) -> None:
        super().__init__(connection, partition)
        bounds.check_partition(partition)
        self._touched: dict[str, bool] = {}  # key -> deleted

    def put(self, key: str, document: Document) -> None:
        bounds.check_key(key)
        body = bounds.encode(key, document)
        here = and_(self._mine, documents.c.key == key)
        if not self._connection.execute(update(documents).where(here).values(body=body)).rowcount:
            owner = {"account": self.partition.account, "region": self.partition.region}
            self._connection.execute(insert(documents).values(owner | {"key": key, "body": body}))
        self._touched[key] = False

    def delete(self, key: str) -> bool:
        if bounds.key_problem(key):
            return False
        here = and_(self._mine, documents.c.key == key)
        removed = self._connection.execute(delete(documents).where(here)).rowcount > 0
        if removed:
            self._touched[key] = True
        return removed

    def delete_below(self, prefix: str) -> int:
        below = self._below(prefix)
        keys = self._connection.scalars(select(documents.c.key).where(below)).all()
        if keys:
            self._connection.execute(delete(documents).where(below))
            self._touched.update(dict.fromkeys(keys, True))
        return len(keys)

    def put_blob(self, content: bytes) -> str:
        bounds.check_blob(content)
        digest = hashlib.sha256(content).hexdigest()
        if self._connection.scalar(select(blobs.c.digest).where(blobs.c.digest == digest)) is None:
            self._connection.execute(insert(blobs).values(digest=digest, content=content))
        return digest

    def finish(self) -> None:
        """Give what was touched its revision and tell the feed."""
        if not self._touched:
            return
        revision = counter(self._connection, REVISION) + 1
        set_counter(self._connection, REVISION, revision)
        account, region = self.partition.account, self.partition.region
        rows = [
            {"revision": revision, "account": account, "region": region, "key": key, "deleted": deleted}
            for key, deleted in self._touched.items()
        ]
        self._connection.execute(insert(changes), rows)
        self._forget_old_changes()

    def _forget_old_changes(self) -> None:
        newest = self._connection.scalar(select(func.max(changes.c.sequence))) or 0
        old = changes.c.sequence <= newest - HISTORY
        horizon = self._connection.scalar(select(func.max(changes.c.revision)).where(old))
        if horizon is not None:
            self._connection.execute(delete(changes).where(old))
            set_counter(self._connection, HORIZON, horizon)


class SqlCatalog(ABC):
    """A `Catalog` but for what differs between engines."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]:
        """A connection with a consistent snapshot; nothing is kept of what is done to it."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Connection]:
        """A connection that alone may write; leaving normally commits durably, an exception rolls back."""

    @contextmanager
    def read(self, partition: Partition) -> Iterator[Reader]:
        with self._reading() as connection:
            yield SqlReader(connection, partition)

    @contextmanager
    def write(self, partition: Partition) -> Iterator[Transaction]:
        with self._writing() as connection:
            transaction = SqlTransaction(connection, partition)
            yield transaction
            transaction.finish()

    def find(self, key: str) -> Partition | None:
        if bounds.key_problem(key):
            return None
        statement = select(documents.c.account, documents.c.region).where(documents.c.key == key).limit(1)
        with self._reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else Partition(row.account, row.region)

    def revision(self) -> int:
        with self._reading() as connection:
            return counter(connection, REVISION)

    def changes(self, since: int) -> list[Change]:
        with self._reading() as connection:
            newest = counter(connection, REVISION)
            # A revision of the future was learned from a catalog that has been replaced by an older copy.
            if since < counter(connection, HORIZON) or since > newest:
                return [Change(newest, ANYTHING, "", deleted=False)]
            newer = select(changes).where(changes.c.revision > since).order_by(changes.c.sequence)
            rows = connection.execute(newer).all()
        return [Change(r.revision, Partition(r.account, r.region), r.key, r.deleted) for r in rows]
