"""Functions that stream: Node.js through `awslambda`, custom runtimes through the Runtime API."""

from __future__ import annotations

import io
import select
import shutil
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.integration.test_streaming import exactly, head_of, received
from tests.support.apis import Api
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright
from tests.support.raw import connect

URI = "arn:aws:apigateway:{region}:lambda:path/2021-11-15/functions/{arn}/response-streaming-invocations"

NODE = """
import fs from 'node:fs';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const waitFor = async (file) => { while (!fs.existsSync(file)) await sleep(5); };
const from = (stream, metadata) => awslambda.HttpResponseStream.from(stream, metadata);

const actions = {
  async events(event, stream) {
    stream = from(stream, {
      statusCode: 207,
      headers: { 'Content-Type': 'text/event-stream', 'X-Path': event.path },
      cookies: ['a=b', 'c=d'],
    });
    stream.write('data: 1\\n\\n');
    await waitFor(event.queryStringParameters.held);
    stream.write('data: 2\\n\\n');
    stream.end();
  },
  async throws() { throw new Error('early'); },
  async breaks(event, stream) {
    from(stream, { statusCode: 200 }).write('some');
    await sleep(20);
    throw new Error('late');
  },
  async dies(event, stream) {
    from(stream, { statusCode: 200 }).write('some', () => process.exit(3));
    await sleep(60000);
  },
  async large(event, stream) {
    stream = from(stream, {});
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let i = 0; i < 16; i++)
      if (!stream.write(piece)) await new Promise((go) => stream.once('drain', go));
    stream.end();
  },
  async bare(event, stream) {
    stream.write('no prelude');
    stream.end();
  },
  async malformed(event, stream) {
    stream.end(Buffer.concat([Buffer.from('{"statusCode": "x"}'), Buffer.alloc(8)]));
  },
};
export const streaming = awslambda.streamifyResponse(
  (event, stream) => actions[event.path.slice(1)](event, stream),
);
export const plain = async () => ({ statusCode: 200, body: 'plain' });
"""
PATHS = ["events", "throws", "breaks", "dies", "large", "bare", "malformed"]

BOOTSTRAP = """#!{python}
import base64, http.client, json, os

def post(path, pieces, trailers=(), **headers):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.putrequest("POST", path)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for piece in pieces:
        connection.send(b"%x\\r\\n%b\\r\\n" % (len(piece), piece))
    end = "".join(f"{{name}}: {{value}}\\r\\n" for name, value in trailers)
    connection.send(b"0\\r\\n" + end.encode() + b"\\r\\n")
    connection.getresponse().read()

while True:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    event = json.loads(answer.read())
    path = "/2018-06-01/runtime/invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    fails = (event.get("queryStringParameters") or {{}}).get("fails")
    trailers = ()
    if fails:
        error = base64.b64encode(json.dumps({{"errorMessage": "late"}}).encode()).decode()
        name = "Lambda-Runtime-Function-Error-"
        trailers = [(name + "Type", "Late"), (name + "Body", error)]
    metadata = {{"statusCode": 201, "multiValueHeaders": {{"X-Two": ["1", "2"]}}}}
    prelude = json.dumps(metadata).encode() + bytes(8)
    post(path, [prelude, b"one ", b"two"], trailers, Lambda_Runtime_Function_Response_Mode="streaming",
         Content_Type="application/vnd.awslambda.http-integration-response")
"""


@dataclass(frozen=True)
class Rig:
    node: Gatewright
    api: Api

    def ask(self, path: str) -> tuple[int, Any, bytes]:
        url = self.node.stage_url(self.api.id, "prod", path)
        try:
            with urllib.request.urlopen(url, timeout=BOUND) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def logged(self, *words: str) -> None:
        self.node.log_line(*words)


def zipped(name: str, text: str) -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, text)
    return code.getvalue()


@pytest.fixture(scope="module")
def rig(dev: Gatewright) -> Iterator[Rig]:
    api, functions = Api(dev), dev.client("lambda")
    custom = zipped("bootstrap", BOOTSTRAP.format(python=sys.executable))
    kinds = [("custom", "provided.al2023", custom, ["custom"])]
    if shutil.which("node"):
        code = zipped("app.mjs", NODE)
        kinds += [("streaming", "nodejs22.x", code, PATHS), ("plain", "nodejs22.x", code, ["plain"])]
    for name, runtime, code, paths in kinds:
        made = functions.create_function(
            FunctionName=f"{api.id}-{name}",
            Runtime=runtime,
            Handler=f"app.{name}",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": code},
            Timeout=30,
        )
        functions.add_permission(
            FunctionName=made["FunctionName"],
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        uri = URI.format(region=REGION, arn=made["FunctionArn"])
        integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}
        for path in paths:
            api.method(f"/{path}", "GET", {**integration, "responseTransferMode": "STREAM"})
    api.deploy("prod")
    yield Rig(dev, api)
    functions.close()
    api.gateway.close()


needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


@needs_node
def test_events_of_a_function_reach_the_client_one_by_one(rig: Rig, tmp_path_factory: Any) -> None:
    held = tmp_path_factory.mktemp("held") / "go"
    with connect(rig.node.port) as client:
        target = f"/restapis/{rig.api.id}/prod/_user_request_/events?held={held}"
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: any\r\n\r\n".encode())
        head = head_of(client)
        assert head.startswith(b"HTTP/1.1 207 ")
        for line in (b"Content-Type: text/event-stream", b"X-Path: /events", b"Set-Cookie: a=b"):
            assert line + b"\r\n" in head
        assert exactly(client, 14) == b"9\r\ndata: 1\n\n\r\n"
        assert not select.select([client], [], [], 0)[0]
        held.touch()
        assert exactly(client, 19) == b"9\r\ndata: 2\n\n\r\n0\r\n\r\n"


