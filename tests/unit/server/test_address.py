from __future__ import annotations

import pytest

from gatewright.server.address import Address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("[::1]:0", "::1", 0),
        ("localhost:4566", "localhost", 4566),
        (":8080", "0.0.0.0", 8080),
        (" gateway.example:65535 ", "gateway.example", 65535),
    ],
)
def test_host_and_port_are_read(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == Address(host, port)


@pytest.mark.parametrize("text", ["8080", "::1:8080", "localhost", ""])
def test_what_is_not_host_and_port_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not HOST:PORT, such as"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["localhost:", "localhost:http", "localhost:65536", "localhost:-1", "h:١"])
def test_what_does_not_end_in_a_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="port from 0 to 65535"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "localhost:1"])
def test_loopback(text: str) -> None:
    assert Address.parse(text).loopback


@pytest.mark.parametrize("text", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example.com:1", ":1"])
def test_not_loopback(text: str) -> None:
    assert not Address.parse(text).loopback


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::]:8080", "http://[::1]:8080"),
        ("localhost:8080", "http://localhost:8080"),
    ],
)
def test_the_url_reaches_it_from_this_machine(text: str, url: str) -> None:
    assert Address.parse(text).url("http") == url


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "[::1]:8080"])
def test_text_and_back(text: str) -> None:
    assert str(Address.parse(text)) == text
