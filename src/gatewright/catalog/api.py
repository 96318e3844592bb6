"""The catalog's interface: one table of JSON documents per partition (account and region), revisions, a feed.

Keys are slash-separated paths such as `restapis/a1b2c3d4e5/resources/x7k2p9`. A prefix passed to `list` ends
with a slash and lists everything below it, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Document = dict[str, Any]


class Partition(NamedTuple):
    """Whose documents: as the request was signed."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Change:
    """One key written or deleted by the transaction that made `revision`."""

    revision: int
    partition: Partition
    key: str
    deleted: bool


class CatalogUnavailable(Exception):
    """The store cannot be read or written now: busy beyond the bound, disk full, file damaged, server away.

    Of a write it may also say that nobody knows whether it was made.
    """


class InvalidDocument(ValueError):
    """A key, document, blob or partition past the catalog's bounds, or a document that is not JSON."""


class Reader(Protocol):
    """A consistent view of one partition."""

    partition: Partition

    def get(self, key: str) -> Document | None:
        """The document, a fresh copy the caller may change; None if there is none."""

    def list(
        self, prefix: str, *, after: str = "", through: str = "", limit: int | None = None
    ) -> Iterator[tuple[str, Document]]:
        """All documents below `prefix` (ends with a slash), in key order (bytewise).

        Of these only keys past `after`, up to what stands below the key `through`, and `limit` at most.
        """

    def get_blob(self, digest: str) -> bytes | None:
        """Content stored by `put_blob`."""


class Transaction(Reader, Protocol):
    """A view of one partition that may write; sees its own writes; all or nothing."""

    def put(self, key: str, document: Document) -> None: ...

    def delete(self, key: str) -> bool:
        """Remove one document; False if there was none."""

    def delete_below(self, prefix: str) -> int:
        """Remove everything below `prefix` (ends with a slash); how many were removed."""

    def put_blob(self, content: bytes) -> str:
        """Keep bytes under their SHA-256 (hex), which is returned; equal content is kept once."""

    def drop_blob(self, digest: str, users: str) -> bool:
        """Remove content that nobody uses: no partition has a document below the prefix `users`."""


class Catalog(Protocol):
    """Safe to use from several threads and several processes at once."""

    def read(self, partition: Partition) -> AbstractContextManager[Reader]: ...

    def write(self, partition: Partition) -> AbstractContextManager[Transaction]:
        """Begin a write; leaving the block normally commits durably, an exception rolls back.

        Writers queue for a bounded time, then `CatalogUnavailable`.
        """

    def find(self, key: str) -> Partition | None:
        """The partition that holds exactly this key: API ids are unique over all partitions."""

    def partitions(self, prefix: str) -> list[Partition]:
        """Those that have documents below `prefix` (ends with a slash)."""

    def revision(self) -> int:
        """The revision of the newest committed write, 0 for an empty catalog."""

    def changes(self, since: int) -> list[Change]:
        """What was written after revision `since`, oldest first. Bounded history: if `since` is older than
        what is kept, one Change with key "" stands for "anything may have changed"."""

    def mark(self) -> int:
        """Cheap poll (a few microseconds): a number that moves once any process may have committed."""

    def changed(self) -> bool:
        """Whether the mark has moved since the last call: for one caller, who reads `changes` then."""

    def close(self) -> None: ...
