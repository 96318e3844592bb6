"""`${stageVariables.x}` in every place that the gateway fills in, as requests to two stages see it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
"""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.support.apis import Api
from tests.support.echo_backend import echo_backend
from tests.support.processes import ACCOUNT, BOUND, REGION, Gatewright

SOURCE = """
VERSION = {version}
def handler(event, context):
    if "methodArn" in event:
        effect = "Allow" if VERSION == 1 else "Deny"
        statement = {{"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}}
        return {{"principalId": "p", "policyDocument": {{"Version": "2012-10-17", "Statement": [statement]}}}}
    return {{"statusCode": 200, "body": str(VERSION)}}
"""
FAILED = (500, '{"message": "Internal server error"}')


class Served(NamedTuple):
    """An API of which `one` and `two` are stages with variables of their own, and `bare` has none."""

    api: Api
    function: str
    functions: Any

    def ask(self, stage: str, path: str) -> tuple[int, str]:
        url = self.api.node.stage_url(self.api.id, stage, path)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers={"token": "t"})) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def allow(self, qualifier: str) -> None:
        """Let the API invoke what the qualifier names."""
        self.functions.add_permission(
            FunctionName=self.function,
            Qualifier=qualifier,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.api.id}/*",
        )


def zipped(version: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", SOURCE.format(version=version))
    return content.getvalue()


def make_function(functions: Any, name: str) -> None:
    """Two versions, `live` and `next`."""
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ZipFile": zipped(1)},
        Publish=True,
    )
    functions.update_function_code(FunctionName=name, ZipFile=zipped(2), Publish=True)
    for alias, version in (("live", "1"), ("next", "2")):
        functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)


def invocation(function: str) -> dict[str, str]:
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    return {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}


@pytest.fixture(scope="module")
def served(dev: Gatewright) -> Iterator[Served]:
    with echo_backend() as backend:
        api = Api(dev)
        name = f"variables-{api.id}"
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        functions = dev.client("lambda")
        make_function(functions, name)
        served = Served(api, name, functions)
        served.allow("live")
        place = arn.removesuffix(name)
        for path, function in {
            "/alias": f"{arn}:${{stageVariables.alias}}",
            "/name": f"{place}${{stageVariables.function}}:live",
            "/part": f"{place}variables-${{stageVariables.id}}:live",
            "/arn": "${stageVariables.arn}",
        }.items():
            api.method(path, "GET", invocation(function))
        for path, uri in {
            "/whole": "${stageVariables.url}",
            "/host": "http://${stageVariables.host}/host",
            "/path": f"{backend}/p/${{stageVariables.path}}/end?q=${{stageVariables.query}}",
        }.items():
            api.method(path, "GET", {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": uri})
        authorizer = api.gateway.create_authorizer(
            restApiId=api.id,
            name="by-alias",
            type="TOKEN",
            identitySource="method.request.header.token",
            authorizerUri=invocation(f"{arn}:${{stageVariables.alias}}")["uri"],
            authorizerResultTtlInSeconds=0,
        )["id"]
        integration = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": f"{backend}/guarded"}
        guard = {"authorizationType": "CUSTOM", "authorizerId": authorizer}
        api.method("/guarded", "GET", integration, guard)
        shared = {
            "function": name,
            "id": api.id,
            "arn": f"{arn}:live",
            "host": backend.removeprefix("http://"),
        }
        api.deploy("one", alias="live", url=f"{backend}/one", path="a/b", query="1&r=2", **shared)
        api.deploy("two", alias="next", url=f"{backend}/two", path="c", query="", **shared)
        api.deploy("bare")
        yield served


def test_an_alias_by_stage_is_invoked_where_its_own_policy_allows_it(served: Served) -> None:
    assert served.ask("one", "/alias") == (200, "1")
    assert served.ask("two", "/alias") == FAILED, "the permission of one alias does not open the other"
    served.allow("next")
    deadline = time.monotonic() + BOUND
    while (answer := served.ask("two", "/alias")) != (200, "2"):
        assert answer == FAILED
        assert time.monotonic() < deadline
    assert served.ask("one", "/guarded")[0] == 200
    assert served.ask("two", "/guarded")[0] == 403, "the authorizer of this stage is the alias that denies"


@pytest.mark.parametrize("path", ["/name", "/part", "/arn"])
def test_a_variable_names_the_function(served: Served, path: str) -> None:
    assert served.ask("one", path) == (200, "1")


@pytest.mark.parametrize("path", ["/alias", "/name", "/arn", "/guarded", "/whole", "/host"])
def test_what_an_unset_variable_leaves_without_a_place_to_go_fails(served: Served, path: str) -> None:
    assert served.ask("bare", path)[0] == 500


@pytest.mark.parametrize(
    ("stage", "path", "asked"),
    [
        ("one", "/whole", "/one"),
        ("two", "/whole", "/two"),
        ("one", "/host", "/host"),
        ("one", "/path", "/p/a/b/end?q=1&r=2"),
        ("two", "/path", "/p/c/end?q="),
        ("bare", "/path", "/p//end?q="),
    ],
)
def test_a_variable_stands_anywhere_in_an_address(served: Served, stage: str, path: str, asked: str) -> None:
    status, body = served.ask(stage, path)
    assert (status, json.loads(body)["path"]) == (200, asked)
