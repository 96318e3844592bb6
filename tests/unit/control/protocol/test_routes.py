"""Which operation a request asks for."""

from __future__ import annotations

import pytest

from gatewright.control.protocol.routes import Routes
from gatewright.control.protocol.service import services

APIGATEWAY = Routes(services()["apigateway"].operations)


def found(method: str, path: str, query: str = "") -> tuple[str, dict[str, str]] | None:
    match = APIGATEWAY.find(method, path, query)
    return None if match is None else (match.operation.name, match.labels)


@pytest.mark.parametrize(
    ("method", "path", "query", "operation"),
    [
        ("POST", "/restapis", "", "CreateRestApi"),
        ("POST", "/restapis/", "", "CreateRestApi"),
        ("POST", "/restapis", "mode=import", "ImportRestApi"),
        ("POST", "/restapis", "mode=import&basepath=prepend", "ImportRestApi"),
        ("POST", "/restapis", "mode=other", "CreateRestApi"),
        ("POST", "/apikeys", "format=csv&mode=import", "ImportApiKeys"),
    ],
)
def test_constants_of_the_query_choose(method: str, path: str, query: str, operation: str) -> None:
    match = found(method, path, query)
    assert match is not None
    assert match[0] == operation


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/nothing"),
        ("TRACE", "/restapis"),
        ("PUT", "/restapis"),
        ("GET", "/restapis//resources"),
        ("GET", "/restapis/a/b"),
        ("GET", "/restapis/a/resources/b/c"),
        ("GET", "/%"),
        ("GET", "/" * 5000),
    ],
)
def test_what_is_no_operation_is_not_found(method: str, path: str) -> None:
    assert found(method, path) is None


def test_an_arn_may_come_with_its_slashes() -> None:
    arn = "arn:aws:apigateway:us-east-1::/restapis/a/stages/b"
    for path in (
        f"/tags/{arn}",
        "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa%2Fstages%2Fb",
    ):
        assert found("GET", path) == ("GetTags", {"resource_arn": arn})


def test_labels_are_decoded_once() -> None:
    assert found("GET", "/restapis/a%252Fb%C3%A9") == ("GetRestApi", {"restapi_id": "a%2Fbé"})
