"""Where Valkey is: one server or a cluster, as a URL says it, and the client of it.

valkey://[USER:PASSWORD@]HOST[:PORT][/DATABASE]     one server; valkeys:// with TLS
valkey+cluster://HOST:PORT                          a cluster, found from one of its nodes
valkey://HOST:PORT,HOST:PORT                        the same, from several
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

PORT = 6379
CONNECT_SECONDS, COMMAND_SECONDS = 1.0, 0.25  # the longest that a command waits for the network

_URL = re.compile(
    r"(?P<scheme>valkeys?)(?P<cluster>\+cluster)?://((?P<user>[^:@/]*):(?P<password>[^@/]*)@)?"
    r"(?P<hosts>[^@/?#]+)(/(?P<database>[0-9]{0,5}))?"
)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?")
_FORM = (
    "is no URL of Valkey such as valkey://host:6379/0, valkeys://user:password@host for TLS, or "
    "valkey+cluster://host:6379; characters of a password that mean something in a URL stand as %XX"
)


class Client(Protocol):
    """What is used of a client; any thread may."""

    def evalsha(self, sha: str, keys: int, *keys_and_args: Any) -> Any: ...

    def eval(self, script: str, keys: int, *keys_and_args: Any) -> Any: ...

    def info(self, section: str) -> Any: ...

    def dbsize(self) -> Any: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Servers:
    """What a URL names. Shown without the password."""

    hosts: tuple[tuple[str, int], ...]
    tls: bool
    cluster: bool
    database: int
    user: str | None
    password: str | None = field(repr=False)

    def __str__(self) -> str:
        where = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        if self.cluster:
            return f"valkey+cluster://{where}"
        return f"{'valkeys' if self.tls else 'valkey'}://{where}/{self.database}"

    def connect(self) -> Client:
        """A client. A single server is connected to with the first command, a cluster now."""
        # Imported here, and where commands are sent: whoever only reads a URL goes without.
        from valkey import Valkey, cluster
        from valkey.backoff import NoBackoff
        from valkey.exceptions import ConnectionError
        from valkey.retry import Retry

        common: dict[str, Any] = {
            "username": self.user,
            "password": self.password,
            "ssl": self.tls,
            "socket_timeout": COMMAND_SECONDS,
            "socket_connect_timeout": CONNECT_SECONDS,
            # Once more: a kept connection may have been closed since it was used last.
            "retry": Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        }
        if self.tls:
            common["ssl_check_hostname"] = True
        client: Any
        if self.cluster:
            node: Any = cluster.ClusterNode
            nodes = [node(host, port) for host, port in self.hosts]
            client = cluster.ValkeyCluster(startup_nodes=nodes, cluster_error_retry_attempts=1, **common)
        else:
            ((host, port),) = self.hosts
            client = Valkey(host=host, port=port, db=self.database, **common)
        found: Client = client
        return found


def parse_servers(url: str) -> Servers:
    """Raises ValueError, without the URL in it: it may hold a password."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(_FORM)
    hosts = tuple(_host(text) for text in match["hosts"].split(","))
    cluster = match["cluster"] is not None or len(hosts) > 1
    database = int(match["database"] or 0)
    if cluster and database:
        raise ValueError(f"names the database {database}, but a cluster has only database 0: leave it out")
    if cluster and match["scheme"] == "valkeys":
        raise ValueError(
            "asks for TLS to a cluster, whose certificates the client would accept for any host: use "
            "valkey+cluster:// on a network that is trusted or encrypted otherwise, or one server with valkeys://"
        )
    return Servers(
        hosts,
        match["scheme"] == "valkeys",
        cluster,
        database,
        unquote(match["user"] or "") or None,
        unquote(match["password"] or "") or None,
    )


def _host(text: str) -> tuple[str, int]:
    match = _HOST.fullmatch(text)
    if match is None or not 0 < int(match["port"] or PORT) < 65_536:
        raise ValueError(_FORM)
    return match["host"].strip("[]"), int(match["port"] or PORT)