@needs_node
def test_a_large_answer_of_a_function(rig: Rig) -> None:
    status, headers, body = rig.ask("/large")
    assert (status, len(body), set(body)) == (200, 16 * 2**20, {ord("x")})
    assert headers["Content-Type"] == "application/json"


FAILS_EARLY = {
    "/throws": (502, "customer function error: early"),
    "/bare": (500, "it ended without a prelude"),
    "/plain": (500, "it ended without a prelude"),
    "/malformed": (500, "statusCode"),
}


@needs_node
def test_what_fails_before_the_answer_begins(rig: Rig) -> None:
    told = {}
    for path, (status, _) in FAILS_EARLY.items():
        answered, headers, body = rig.ask(path)
        assert (answered, body) == (status, b'{"message": "Internal server error"}')
        told[headers["x-amzn-RequestId"]] = FAILS_EARLY[path][1]
    for request_id, reason in told.items():
        rig.logged(request_id, reason)


@pytest.mark.parametrize(
    "path",
    [pytest.param("/breaks", marks=needs_node), pytest.param("/dies", marks=needs_node), "/custom?fails=1"],
)
def test_a_function_that_fails_later_cuts_the_client_off(rig: Rig, path: str) -> None:
    with connect(rig.node.port) as client:
        target = f"/restapis/{rig.api.id}/prod/_user_request_{path}"
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: any\r\n\r\n".encode())
        answer = received(client)
    assert answer.startswith(b"HTTP/1.1 20")
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_custom_runtime_streams_through_the_runtime_api(rig: Rig) -> None:
    for _ in range(2):
        status, headers, body = rig.ask("/custom")
        assert (status, body) == (201, b"one two")
        assert headers.get_all("X-Two") == ["1", "2"]


def test_invoke_gets_a_streamed_answer_whole(rig: Rig) -> None:
    functions = rig.node.client("lambda")
    answer = functions.invoke(FunctionName=f"{rig.api.id}-custom", Payload=b"{}")
    assert answer["Payload"].read().endswith(bytes(8) + b"one two")
    assert "FunctionError" not in answer
    failed = functions.invoke(
        FunctionName=f"{rig.api.id}-custom", Payload=b'{"queryStringParameters": {"fails": "1"}}'
    )
    assert failed["FunctionError"] == "Unhandled"
    assert b"late" in failed["Payload"].read()


def streamed(rig: Rig, payload: bytes) -> tuple[bytes, dict[str, Any]]:
    """What InvokeWithResponseStream gives of `custom`, and how it ends."""
    functions = rig.node.client("lambda")
    answer = functions.invoke_with_response_stream(FunctionName=f"{rig.api.id}-custom", Payload=payload)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    *chunks, complete = answer["EventStream"]
    return b"".join(event["PayloadChunk"]["Payload"] for event in chunks), complete["InvokeComplete"]


def test_invoke_with_response_stream_gets_events(rig: Rig) -> None:
    payload, complete = streamed(rig, b"{}")
    assert payload.endswith(bytes(8) + b"one two")
    assert complete == {}
    _, complete = streamed(rig, b'{"queryStringParameters": {"fails": "1"}}')
    assert complete["ErrorCode"] == "Unhandled"  # its document names no type
    assert "late" in complete["ErrorDetails"]


def test_explain_tells_of_the_stream(rig: Rig) -> None:
    status, headers, _ = rig.ask("/custom")
    assert status == 201
    request_id = headers["x-amzn-RequestId"]
    url = f"{rig.node.url}/_gatewright/traces?api={rig.api.id}&request={request_id}"
    deadline = time.monotonic() + BOUND
    found = b""
    while b'"stream"' not in found:
        assert time.monotonic() < deadline, found
        with urllib.request.urlopen(url, timeout=BOUND) as page:
            found = page.read()
    assert b'"bytes":7' in found
    assert b"/2021-11-15/functions/" in found
    assert b"/response-streaming-invocations" in found


def test_documents_carry_the_mode_both_ways(rig: Rig) -> None:
    gateway = rig.api.gateway
    exported = gateway.get_export(
        restApiId=rig.api.id,
        stageName="prod",
        exportType="oas30",
        parameters={"extensions": "integrations"},
    )["body"].read()
    assert b'"responseTransferMode" : "STREAM"' in exported.replace(b'":', b'" :')
    copy = gateway.import_rest_api(body=exported)["id"]
    (found,) = [
        resource["id"]
        for resource in gateway.get_resources(restApiId=copy)["items"]
        if resource["path"] == "/custom"
    ]
    integration = gateway.get_integration(restApiId=copy, resourceId=found, httpMethod="GET")
    assert integration["responseTransferMode"] == "STREAM"
    gateway.create_deployment(restApiId=copy, stageName="again")


def test_test_invoke_collects_a_stream(rig: Rig) -> None:
    resource = rig.api.resource("/custom")
    told = rig.api.gateway.test_invoke_method(restApiId=rig.api.id, resourceId=resource, httpMethod="GET")
    assert (told["status"], told["body"]) == (201, "one two")
