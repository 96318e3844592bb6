"""Which API and stage a request is addressed to."""

from __future__ import annotations

import pytest

from gatewright.gateway.address import LENGTH, REMEMBERED, Addresses
from gatewright.wire.types import Headers, Request


def read(host: str, path: str) -> tuple[str, str, str, str, str] | None:
    address = Addresses().read(Request("GET", path, headers=Headers([(b"Host", host.encode())])))
    if address is None:
        return None
    return address.api_id, address.stage, address.path, address.context_path, address.domain


@pytest.mark.parametrize(
    ("host", "api_id", "domain"),
    [
        ("a1b2c3.execute-api.localhost:8080", "a1b2c3", "a1b2c3.execute-api.localhost"),
        (
            "a1b2c3.execute-api.eu-west-1.amazonaws.com",
            "a1b2c3",
            "a1b2c3.execute-api.eu-west-1.amazonaws.com",
        ),
        ("A1B2C3.EXECUTE-API.localhost", "a1b2c3", "a1b2c3.execute-api.localhost"),
        (
            "abc123-vpce-0aa.execute-api.us-east-1.amazonaws.com",
            "abc123",
            "abc123-vpce-0aa.execute-api.us-east-1.amazonaws.com",
        ),
    ],
)
def test_a_host_names_the_api(host: str, api_id: str, domain: str) -> None:
    assert read(host, "/dev/pets") == (api_id, "dev", "/pets", "/dev/pets", domain)


@pytest.mark.parametrize(
    ("sent", "stage", "path", "context_path"),
    [
        ("/stage/proxy-value", "stage", "/proxy-value", "/stage/proxy-value"),
        ("/stage/proxy-value/", "stage", "/proxy-value/", "/stage/proxy-value/"),
        ("/stage/a//double", "stage", "/a//double", "/stage/a//double"),
        ("/stage//proxy-value", "stage", "/proxy-value", "/stage//proxy-value"),
        ("//stage/proxy-value", "stage", "/proxy-value", "/stage/proxy-value"),
        ("/stage", "stage", "/", "/stage"),
        ("/stage/", "stage", "/", "/stage/"),
        ("/stage/test%2Balias@x", "stage", "/test%2Balias@x", "/stage/test%2Balias@x"),
        ("/", "", "/", "/"),
    ],
)
def test_the_path_is_split_as_recorded(sent: str, stage: str, path: str, context_path: str) -> None:
    address = read("api1.execute-api.localhost", sent)
    assert address is not None
    assert address[1:4] == (stage, path, context_path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/restapis/api1/dev/_user_request_/a/b", ("api1", "dev", "/a/b", "/dev/a/b", "localhost")),
        ("/restapis/api1/dev/_user_request_", ("api1", "dev", "/", "/dev", "localhost")),
        ("/restapis/api1/dev/_user_request_/", ("api1", "dev", "/", "/dev/", "localhost")),
        ("/_aws/execute-api/API1/dev/a", ("api1", "dev", "/a", "/dev/a", "localhost")),
        ("/_aws/execute-api/api1/dev", ("api1", "dev", "/", "/dev", "localhost")),
    ],
)
def test_a_path_form_names_the_api(path: str, expected: tuple[str, ...]) -> None:
    assert read("localhost:4566", path) == expected


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("localhost:4566", "/restapis/api1/stages/dev"),
        ("localhost:4566", "/restapis/api1"),
        ("localhost", "/"),
        ("execute-api.localhost", "/dev/pets"),
        (".execute-api.localhost", "/dev/pets"),
        ("[::1]:4566", "/dev"),
        ("", "/dev"),
    ],
)
def test_anything_else_names_none(host: str, path: str) -> None:
    assert read(host, path) is None


def test_strangers_addresses_do_not_fill_the_memory() -> None:
    addresses = Addresses()
    for number in range(REMEMBERED + 10):
        headers = Headers([(b"Host", b"h%d.example" % number)])
        addresses.read(Request("GET", "/", headers=headers))
    assert 0 < len(addresses._known) <= REMEMBERED
    before = len(addresses._known)
    addresses.read(Request("GET", "/" + "x" * LENGTH, headers=Headers([(b"Host", b"long")])))
    assert len(addresses._known) == before
