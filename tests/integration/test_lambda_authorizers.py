"""Lambda authorizers on real nodes: what workers share, flushing, a killed function, testing, the story."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.apis import MOCK_TEMPLATE, Api
from tests.support.command import command
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright

from gatewright.cli.story import tell

SOURCE = """
import os, time
from pathlib import Path

ROOM = Path({room!r})

def handler(event, context):
    token = event.get("authorizationToken") or event["requestContext"]["identity"]["sourceIp"]
    with open(ROOM / "calls", "a") as calls:
        calls.write(token + "\\n")
    if token == "unauthorized":
        raise Exception("Unauthorized")
    if token == "boom":
        raise Exception("boom")
    if token == "hangs":
        (ROOM / "pid.new").write_text(str(os.getpid()))
        (ROOM / "pid.new").rename(ROOM / "pid")
        time.sleep(60)
    effect = "Deny" if (ROOM / "deny").exists() else "Allow"
    resource = event["methodArn"] if token == "first" else "*"
    return {{
        "principalId": "user-" + token,
        "policyDocument": {{"Version": "2012-10-17", "Statement": [
            {{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}}]}},
        "context": {{"said": token}},
        "usageIdentifierKey": token,
    }}
"""
SILENT = (
    b'{"Message":"User is not authorized to access this resource because no identity-based policy allows the '
    b'execute-api:Invoke action"}'
)
EXPLICIT = (
    b'{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based '
    b'policy"}'
)


class Guarded:
    """An API with two methods behind one TOKEN authorizer, and the room that its function lives in."""

    def __init__(self, node: Gatewright, room: Path, **authorizer: Any) -> None:
        self.node, self.room = node, room
        self.api = Api(node)
        self.function = f"authorizer-{self.api.id}"
        settings = {
            "type": "TOKEN",
            "identitySource": "method.request.header.Authorization",
            "authorizerUri": self._made(),
            **authorizer,
        }
        made = self.api.gateway.create_authorizer(restApiId=self.api.id, name="auth", **settings)
        self.authorizer: str = made["id"]
        for path in ("/pets", "/dogs"):
            where = self.api.mock(path, "$context.authorizer.principalId $context.authorizer.said")
            self.api.gateway.update_method(
                **where,
                patchOperations=[
                    {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
                    {"op": "replace", "path": "/authorizerId", "value": self.authorizer},
                ],
            )

    def _made(self) -> str:
        """The invocation URI of the function, which API Gateway may call for this API's authorizers only."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", SOURCE.format(room=str(self.room)))
        functions = self.node.client("lambda")
        arn = functions.create_function(
            FunctionName=self.function,
            Runtime="python3.12",
            Handler="app.handler",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": code.getvalue()},
            Timeout=20,
        )["FunctionArn"]
        functions.add_permission(
            FunctionName=self.function,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.api.id}/authorizers/*",
        )
        return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def deployed(self, *stages: str) -> Guarded:
        for stage in stages:
            self.api.deploy(stage)
        return self

    def calls(self, token: str) -> int:
        """How often the function was asked about it."""
        path = self.room / "calls"
        return path.read_text().split("\n").count(token) if path.exists() else 0

    def ask(
        self,
        connection: http.client.HTTPConnection,
        token: str | None,
        path: str = "/pets",
        stage: str = "dev",
    ) -> tuple[int, bytes]:
        headers = {} if token is None else {"Authorization": token}
        connection.request("GET", f"/restapis/{self.api.id}/{stage}/_user_request_{path}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    flags = ("--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--workers", "2")
    node = Gatewright("serve", tmp_path_factory.mktemp("authorizers"), *flags)
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def workers(node: Gatewright) -> Iterator[list[http.client.HTTPConnection]]:
    """One connection to each of the two workers."""
    found: dict[int, http.client.HTTPConnection] = {}
    deadline = time.monotonic() + BOUND
    while len(found) < 2:
        assert time.monotonic() < deadline, "one worker takes every connection"
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=BOUND)
        connection.request("GET", "/_gatewright/health")
        pid = json.loads(connection.getresponse().read())["pid"]
        if pid in found:
            connection.close()
        found.setdefault(pid, connection)
    yield list(found.values())
    for connection in found.values():
        connection.close()


@pytest.fixture(scope="module")
def guarded(node: Gatewright, tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    return Guarded(node, tmp_path_factory.mktemp("room")).deployed("dev", "prod")


Workers = list[http.client.HTTPConnection]


def test_one_worker_asks_and_all_know(guarded: Guarded, workers: Workers) -> None:
    for connection in (*workers, *workers):
        for path in ("/pets", "/dogs"):
            assert guarded.ask(connection, "shared", path) == (200, b"user-shared shared")
    assert guarded.calls("shared") == 1
    assert guarded.ask(workers[0], "shared", stage="prod")[0] == 200  # each stage has its own
    assert guarded.calls("shared") == 2


def test_the_first_arn_only_is_the_trap_it_is_at_amazon(guarded: Guarded, workers: Workers) -> None:
    assert guarded.ask(workers[0], "first", "/pets")[0] == 200
    assert guarded.ask(workers[1], "first", "/dogs") == (403, SILENT)
    assert guarded.ask(workers[1], "first", "/pets")[0] == 200
    assert guarded.calls("first") == 1


@pytest.mark.parametrize(
    ("token", "answer"),
    [("unauthorized", (401, b'{"message":"Unauthorized"}')), ("boom", (500, b'{"message":null}'))],
)
def test_failures_are_not_kept(
    guarded: Guarded, workers: Workers, token: str, answer: tuple[int, bytes]
) -> None:
    for connection in workers:
        assert guarded.ask(connection, token) == answer
    assert guarded.calls(token) == 2


def test_without_a_token_the_function_is_not_asked(guarded: Guarded, workers: Workers) -> None:
    guarded.ask(workers[0], "somebody")
    before = (guarded.room / "calls").read_text()
    assert guarded.ask(workers[0], None) == (401, b'{"message":"Unauthorized"}')
    assert (guarded.room / "calls").read_text() == before


def test_the_answer_names_the_api_key(node: Gatewright, guarded: Guarded, workers: Workers) -> None:
    gateway, api = guarded.api.gateway, Api(node, apiKeySource="AUTHORIZER")
    authorizer = gateway.get_authorizer(restApiId=guarded.api.id, authorizerId=guarded.authorizer)
    known = ("type", "identitySource", "authorizerUri")
    made = gateway.create_authorizer(restApiId=api.id, name="a", **{name: authorizer[name] for name in known})
    where = api.method(
        "/",
        "GET",
        {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE},
        {"authorizationType": "CUSTOM", "authorizerId": made["id"], "apiKeyRequired": True},
    )
    gateway.put_method_response(**where, statusCode="200")
    template = {"application/json": "$context.identity.apiKeyId"}
    gateway.put_integration_response(**where, statusCode="200", responseTemplates=template)
    functions = node.client("lambda")
    functions.add_permission(
        FunctionName=guarded.function,
        StatementId="other-api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/authorizers/{made['id']}",
    )
    api.deploy("dev")
    stages = [{"apiId": api.id, "stage": "dev"}]
    plan = gateway.create_usage_plan(name=f"plan-{api.id}", apiStages=stages)["id"]
    value = f"key-value-of-{api.id}"
    key = gateway.create_api_key(name=api.id, value=value, enabled=True)["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    url = f"/restapis/{api.id}/dev/_user_request_/"
    for connection in workers:
        for token, answer in (
            (value, (200, key)),
            ("no-key-has-this-value", (403, '{"message":"Forbidden"}')),
        ):
            connection.request("GET", url, headers={"Authorization": token, "X-Api-Key": value})
            answered = connection.getresponse()
            assert (answered.status, answered.read().decode()) == answer


def test_a_flush_is_seen_by_every_worker(node: Gatewright, workers: Workers, tmp_path: Path) -> None:
    guarded = Guarded(node, tmp_path).deployed("dev", "prod")
    for stage in ("dev", "prod"):
        for connection in workers:
            assert guarded.ask(connection, "flushed", stage=stage)[0] == 200
    assert guarded.calls("flushed") == 2
    (tmp_path / "deny").touch()  # what was allowed stays allowed until it is forgotten
    assert [guarded.ask(connection, "flushed")[0] for connection in workers] == [200, 200]
    guarded.api.gateway.flush_stage_authorizers_cache(restApiId=guarded.api.id, stageName="dev")
    assert [guarded.ask(connection, "flushed") for connection in workers] == [(403, EXPLICIT)] * 2
    assert guarded.calls("flushed") in (3, 4)  # once more where one worker has read of the flush already
    assert [guarded.ask(connection, "flushed", stage="prod")[0] for connection in workers] == [200, 200]


def test_a_canary_does_not_go_by_what_its_stage_was_told(
    node: Gatewright, workers: Workers, tmp_path: Path
) -> None:
    guarded = Guarded(node, tmp_path).deployed("dev")
    allowed = (200, b"user-both both")
    assert guarded.ask(workers[0], "both") == allowed
    (tmp_path / "deny").touch()
    for percent, expected, before in (("100", (403, EXPLICIT), allowed), ("0", allowed, (403, EXPLICIT))):
        patch = {"op": "replace", "path": "/canarySettings/percentTraffic", "value": percent}
        guarded.api.gateway.update_stage(restApiId=guarded.api.id, stageName="dev", patchOperations=[patch])
        deadline = time.monotonic() + BOUND
        for connection in workers:
            while (answer := guarded.ask(connection, "both")) != expected:
                assert answer == before
                assert time.monotonic() < deadline, f"a worker has not heard of {percent} %"
    assert guarded.calls("both") == 2


def test_a_function_that_is_killed_fails_its_request_only(
    guarded: Guarded, node: Gatewright, workers: Workers
) -> None:
    answers: list[tuple[int, bytes]] = []
    hanging = threading.Thread(target=lambda: answers.append(guarded.ask(workers[0], "hangs")))
    hanging.start()
    deadline = time.monotonic() + BOUND
    while not (guarded.room / "pid").exists():
        assert time.monotonic() < deadline, "the function was not asked"
        hanging.join(0.02)
    os.kill(int((guarded.room / "pid").read_text()), signal.SIGKILL)
    hanging.join(BOUND)
    assert answers == [(500, b'{"message":null}')]
    assert guarded.ask(workers[0], "after") == (200, b"user-after after")


def test_authorizers_that_cannot_be_enforced_refuse_the_deployment(node: Gatewright, tmp_path: Path) -> None:
    guarded = Guarded(node, tmp_path, authorizerCredentials="arn:aws:iam::*:user/*")
    with pytest.raises(ClientError, match=r"GET /.*: authorizer auth: authorizerCredentials .* name a role"):
        guarded.deployed("dev")


# ---- TestInvokeAuthorizer -------------------------------------------------------------------------------

DATE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : ")


def tried(guarded: Guarded, **asked: Any) -> tuple[dict[str, Any], list[str]]:
    """The answer, and the log's lines without their dates."""
    answer: dict[str, Any] = guarded.api.gateway.test_invoke_authorizer(
        restApiId=guarded.api.id, authorizerId=guarded.authorizer, **asked
    )
    first, *lines = answer["log"].splitlines()
    assert re.fullmatch(r"Execution log for request [0-9a-f-]{36}", first)
    assert all(DATE.match(line) for line in lines)
    return answer, [DATE.sub("", line).replace(first.split()[-1], "ID") for line in lines]


def test_trying_an_authorizer_tells_its_policy_and_log(guarded: Guarded) -> None:
    before = guarded.calls("a-secret-token")
    answer, lines = tried(guarded, headers={"authorization": "a-secret-token"})
    assert (answer["clientStatus"], answer["principalId"]) == (0, "user-a-secret-token")
    assert json.loads(answer["policy"])["Statement"][0]["Effect"] == "Allow"
    assert answer["latency"] >= 0
    uri = (
        f"https://lambda.{REGION}.amazonaws.com/2015-03-31/functions/arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
        f"{guarded.function}/invocations"
    )
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{guarded.api.id}"
    assert lines[:4] == [
        f"Starting authorizer: {guarded.authorizer} for request: ID",
        "Incoming identity: ********-token",
        f"Endpoint request URI: {uri}",
        "Endpoint request headers: {x-amzn-lambda-integration-tag=ID, "
        f"x-amzn-apigateway-api-id={guarded.api.id}, "
        f"X-Amz-Source-Arn={arn}/authorizers/{guarded.authorizer}, "
        f"Accept=application/json, User-Agent=AmazonAPIGateway_{guarded.api.id}}}",
    ]
    assert lines[4] == (
        'Endpoint request body after transformations: {"type":"TOKEN","authorizationToken":"********-token",'
        f'"methodArn":"{arn}/ESTestInvoke-stage/GET/"}}'
    )
    assert lines[5] == f"Sending request to {uri}"
    assert lines[6].startswith('Authorizer result body before parsing: {"principalId": "user-********-token"')
    assert lines[7:] == [
        "Using valid authorizer policy for principal: *************-token",
        "Successfully completed authorizer execution",
    ]
    tried(guarded, headers={"Authorization": "a-secret-token"})
    assert guarded.calls("a-secret-token") == before + 2  # nothing is cached


@pytest.mark.parametrize(
    ("headers", "status", "last"),
    [
        ({}, 401, ["Unauthorized request: ID", "Unauthorized"]),
        ({"Authorization": "unauthorized"}, 401, ["Unauthorized request: ID", "Unauthorized"]),
        (
            {"Authorization": "boom"},
            500,
            [
                "Execution failed due to configuration error: Authorizer error",
                "AuthorizerConfigurationException",
            ],
        ),
    ],
)
def test_trying_an_authorizer_that_refuses(
    guarded: Guarded, headers: dict[str, str], status: int, last: list[str]
) -> None:
    answer, lines = tried(guarded, headers=headers)
    assert answer["clientStatus"] == status
    assert not answer.keys() & {"policy", "principalId"}
    assert lines[-2:] == last
    assert "Successfully completed authorizer execution" not in lines


def test_trying_a_request_authorizer(node: Gatewright, tmp_path: Path) -> None:
    sources = (
        "method.request.header.Hash,context.identity.user,stageVariables.env,method.request.querystring.q"
    )
    guarded = Guarded(node, tmp_path, type="REQUEST", identitySource=sources)
    asked: dict[str, Any] = {
        "multiValueHeaders": {"Hash": ["one", "a-secret-hash-aaaaaa"]},
        "pathWithQueryString": "/pets?q=1",
        "stageVariables": {"env": "prod"},
    }
    assert tried(guarded, **asked)[0]["clientStatus"] == 401
    answer, lines = tried(guarded, **asked, additionalContext={"identity.user": "someone-known"})
    assert (answer["clientStatus"], answer["principalId"]) == (0, "user-test-invoke-source-ip")
    assert lines[1] == (
        "Incoming identity: {method.request.header.Hash=**************aaaaaa, "
        "context.identity.user=*******-known, stageVariables.env=****, method.request.querystring.q=*}"
    )
    event = json.loads(lines[4].partition(": ")[2])
    assert event["methodArn"].endswith(f":{guarded.api.id}/ESTestInvoke-stage/GET/pets")
    assert event["headers"] == {"Hash": "**************aaaaaa"}
    context = event["requestContext"]
    shown = {name: context[name] for name in ("stage", "resourceId", "domainPrefix")}
    assert shown == {
        "stage": "test-invoke-stage",
        "resourceId": "test-invoke-resource-id",
        "domainPrefix": "testPrefix",
    }
    assert "secret" not in answer["log"]


def test_what_cannot_be_tried_is_refused(guarded: Guarded) -> None:
    gateway, api = guarded.api.gateway, guarded.api.id
    with pytest.raises(ClientError, match="Invalid Authorizer identifier specified"):
        gateway.test_invoke_authorizer(restApiId=api, authorizerId="nope12")


# ---- the story ------------------------------------------------------------------------------------------


def test_the_story_tells_the_verdict_and_no_secret(dev: Gatewright, tmp_path: Path) -> None:
    guarded = Guarded(dev, tmp_path).deployed("dev")
    connection = http.client.HTTPConnection("127.0.0.1", dev.port, timeout=BOUND)
    assert guarded.ask(connection, "sekrit-first")[0] == 200
    (tmp_path / "deny").touch()
    assert guarded.ask(connection, "sekrit-first")[0] == 200
    assert guarded.ask(connection, "sekrit-other") == (403, EXPLICIT)
    connection.close()
    told = stories(dev, guarded.api.id)
    assert "auth (TOKEN) lets the caller on\n" in told[0]
    assert "identity method.request.header.Authorization: ******-first" in told[0]
    assert "authorizer's policy, Statement[0] (Allow): matches" in told[0]
    assert "auth (TOKEN) lets the caller on (cached)" in told[1]
    assert "auth (TOKEN) refuses the caller: User is not authorized to access this resource" in told[2]
    for text in told:
        assert '"authorizationToken":"sekrit' not in text
        assert '"usageIdentifierKey": "sekrit' not in text


def stories(node: Gatewright, api: str) -> list[str]:
    """What `gatewright explain` tells of the API's requests, oldest first."""
    done = command("explain", "--listen", f"127.0.0.1:{node.port}", api, "--json")
    assert done.returncode == 0, done.stderr
    decoder, text, found = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        record, end = decoder.raw_decode(text)
        found.append(record)
        text = text[end:].strip()
    return ["\n".join(tell(record)) for record in sorted(found, key=lambda record: record["time"])]
