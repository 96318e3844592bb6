"""Whatever document is sent to whatever operation, the answer is the operation's or a client error."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.management import PARTITION, running_management

from gatewright.catalog.sqlite import open_catalog
from gatewright.control.protocol.service import services

EXAMPLES = 400
NOT_IMPLEMENTED = 501  # what an operation that is not written yet answers

CLAIM = (
    f"AWS4-HMAC-SHA256 Credential={PARTITION.account}/20260101/{PARTITION.region}/{{service}}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
OPERATIONS = [
    (name, operation.http["method"], operation.http["requestUri"])
    for name, service in services().items()
    for operation in service.operations
    if not operation.name.startswith("Invoke")  # there is nothing here to invoke
]
WORDS = st.sampled_from(
    ["", "a", "GET", "MOCK", "/", "replace", "/name", "0", "200", "application/json", "dev"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20)


def members(service: str) -> list[str]:
    """Every member name of the service's inputs, so that guesses hit."""
    shapes = [operation.input_shape for operation in services()[service].operations]
    return sorted({name for shape in shapes if shape for name in shape.members})


def documents(service: str) -> st.SearchStrategy[Any]:
    names = st.sampled_from([*members(service), "op", "path", "value", "patchOperations"]) | st.text(
        max_size=8
    )

    def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6)

    return st.recursive(SCALARS, deeper, max_leaves=12)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, bytes]:
    """Service, method, path and body."""
    service, method, template = draw(st.sampled_from(OPERATIONS))
    path = "/".join(
        quote(draw(WORDS | st.text(min_size=1, max_size=6)), safe="") if part.startswith("{") else part
        for part in template.partition("?")[0].split("/")
    )
    body = json.dumps(draw(documents(service))).encode()
    return service, method, path, body


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    directory: Path = tmp_path_factory.mktemp("fuzz")
    catalog = open_catalog(directory)
    try:
        with running_management(catalog) as url:
            yield int(url.rpartition(":")[2])
    finally:
        catalog.close()


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(request=requests())
def test_no_document_makes_the_server_fail(port: int, request: tuple[str, str, str, bytes]) -> None:
    service, method, path, body = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Authorization": CLAIM.format(service=service)})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    assert answer.status < 500 or answer.status == NOT_IMPLEMENTED, text
