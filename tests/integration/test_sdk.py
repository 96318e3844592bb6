"""Generated client packages: installed, imported and run against a node."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mypy import api as mypy
from tests.support.apis import Api
from tests.support.echo_backend import echo_backend
from tests.support.processes import BOUND, Gatewright

PET = {"properties": {"id": {"type": "integer"}, "friends": {"type": "array"}}, "required": ["id"]}
HOST = {"authorizationType": "NONE"}

PYTHON = """
import json, sys
from test_pets import ApiError, Client, bearer, sigv4

url, key = sys.argv[1:]
client = Client(url, api_key=key, headers={"x-all": "1"}, auth=bearer("t"))
told = {
    "get": client.get_pet(id="a/b é", x_who=True, tag=["x", "y z"]).data,
    "add": client.add_pet(body={"id": 1}).data,
    "file": client.any_files_by_proxy(method="PUT", proxy="a b/c", body=b"raw", headers={"x-one": "2"}).data,
    "keyed": client.get_keyed().status,
    "signed": Client(url, auth=sigv4("test", "test", "us-east-1")).get_signed(q="a b+c&d").data,
}
try:
    Client(url).get_keyed()
except ApiError as error:
    told["refused"] = [error.status, error.data, error.headers["X-Amzn-ErrorType"]]
try:
    client.any_files_by_proxy(method="GET", proxy="status/404")
except ApiError as error:
    told["missing"] = [error.status, error.data["method"]]
try:
    client.any_files_by_proxy(method="GET", proxy="a/../b")
except ValueError as error:
    assert "would leave its place in the path: 'a/../b'" in str(error)
    print(json.dumps(told))
"""

JAVASCRIPT = """
import { ApiError, Client, bearer, sigv4 } from "./index.js";

