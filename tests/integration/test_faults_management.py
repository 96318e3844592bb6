"""What is HTTP, but nothing the management port can serve: refused in AWS's shape, whoever sent it."""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.apis import Api
from tests.support.processes import BOUND, REGION, Gatewright
from tests.support.raw import ask, statuses

from gatewright.aws.credentials import read_credentials

RANDOM = random.Random(9)
TOO_LARGE = 10_485_761
NOT_JSON = {
    "half a document": b'{"name": ',
    "binary": RANDOM.randbytes(500),
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "a list": b"[1, 2]",
    "a string": b'"name"',
    "nested without end": b"[" * 100_000,
    "nested document": b'{"name":' * 50_000 + b"1" + b"}" * 50_000,
    "huge number": b'{"name": ' + b"9" * 10_000 + b"}",
    "NaN": b'{"name": NaN}',
}
UNKNOWN = [
    ("GET", "/nothing"),
    ("PATCH", "/restapis"),
    ("POST", "/restapis/abc/resources/def/methods"),
    ("GET", "/" + "a/" * 2_000),
    ("GET", "/%00%ff%2e%2e/%2e%2e/etc/passwd"),
]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "1")
    node = Gatewright("serve", tmp_path_factory.mktemp("management"), *flags)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(autouse=True)
def unharmed(node: Gatewright) -> Iterator[None]:
    """After each test the same process makes and deletes an API, and has logged no failure of its own."""
    before = node.children("control")
    yield
    gateway = Api(node).gateway
    for item in gateway.get_rest_apis()["items"]:
        gateway.delete_rest_api(restApiId=item["id"])
    gateway.close()
    assert node.children("control") == before
    assert not [line for line in node.logged if "Traceback" in line or "ERROR" in line]


def _answer(
    node: Gatewright, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, str, Any]:
    """Status, error type and document of what must be a refusal."""
    request = urllib.request.Request(node.management_url + path, body, headers, method=method)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=BOUND)
    with refused.value as answer:
        return answer.code, answer.headers["x-amzn-ErrorType"], json.loads(answer.read())


def _signed(node: Gatewright, method: str, path: str, body: bytes, secret: str = "") -> dict[str, str]:
    key = read_credentials(node.data_dir / "credentials")
    headers = {"Content-Type": "application/json"}
    request = AWSRequest(method, node.management_url + path, headers=headers, data=body)
    SigV4Auth(Credentials(key.access_key, secret or key.secret_key), "apigateway", REGION).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


def test_unsigned_and_wrongly_signed_requests_are_refused(node: Gatewright) -> None:
    path, body = "/restapis", b'{"name": "intruder"}'
    status, kind, _ = _answer(node, "POST", path, body, {})
    assert (status, kind) == (403, "MissingAuthenticationTokenException")
    forged = _signed(node, "POST", path, body, secret="guessed")
    status, kind, _ = _answer(node, "POST", path, body, forged)
    assert (status, kind) == (403, "InvalidSignatureException")
    status, kind, _ = _answer(node, "POST", path, b'{"name": "other"}', _signed(node, "POST", path, body))
    assert (status, kind) == (403, "InvalidSignatureException")
    gateway = node.client("apigateway")
    assert gateway.get_rest_apis()["items"] == []
    gateway.close()


@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=/",
        "Basic Og==",
        "Bearer x",
        "AWS4-HMAC-SHA256 " + "=" * 5_000,
    ],
)
def test_an_authorization_header_of_junk_is_refused(node: Gatewright, header: str) -> None:
    status, kind, document = _answer(node, "GET", "/restapis", b"", {"Authorization": header})
    assert status in (400, 403)
    assert kind.endswith("Exception")
    assert document["message"]


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_body_that_is_no_document_is_a_client_error(node: Gatewright, case: str) -> None:
    body = NOT_JSON[case]
    status, kind, document = _answer(
        node, "POST", "/restapis", body, _signed(node, "POST", "/restapis", body)
    )
    assert (status, kind.endswith("Exception")) == (400, True)
    assert set(document) <= {"message", "Type", "__type"}


@pytest.mark.parametrize(("method", "path"), UNKNOWN, ids=range(len(UNKNOWN)))
def test_an_unknown_operation_is_not_found(node: Gatewright, method: str, path: str) -> None:
    status, kind, document = _answer(node, method, path, b"", _signed(node, method, path, b""))
    assert (status, kind) == (404, "UnknownOperationException")
    assert document["message"]


def test_a_body_over_the_service_s_bound_is_refused(node: Gatewright) -> None:
    body = bytes(TOO_LARGE)
    status, kind, _ = _answer(node, "POST", "/restapis", body, _signed(node, "POST", "/restapis", body))
    assert (status, kind) == (413, "RequestEntityTooLargeException")


def test_a_body_no_service_takes_is_refused_before_it_is_sent(node: Gatewright) -> None:
    port = int(node.management_url.rpartition(":")[2])
    head = b"POST /restapis HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % 1_000_000_000
    assert statuses(ask(port, head, end=True)) == [413]
