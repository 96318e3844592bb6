"""What the catalog accepts: keys, documents and blobs, each with its bound; and how a document is kept."""

from __future__ import annotations

import orjson

from gatewright.catalog.api import CatalogUnavailable, Document, InvalidDocument, Partition

KEY_BYTES = 1_024  # longer than any path of AWS identifiers; within PostgreSQL's index row
PARTITION_CHARACTERS = 64
DOCUMENT_BYTES = 64 * 1024 * 1024  # a deployment's snapshot of 10,000 methods is about 20 MiB
BLOB_BYTES = 256 * 1024 * 1024  # Lambda's largest code package is 250 MiB

_ENCODING = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def key_problem(key: str) -> str | None:
    """Why nothing can be kept under `key`; None for a good key."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return "is not Unicode text (it holds half of a surrogate pair)"
    if not 0 < size <= KEY_BYTES:
        return f"must have 1 to {KEY_BYTES} bytes, it has {size}"
    if "\0" in key:
        return "must not contain a NUL character"
    if key.startswith("/") or key.endswith("/"):
        return "must not begin or end with a slash"
    return None


def check_key(key: str) -> None:
    if problem := key_problem(key):
        raise InvalidDocument(f"The catalog key {key[:80]!r} {problem}")


def check_partition(partition: Partition) -> None:
    for name, value in (("account", partition.account), ("region", partition.region)):
        if not 0 < len(value) <= PARTITION_CHARACTERS or not value.isascii() or not value.isprintable():
            raise InvalidDocument(
                f"The partition's {name} must have 1 to {PARTITION_CHARACTERS} printable ASCII characters, "
                f"not {value[:80]!r}"
            )


def check_prefix(prefix: str) -> None:
    if not prefix.endswith("/"):
        raise InvalidDocument(f"The catalog prefix {prefix[:80]!r} must end with a slash")
    check_key(prefix[:-1])


def encode(key: str, document: Document) -> bytes:
    """The document as kept; raises `InvalidDocument` for what JSON cannot hold and for too much of it."""
    if not isinstance(document, dict):
        raise InvalidDocument(f"The document {key!r} must be a JSON object, not {type(document).__name__}")
    try:
        body = orjson.dumps(document, option=_ENCODING)
    except TypeError as error:
        raise InvalidDocument(f"The document {key!r} cannot be kept as JSON: {error}") from error
    if len(body) > DOCUMENT_BYTES:
        raise InvalidDocument(f"The document {key!r} has {len(body)} bytes; the bound is {DOCUMENT_BYTES}")
    return body


def decode(key: str, body: bytes) -> Document:
    try:
        document: Document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise CatalogUnavailable(
            f"The document {key!r} in the catalog is damaged ({error}): restore the catalog from a backup"
        ) from error
    return document


def check_blob(content: bytes) -> None:
    if len(content) > BLOB_BYTES:
        raise InvalidDocument(f"A blob of {len(content)} bytes cannot be kept; the bound is {BLOB_BYTES}")
