"""The catalog's tables, as SQLite makes them."""

from __future__ import annotations

SCHEMA_VERSION = 1

# Single numbers by name: SCHEMA, REVISION (newest committed), HORIZON (the newest revision whose changes are
# no longer all kept in the feed).
SCHEMA, REVISION, HORIZON = "schema", "revision", "horizon"

TABLES = (
    "CREATE TABLE counters (name VARCHAR NOT NULL PRIMARY KEY, value INTEGER NOT NULL)",
    # Keys are compared bytewise: SQLite's default; PostgreSQL needs the collation "C" named.
    """CREATE TABLE documents (
        account VARCHAR NOT NULL,
        region VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (account, region, key)
    ) WITHOUT ROWID""",
    "CREATE INDEX documents_by_key ON documents (key)",
    # The digest is the content's SHA-256, hexadecimal.
    "CREATE TABLE blobs (digest VARCHAR(64) NOT NULL PRIMARY KEY, content BLOB NOT NULL)",
    """CREATE TABLE changes (
        sequence INTEGER NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        account VARCHAR NOT NULL,
        region VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        deleted BOOLEAN NOT NULL
    )""",
    "CREATE INDEX ix_changes_revision ON changes (revision)",
)
