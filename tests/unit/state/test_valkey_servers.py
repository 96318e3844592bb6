"""Where Valkey is, as a URL says it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import Way
from tests.support.valkey import ValkeyServer
from tests.unit.wire.conftest import Authority
from valkey.exceptions import ConnectionError

from gatewright.state.valkey_servers import parse_servers


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("valkey://host", "valkey://host:6379/0"),
        ("valkey://host/", "valkey://host:6379/0"),
        ("valkey://[::1]:7000/3", "valkey://[::1]:7000/3"),
        ("valkeys://ann:secret@host", "valkeys://host:6379/0"),
        ("valkey+cluster://host:7000", "valkey+cluster://host:7000"),
        ("valkey://:secret@a:1,b", "valkey+cluster://a:1,b:6379"),
    ],
)
def test_what_is_understood_and_shown(url: str, shown: str) -> None:
    servers = parse_servers(url)
    assert str(servers) == shown
    assert "secret" not in repr(servers)


def test_the_parts_of_a_url() -> None:
    servers = parse_servers("valkeys://ann:p%40ss@host:7000/3")
    assert (servers.hosts, servers.tls, servers.cluster) == ((("host", 7000),), True, False)
    assert (servers.database, servers.user, servers.password) == (3, "ann", "p@ss")
    assert parse_servers("valkey://:only@host").user is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://:secret@host", "is no URL of Valkey"),
        ("valkey://", "is no URL of Valkey"),
        ("valkey://:se@cret@host", "is no URL of Valkey"),
        ("valkey://host:0", "is no URL of Valkey"),
        ("valkey://host:65536", "is no URL of Valkey"),
        ("valkey://host/name", "is no URL of Valkey"),
        ("valkey://host?x=secret", "is no URL of Valkey"),
        ("valkey://a,b/1", "a cluster has only database 0"),
        ("valkeys://:secret@a,b", "asks for TLS to a cluster"),
        ("valkeys+cluster://a", "asks for TLS to a cluster"),
        ("valkey+cluster://a/1", "a cluster has only database 0"),
    ],
)
def test_what_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        parse_servers(url)
    assert "secret" not in str(caught.value)


def test_a_server_is_spoken_to_in_tls_if_its_certificate_is_trusted_and_for_it(
    server: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    way = Way(server.port, authority.issue("localhost", "localhost"))

    def ask(host: str) -> object:
        client: Any = parse_servers(f"valkeys://{host}:{way.port}").connect()
        with closing(client):
            return client.ping()

    with pytest.raises(ConnectionError, match="unable to get local issuer certificate"):
        ask("localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    assert ask("localhost") is True
    with pytest.raises(ConnectionError, match=r"not valid for '127\.0\.0\.1'"):
        ask("127.0.0.1")
    way.close()
