"""The management port as a client sees it that is no SDK."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

import pytest
from tests.support.management import PARTITION, NoFunctions, outside, running_management

from gatewright.catalog.api import Catalog, CatalogUnavailable, Partition
from gatewright.control.application import Management
from gatewright.control.context import Services
from gatewright.control.operations import list_operations
from gatewright.wire.types import Request, Response

from .conftest import Ask, asker


def test_an_api_is_made_and_read_in_plain_json(ask: Ask) -> None:
    made = ask("POST", "/restapis", b'{"name": "pets"}')
    assert made.status == 201
    assert made.headers["Content-Type"] == "application/json"
    assert UUID(made.headers["x-amzn-RequestId"])
    read = ask("GET", f"/restapis/{made.json['id']}")
    assert (read.status, read.json) == (200, {**made.json, "tags": {}})
    assert isinstance(made.json["createdDate"], int)
    assert ask("DELETE", f"/restapis/{made.json['id']}").body == b""


def test_an_unknown_route_is_named(ask: Ask) -> None:
    assert ask("GET", "/nothing").error == (
        404,
        "UnknownOperationException",
        "GET /nothing is no operation of apigateway",
    )
    assert ask("PATCH", "/2015-03-31/functions").error[2].endswith("is no operation of lambda")


def test_an_operation_that_is_not_done_is_named(ask: Ask) -> None:
    missing = next(name for service, name, done in list_operations() if service == "apigateway" and not done)
    assert missing == "CreateBasePathMapping"
    status, code, message = ask("POST", "/domainnames/a/basepathmappings", b"{}").error
    assert (status, code) == (501, "NotImplementedException")
    assert message.startswith(
        "Amazon API Gateway operation CreateBasePathMapping is not implemented by Gatewright yet"
    )


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b'{"name": 1}', b"<name/>"])
def test_a_body_that_is_no_input_is_refused(ask: Ask, body: bytes) -> None:
    assert ask("POST", "/restapis", body).error[:2] == (400, "SerializationException")


def test_a_missing_name_is_a_validation_error(ask: Ask) -> None:
    assert ask("POST", "/restapis").error == (
        400,
        "ValidationException",
        "1 validation error detected: Value null at 'createRestApiInput.name' failed to satisfy constraint: "
        "Member must not be null",
    )


def test_a_body_past_the_bound_is_refused(ask: Ask) -> None:
    assert ask("POST", "/restapis", b" " * 10_485_761).error == (
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 10485760 bytes for the CreateRestApi operation",
    )


@pytest.mark.parametrize(
    "path", ["/restapis/a%00b", "/restapis/%ff", "/restapis/" + "x" * 4000, "/restapis/a%2Fb"]
)
def test_an_id_that_cannot_be_is_not_found(ask: Ask, path: str) -> None:
    assert ask("GET", path).error[:2] == (404, "NotFoundException")


def test_a_value_the_catalog_cannot_keep_is_a_bad_request(ask: Ask) -> None:
    api = ask("POST", "/restapis", b'{"name": "a"}').json["id"]
    model = b'{"name": "%b", "contentType": "application/json", "schema": "{}"}' % (b"a" * 2000)
    status, code, message = ask("POST", f"/restapis/{api}/models", model).error
    assert (status, code) == (400, "BadRequestException")
    assert "1 to 1024 bytes" in message


def test_the_credential_scope_chooses_account_and_region(ask: Ask, catalog: Catalog) -> None:
    def signed(key: str, region: str) -> str:
        credential = f"{key}/20260101/{region}/apigateway/aws4_request"
        return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"

    date = "20260101T000000Z"
    for key, region, partition in (
        ("222233334444", "eu-west-1", Partition("222233334444", "eu-west-1")),
        ("AKIDEXAMPLE", "eu-west-1", Partition("111122223333", "eu-west-1")),
    ):
        made = ask("POST", "/restapis", b'{"name": "a"}', Authorization=signed(key, region), X_Amz_Date=date)
        assert catalog.find(f"restapi/{made.json['id']}") == partition
    unsigned = ask("POST", "/restapis", b'{"name": "a"}')
    assert catalog.find(f"restapi/{unsigned.json['id']}") == Partition("111122223333", "us-east-1")
    bad = ask("GET", "/restapis", Authorization=signed("AKIDEXAMPLE", "a%20b"), X_Amz_Date=date)
    assert bad.error[:2] == (403, "InvalidSignatureException")


class BrokenCatalog:
    """A catalog whose every use fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, _partition: Partition) -> Any:
        raise self._error

    write = read

    def find(self, _key: str) -> None:
        raise self._error


@pytest.mark.parametrize(("method", "path"), [("GET", "/restapis"), ("POST", "/restapis")])
def test_an_unavailable_catalog_is_said(method: str, path: str) -> None:
    broken: Any = BrokenCatalog(CatalogUnavailable("The disk is full: make room"))
    with running_management(broken) as endpoint:
        answer = asker(endpoint)(method, path, b'{"name": "a"}')
    assert answer.error == (503, "ServiceUnavailableException", "The disk is full: make room")
    assert answer.headers["Retry-After"] == "1"


def test_a_fault_of_ours_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = BrokenCatalog(RuntimeError("secret detail"))
    with caplog.at_level(logging.ERROR), running_management(broken) as endpoint:
        answer = asker(endpoint)("GET", "/restapis")
    assert answer.error[:2] == (500, "InternalFailure")
    assert b"secret detail" not in answer.body
    assert answer.headers["x-amzn-RequestId"] in answer.error[2]
    assert answer.headers["x-amzn-RequestId"] in caplog.text
    assert "secret detail" in caplog.text


def test_a_refused_change_leaves_nothing_behind(ask: Ask, catalog: Catalog) -> None:
    api = ask("POST", "/restapis", b'{"name": "before"}').json["id"]
    revision = catalog.revision()
    body = (
        b'{"patchOperations": [{"op": "replace", "path": "/name", "value": "after"}, '
        b'{"op": "replace", "path": "/wrong"}]}'
    )
    assert ask("PATCH", f"/restapis/{api}", body).status == 400
    assert ask("GET", f"/restapis/{api}").json["name"] == "before"
    assert catalog.revision() == revision


class Kept:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Response] = []

    def send(self, response: Response) -> None:
        self.sent.append(response)


def test_a_closed_port_refuses_kindly(catalog: Catalog) -> None:
    loop = asyncio.new_event_loop()
    management = Management(
        catalog,
        Services(),
        outside(loop, NoFunctions()),
        loop=loop,
        verifier=None,
        default_partition=PARTITION,
    )
    management.close()
    reply: Any = Kept()
    management(Request("GET", "/restapis"), reply)
    loop.close()
    assert [response.status for response in reply.sent] == [503]
