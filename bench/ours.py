"""Gatewright under measurement: one worker on the server core, APIs deployed through the management port."""

from __future__ import annotations

import configparser
import contextlib
import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from peers import BODY, SERVER_CPU, free_port, running

STAGE = "bench"
MAPPED_REQUEST = {"application/json": '#set($id = $input.params("id")){"statusCode": 200, "id": "$id"}'}
MAPPED_ANSWER = '{"id": "$input.params("id")", "stage": "$context.stage"}'
HELLO = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"ok": true}'}
"""


@dataclass(frozen=True, slots=True)
class Gatewright:
    """A running instance: its data port, its process group, and clients of its management port."""

    directory: Path
    port: int
    management: int
    pid: int

    def client(self, service: str) -> Any:
        keys = configparser.ConfigParser()
        keys.read(self.directory / "data" / "credentials")
        return botocore.session.get_session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.management}",
            aws_access_key_id=keys["default"]["aws_access_key_id"],
            aws_secret_access_key=keys["default"]["aws_secret_access_key"],
        )

    def url(self, api: str, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/restapis/{api}/{STAGE}/_user_request_{path}"

    def host(self, api: str) -> str:
        return f"{api}.execute-api.localhost"

    def worker_memory(self) -> float:
        """Resident MiB of the largest worker process."""
        out = subprocess.run(
            ["ps", "--ppid", str(self.pid), "-o", "rss=,args="], capture_output=True, text=True, check=True
        ).stdout
        workers = [line.split(None, 1) for line in out.splitlines() if "gatewright.server.worker" in line]
        return max(int(rss) for rss, _ in workers) / 1024


@contextlib.contextmanager
def gatewright(directory: Path, workers: int = 1, cpu: str = SERVER_CPU) -> Iterator[Gatewright]:
    port, management = free_port(), free_port()
    command = [
        str(Path(sys.executable).parent / "gatewright"),
        "serve",
        *("--data-dir", str(directory / "data")),
        *("--listen", f"127.0.0.1:{port}"),
        *("--management", f"127.0.0.1:{management}"),
        *("--workers", str(workers)),
    ]
    with running(command, management, cpu=cpu, cwd=directory) as pid:
        instance = Gatewright(directory, port, management, pid)
        _wait_until_served(instance)
        yield instance


def _wait_until_served(instance: Gatewright) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            instance.client("apigateway").get_account()
            return
        time.sleep(0.05)
    raise RuntimeError("the management port did not answer")


class Api:
    """An API under construction."""

    def __init__(self, instance: Gatewright, name: str) -> None:
        self.instance = instance
        self._client = instance.client("apigateway")
        made = self._client.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
        self.id: str = made["id"]
        self._root: str = made["rootResourceId"]

    def method(
        self,
        parts: str,
        verb: str,
        body: str = BODY,
        *,
        keyed: bool = False,
        authorization: dict[str, str] | None = None,
        **integration: Any,
    ) -> str:
        """`keyed` methods ask for an API key; `authorization` holds PutMethod's members about it."""
        parent = self._root
        for part in filter(None, parts.split("/")):
            parent = self._client.create_resource(restApiId=self.id, parentId=parent, pathPart=part)["id"]
        where = {"restApiId": self.id, "resourceId": parent, "httpMethod": verb}
        self._client.put_method(
            **where, apiKeyRequired=keyed, **(authorization or {"authorizationType": "NONE"})
        )
        self._client.put_method_response(**where, statusCode="200")
        verb = integration.pop("httpMethod", None)
        extra = {"integrationHttpMethod": verb} if verb else {}
        self._client.put_integration(**where, **extra, **integration)
        if integration["type"] in ("MOCK", "HTTP", "AWS"):
            templates = {"application/json": body} if integration["type"] == "MOCK" else {}
            self._client.put_integration_response(**where, statusCode="200", responseTemplates=templates)
        return parent

    def mock(self, parts: str, *, keyed: bool = False) -> str:
        templates = {"application/json": '{"statusCode": 200}'}
        return self.method(parts, "GET", keyed=keyed, type="MOCK", requestTemplates=templates)

    def mapped_mock(self, parts: str) -> str:
        """Answers from the request: two references in each direction."""
        return self.method(parts, "GET", MAPPED_ANSWER, type="MOCK", requestTemplates=MAPPED_REQUEST)

    def deploy(self) -> None:
        self._client.create_deployment(restApiId=self.id, stageName=STAGE)

    def settle(self, *settings: tuple[str, str]) -> None:
        """Set what the stage says at patch paths."""
        operations = [{"op": "replace", "path": path, "value": value} for path, value in settings]
        self._client.update_stage(restApiId=self.id, stageName=STAGE, patchOperations=operations)

    def url(self, path: str) -> str:
        return self.instance.url(self.id, path)


def hello_function(instance: Gatewright, name: str = "hello", source: str = HELLO) -> str:
    """Create a Python function, hello by default, and let API Gateway invoke it; its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("app.py", source)
    client = instance.client("lambda")
    made = client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/bench",
        Code={"ZipFile": archive.getvalue()},
    )
    client.add_permission(
        FunctionName=name,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    return str(made["FunctionArn"])


def invocation_uri(arn: str) -> str:
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
