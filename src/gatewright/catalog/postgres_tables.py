"""The catalog's tables as PostgreSQL has them, made and altered step by step.

They stand in a schema of their own, so that the database may hold other things too.
"""

from __future__ import annotations

from gatewright.catalog.tables import HORIZON, REVISION, SCHEMA

NAMESPACE = "gatewright"

# What each version of the schema adds to the one before; the first makes an empty catalog. A step that was
# released is never edited: the next one alters what it made.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        'CREATE TABLE counters (name TEXT COLLATE "C" NOT NULL PRIMARY KEY, value BIGINT NOT NULL)',
        # Keys are compared bytewise.
        """CREATE TABLE documents (
            account TEXT COLLATE "C" NOT NULL,
            region TEXT COLLATE "C" NOT NULL,
            key TEXT COLLATE "C" NOT NULL,
            body BYTEA NOT NULL,
            PRIMARY KEY (account, region, key)
        )""",
        "CREATE INDEX documents_by_key ON documents (key)",
        # The digest is the content's SHA-256, hexadecimal. What was zipped is not compressed again.
        'CREATE TABLE blobs (digest TEXT COLLATE "C" NOT NULL PRIMARY KEY, content BYTEA NOT NULL)',
        "ALTER TABLE blobs ALTER COLUMN content SET STORAGE EXTERNAL",
        """CREATE TABLE changes (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            revision BIGINT NOT NULL,
            account TEXT COLLATE "C" NOT NULL,
            region TEXT COLLATE "C" NOT NULL,
            key TEXT COLLATE "C" NOT NULL,
            deleted BOOLEAN NOT NULL
        )""",
        "CREATE INDEX changes_by_revision ON changes (revision)",
        f"INSERT INTO counters (name, value) VALUES ('{SCHEMA}', 0), ('{REVISION}', 0), ('{HORIZON}', 0)",
    ),
)

SCHEMA_VERSION = len(STEPS)
