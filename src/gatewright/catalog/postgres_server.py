"""A PostgreSQL server as the catalog reaches it: where it is, and how a connection is opened that notices
when the other side is gone."""

from __future__ import annotations

import os
import socket
from typing import Any

import psycopg
from psycopg import conninfo

from gatewright.catalog.api import CatalogUnavailable
from gatewright.catalog.postgres_faults import unavailable
from gatewright.catalog.postgres_tables import NAMESPACE

SCHEMES = ("postgresql://", "postgres://")
STATEMENT_SECONDS = 120  # the most that one statement may take: a blob of 250 MiB may take 20
STANDSTILL_SECONDS = 60  # after which the server ends a transaction whose client does nothing

# Of libpq, in force where the URL says nothing else. Whoever is cut off is given up within ten seconds or so.
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,  # milliseconds
    "client_encoding": "UTF8",
}

# Of each session. The server looks after its side of the connection too: a node that is cut off while it
# writes must not keep the others from writing. See `postgres_lock` for what holds of a write besides.
_SESSION = {
    "search_path": NAMESPACE,
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{STANDSTILL_SECONDS}s",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "4000",
}
_SET = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
# A write is acknowledged when it is on the disk, whatever the database's default; a stricter one stays.
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)

Connection = psycopg.Connection[tuple[Any, ...]]


class BadUrl(ValueError):
    """The URL cannot be used. The message does not quote it: it may hold a password."""


def parameters_of(url: str) -> dict[str, Any]:
    """What a URL says, by libpq's names. Raises `BadUrl`."""
    if not url.startswith(SCHEMES):
        raise BadUrl("must be a URL such as postgresql://user@host/database")
    try:
        return dict(conninfo.conninfo_to_dict(url))
    except psycopg.Error:
        raise BadUrl(
            "is no URL that PostgreSQL's libpq understands; special characters of a user or password are "
            "percent-encoded, parameters are those of libpq"
        ) from None


def has_password(url: str) -> bool:
    """A role's, or that of a client key. Raises `BadUrl`."""
    return not {"password", "sslpassword"}.isdisjoint(parameters_of(url))


def shown(url: str) -> str:
    """The server and database to name in messages: never a password. Raises `BadUrl`."""
    said = parameters_of(url)
    user = f"{said['user']}@" if "user" in said else ""
    port = f":{said['port']}" if "port" in said else ""
    return f"postgresql://{user}{said.get('host', '')}{port}/{said.get('dbname', '')}"


class Server:
    """Opens connections. Safe to use from several threads."""

    def __init__(self, url: str, lock_seconds: float) -> None:
        """`lock_seconds`: how long a statement waits for a lock. Raises `BadUrl`."""
        self.place = shown(url)
        self._parameters = {**_DEFAULTS, **parameters_of(url)}
        self._lock_timeout = f"SET lock_timeout = {max(1, int(lock_seconds * 1000))}"

    def connect(self) -> Connection:
        """A connection in autocommit mode. Raises `CatalogUnavailable`."""
        name = f"gatewright {os.getpid()} on {socket.gethostname()}"  # the server cuts it to 63 bytes
        try:
            connection = psycopg.connect(
                **{"fallback_application_name": name, **self._parameters}, autocommit=True
            )
        except psycopg.Error as error:
            raise unavailable(self.place, error) from None  # the cause is told; it may not tell a password
        try:
            for statement in (_SET, _DURABLE, self._lock_timeout):
                connection.execute(statement)
        except psycopg.Error as error:
            connection.close()
            raise unavailable(self.place, error) from error
        return connection

    def silent(self) -> CatalogUnavailable:
        """The error while the server, or the way to it, does not answer."""
        return CatalogUnavailable(
            f"The catalog {self.place} does not answer: see that its server works and can be reached"
        )


def sever(connection: Connection) -> None:
    """Wake the thread that waits for an answer on this connection, with an error."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        pass  # it is closed already
