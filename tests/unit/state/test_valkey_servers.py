"""Where Valkey is, as a URL says it."""

from __future__ import annotations

import pytest

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
