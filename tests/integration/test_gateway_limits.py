"""Amazon's limits on requests, on the port of an API and on dev's port for everything."""

from __future__ import annotations

import http.client
import io
import os
import zipfile

import pytest
from tests.support.apis import Api
from tests.support.processes import REGION, Gatewright

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


@pytest.fixture(scope="module")
def function(dev: Gatewright) -> str:
    """The ARN of a function whose code is larger than a request to an API may be."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("app.py", "def handler(event, context):\n    return {'body': 'large'}\n")
        opened.writestr("ballast.bin", os.urandom(12 * 1024 * 1024))
    functions = dev.client("lambda")
    made = functions.create_function(
        FunctionName="large-code",
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.add_permission(
        FunctionName="large-code",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    arn: str = made["FunctionArn"]
    return arn


def test_code_larger_than_a_request_to_an_api_may_be_uploaded(dev: Gatewright, function: str) -> None:
    invoked = dev.client("lambda").invoke(FunctionName=function)
    assert invoked["Payload"].read() == b'{"body": "large"}'


def test_an_event_larger_than_lambda_takes_is_a_request_too_long(dev: Gatewright, function: str) -> None:
    api = Api(dev)
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    api.method("/call", "POST", {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri})
    api.deploy("dev")
    path = f"/restapis/{api.id}/dev/_user_request_/call"
    assert post(dev, path, b" " * 1000) == (200, "application/json", b"large")
    assert post(dev, path, b" " * 7_000_000) == (
        413,
        "application/json",
        b'{"message":"Request Too Long"}',
    )
