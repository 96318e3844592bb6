"""Amazon's limits on requests, on the port of an API and on dev's port for everything."""

from __future__ import annotations

import http.client
import io
import os
import zipfile

import pytest
from tests.support.apis import Api
from tests.support.processes import Gatewright

LIMIT = 10_485_760
REFUSAL = b"HTTP content length exceeded 10485760 bytes."


def post(node: Gatewright, path: str, body: bytes) -> tuple[int, str | None, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Content-Type"), answer.read()
    connection.close()
    return found


@pytest.fixture(scope="module")
def echo_path(dev: Gatewright) -> str:
    """A stage's resource that takes any body."""
    api = Api(dev)
    where = api.method(
        "/{proxy+}", "POST", {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    )
    api.gateway.put_method_response(**where, statusCode="200")
    api.gateway.put_integration_response(**where, statusCode="200")
    api.deploy("dev")
    return f"/restapis/{api.id}/dev/_user_request_/"


def test_the_largest_body_passes_and_one_byte_more_is_refused(dev: Gatewright, echo_path: str) -> None:
    assert post(dev, echo_path + "x", b" " * LIMIT)[0] == 200
    assert post(dev, echo_path + "x", b" " * (LIMIT + 1)) == (413, "text/plain", REFUSAL)


def test_a_method_arn_has_its_limit(dev: Gatewright, echo_path: str) -> None:
    assert post(dev, echo_path + "x" * 1400, b"")[0] == 200
    assert post(dev, echo_path + "x" * 1600, b"") == (414, "text/plain", b"Request URI too long")


def test_code_larger_than_a_request_to_an_api_may_be_uploaded(dev: Gatewright) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("app.py", "def handler(event, context):\n    return 'large'\n")
        opened.writestr("ballast.bin", os.urandom(12 * 1024 * 1024))
    functions = dev.client("lambda")
    functions.create_function(
        FunctionName="large-code",
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": archive.getvalue()},
    )
    assert functions.invoke(FunctionName="large-code")["Payload"].read() == b'"large"'