const [url, key] = process.argv.slice(2);
const client = new Client(url, { apiKey: key, headers: { "x-all": "1" }, auth: bearer("t") });
const auth = sigv4({ accessKey: "test", secretKey: "test", region: "us-east-1" });
const raw = new TextEncoder().encode("raw");
const put = { method: "PUT", headers: { "x-one": "2" } };
const told = {
  get: (await client.getPet({ id: "a/b é", "x-who": true, tag: ["x", "y z"] })).data,
  add: (await client.addPet({}, { id: 1 })).data,
  file: (await client.anyFilesByProxy({ proxy: "a b/c" }, raw, put)).data,
  keyed: (await client.getKeyed()).status,
  signed: (await new Client(url, { auth }).getSigned({ q: "a b+c&d" })).data,
};
for (const [name, call] of [
  ["refused", () => new Client(url).getKeyed()],
  ["missing", () => client.anyFilesByProxy({ proxy: "status/404" }, undefined, { method: "GET" })],
]) {
  const error = await call().catch((error) => error);
  if (!(error instanceof ApiError)) throw error;
  const { status, data, headers } = error;
  told[name] = name === "missing" ? [status, data.method] : [status, data, headers.get("x-amzn-errortype")];
}
const climbing = await client.getPet({ id: "..", "x-who": 1 }).catch((error) => error);
if (!(climbing instanceof TypeError)) throw climbing;
console.log(JSON.stringify(told));
"""

Call = Callable[[Path, str, str], Any]


@pytest.fixture(scope="module")
def backend() -> Iterator[str]:
    with echo_backend() as url:
        yield url


@pytest.fixture(scope="module")
def api(dev: Gatewright, backend: str) -> Api:
    api = Api(dev, name="Test pets")
    model = {"restApiId": api.id, "contentType": "application/json"}
    api.gateway.create_model(**model, name="Pet", schema=json.dumps(PET))
    passed = {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY"}
    for path, verb, uri, method in (
        (
            "/pets/{id}",
            "GET",
            "/pets/{id}",
            {
                "operationName": "getPet",
                "requestParameters": {
                    "method.request.path.id": True,
                    "method.request.header.x-who": True,
                    "method.request.querystring.tag": False,
                },
            },
        ),
        (
            "/pets",
            "POST",
            "/pets",
            {"operationName": "addPet", "requestModels": {"application/json": "Pet"}},
        ),
        (
            "/files/{proxy+}",
            "ANY",
            "/{proxy}",
            {"requestParameters": {"method.request.path.proxy": True}},
        ),
        ("/keyed", "GET", "/keyed", {"apiKeyRequired": True}),
        (
            "/signed",
            "GET",
            "/signed",
            {"authorizationType": "AWS_IAM", "requestParameters": {"method.request.querystring.q": False}},
        ),
    ):
        integration: dict[str, Any] = {**passed, "uri": backend + uri}
        for name in ("id", "proxy"):
            if f"{{{name}}}" in uri:
                mapping = {f"integration.request.path.{name}": f"method.request.path.{name}"}
                integration["requestParameters"] = mapping
        where = api.method(path, verb, integration, {**HOST, **method})
        responses = {"responseModels": {"application/json": "Pet"}} if verb == "POST" else {}
        api.gateway.put_method_response(**where, statusCode="200", **responses)
    api.deploy("dev")
    return api


@pytest.fixture(scope="module")
def key(api: Api) -> str:
    stages = [{"apiId": api.id, "stage": "dev"}]
    plan = api.gateway.create_usage_plan(name="sdk", apiStages=stages)["id"]
    made = api.gateway.create_api_key(name="sdk", enabled=True)
    api.gateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
    return str(made["value"])


def unpacked(api: Api, kind: str, directory: Path, **parameters: str) -> Path:
    answer = api.gateway.get_sdk(restApiId=api.id, stageName="dev", sdkType=kind, parameters=parameters)
    with zipfile.ZipFile(io.BytesIO(answer["body"].read())) as zipped:
        zipped.extractall(directory)
    return directory


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=BOUND,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def called_by_python(directory: Path, url: str, key: str) -> Any:
    site = directory / "site"
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "install", *options, "--target", site, directory)
    printed = run(sys.executable, "-W", "error", "-c", PYTHON, url, key, PYTHONPATH=str(site))
    return json.loads(printed)


def called_by_node(directory: Path, url: str, key: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine: a JavaScript package cannot be run")
    (directory / "calls.mjs").write_text(JAVASCRIPT)
    return json.loads(run(node, directory / "calls.mjs", url, key))


@pytest.mark.parametrize(
    ("kind", "call"),
    [("python", called_by_python), ("javascript", called_by_node), ("typescript", called_by_node)],
)
def test_a_package_calls_the_api(api: Api, key: str, tmp_path: Path, kind: str, call: Call) -> None:
    told = call(unpacked(api, kind, tmp_path), api.node.stage_url(api.id, "dev", ""), key)

    assert told["get"]["path"] == "/pets/a%2Fb%20%C3%A9?tag=x&tag=y%20z"
    sent = told["get"]["headers"]
    assert (sent["x-who"], sent["x-all"], sent["authorization"]) == ("true", "1", "Bearer t")

    assert (told["add"]["method"], json.loads(told["add"]["body"])) == ("POST", {"id": 1})
    assert told["add"]["headers"]["content-type"] == "application/json"

    assert (told["file"]["method"], told["file"]["body"]) == ("PUT", "raw")
    assert (told["file"]["path"], told["file"]["headers"]["x-one"]) == ("/a%20b/c", "2")

    assert told["keyed"] == 200
    assert told["signed"]["path"] == "/signed?q=a%20b%2Bc%26d"
    assert told["refused"] == [403, {"message": "Forbidden"}, "ForbiddenException"]
    assert told["missing"] == [404, "GET"]


def test_the_python_package_is_typed(api: Api, tmp_path: Path) -> None:
    package = unpacked(api, "python", tmp_path) / "test_pets"
    options = ("--strict", "--config-file=", f"--cache-dir={tmp_path}/cache")
    (tmp_path / "use.py").write_text(
        "from test_pets import Client\n"
        'pet = Client("http://x").add_pet(body={"id": 1}).data\n'
        "reveal_type(pet)\n"
        'Client("http://x").add_pet(body={"id": "one"})\n'
    )
    printed, _, _ = mypy.run([*options, str(package), str(tmp_path / "use.py")])
    assert 'Revealed type is "TypedDict' in printed
    assert printed.count(": error:") == 1, printed
    assert 'TypedDict item "id" has type "int"' in printed
