"""The catalog's tables, the same in every SQL engine."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table

SCHEMA_VERSION = 1

metadata = MetaData()

# Single numbers by name: SCHEMA, REVISION (newest committed), HORIZON (the newest revision whose changes are
# no longer all kept in the feed).
counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Integer, nullable=False),
)
SCHEMA, REVISION, HORIZON = "schema", "revision", "horizon"

documents = Table(
    "documents",
    metadata,
    Column("account", String, primary_key=True),
    Column("region", String, primary_key=True),
    # Compared bytewise: SQLite's default; PostgreSQL needs the collation named.
    Column("key", String().with_variant(String(collation="C"), "postgresql"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("documents_by_key", documents.c.key)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256, hexadecimal
    Column("content", LargeBinary, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("revision", Integer, nullable=False, index=True),
    Column("account", String, nullable=False),
    Column("region", String, nullable=False),
    Column("key", String, nullable=False),
    Column("deleted", Boolean, nullable=False),
)
