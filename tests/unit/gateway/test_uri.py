"""Where HTTP integrations go."""

from __future__ import annotations

import pytest

from gatewright.gateway.integrations.uri import InvalidEndpoint, Uri
from gatewright.wire.client_certificate import ClientCertificate


def reading(text: str, **parameters: str) -> tuple[str, str, int, bytes, bytes]:
    endpoint = Uri(text, verify=True).endpoint(parameters)
    target = endpoint.target
    return target.scheme, target.host, target.port, endpoint.host, endpoint.request_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://be.example/a?b=1", ("http", "be.example", 80, b"be.example", b"/a?b=1")),
        ("https://be.example", ("https", "be.example", 443, b"be.example", b"/")),
        ("HTTP://Be.Example:8080/A", ("http", "be.example", 8080, b"be.example:8080", b"/A")),
        ("http://be.example:80/", ("http", "be.example", 80, b"be.example", b"/")),
        ("http://[::1]:9000/x", ("http", "::1", 9000, b"[::1]:9000", b"/x")),
        ("http://be.example/a b", ("http", "be.example", 80, b"be.example", b"/a%20b")),
        ("http://be.example/{id}", ("http", "be.example", 80, b"be.example", b"/{id}")),
    ],
)
def test_a_uri_is_taken_apart(text: str, expected: tuple[str, str, int, bytes, bytes]) -> None:
    assert reading(text) == expected


@pytest.mark.parametrize(
    ("text", "parameters", "target"),
    [
        ("http://be/{id}", {"id": "7"}, b"/7"),
        ("http://be/{proxy}", {"proxy": "a%2Fb/c"}, b"/a%2Fb/c"),
        ("http://be/{proxy+}", {"proxy": "a/b"}, b"/a/b"),
        ("http://be/x?k={v}", {"v": "1"}, b"/x?k=1"),
        ("http://be/{id}/{other}", {"id": "7"}, b"/7/{other}"),
        ("http://be/{id}", {"id": "a b?c#d\r\nX: y"}, b"/a%20b%3Fc%23d%0D%0AX:%20y"),
    ],
)
def test_path_parameters_fill_variables_and_cannot_break_out(
    text: str, parameters: dict[str, str], target: bytes
) -> None:
    assert reading(text, **parameters)[4] == target


def test_a_host_may_be_a_variable() -> None:
    assert reading("http://{host}/x", host="be.example:81")[:3] == ("http", "be.example", 81)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "http:///path",
        "ftp://be/",
        "be.example/x",
        "http://user:pw@be/",
        "http://be:99999/",
        "http://be:x/",
        "http://b e/",
    ],
)
def test_what_is_no_http_address_is_met_by_the_request(text: str) -> None:
    with pytest.raises(InvalidEndpoint):
        Uri(text, verify=True).endpoint({})


@pytest.mark.parametrize("path", ["fixed", "{host}"])
def test_a_certificate_is_for_https_only(path: str) -> None:
    shown = ClientCertificate("certificate", "key")
    for scheme, expected in (("http", None), ("https", shown)):
        uri = Uri(f"{scheme}://{path}.example/", verify=True, shows=shown)
        assert uri.endpoint({"host": "be"}).target.shows == expected
