"""Functions invoked with a role's or the caller's permission, by integrations and authorizers."""

from __future__ import annotations

import io
import json
import threading
import urllib.request
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from tests.integration.conftest import LOCAL
from tests.support.apis import Api
from tests.support.command import command
from tests.support.processes import ACCOUNT, REGION, Gatewright
from tests.support.signing import Keys, keys_of, signed
from tests.support.waiting import until

SOURCE = """
def handler(event, context):
    if "authorizationToken" in event:
        return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}}
    return {"statusCode": 200, "body": "hello"}
"""
FUNCTION = "for-roles-only"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}"
URI = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{ARN}/invocations"
INVOKE = "lambda:InvokeFunction"
CALLER = "arn:aws:iam::*:user/*"
NOBODY = (500, '{"message": "Internal server error"}')

Run = Callable[..., str]


def policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


@pytest.fixture(scope="module")
def gatewright(dev: Gatewright) -> Run:
    """`gatewright("principals", "list")` on the shared dev node; what it prints."""
    return lambda *arguments: command(*arguments, "--data-dir", str(dev.data_dir)).stdout


@pytest.fixture(scope="module")
def function(dev: Gatewright, gatewright: Run) -> str:
    """A function whose own policy allows nobody, and a role that may invoke it."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", SOURCE)
    dev.client("lambda").create_function(
        FunctionName=FUNCTION,
        Runtime="python3.12",
        Handler="app.handler",
        Role=role("any"),
        Code={"ZipFile": code.getvalue()},
    )
    gatewright("principals", "create-role", "invoker", "--policy", policy(INVOKE))
    return FUNCTION


def proxied(
    api: Api, path: str, credentials: str | None = None, method: dict[str, str] | None = None
) -> dict[str, str]:
    integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": URI}
    given = {} if credentials is None else {"credentials": credentials}
    return api.method(path, "GET", integration | given, method)


def ask(api: Api, path: str, stage: str = "dev", **headers: str) -> tuple[int, str]:
    try:
        request = urllib.request.Request(api.node.stage_url(api.id, stage, path), headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def tried(api: Api, where: dict[str, str]) -> str:
    """The log of a test of the draft's method."""
    return str(api.gateway.test_invoke_method(**where)["log"])


def test_a_role_invokes_what_its_policies_allow(dev: Gatewright, function: str) -> None:
    api = Api(dev)
    proxied(api, "/role", role("invoker"))
    proxied(api, "/service")
    proxied(api, "/variable", "${stageVariables.role}")
    api.deploy("dev", role=role("invoker"))
    assert ask(api, "/role") == (200, "hello")
    assert ask(api, "/variable") == (200, "hello")
    assert ask(api, "/service") == NOBODY


def test_a_change_of_a_role_counts_at_once(dev: Gatewright, function: str, gatewright: Run) -> None:
    api = Api(dev)
    where = proxied(api, "/", role("changed"))
    api.deploy("dev")
    assert ask(api, "/") == NOBODY
    assert "API Gateway does not have permission to assume the provided role" in tried(api, where)
    gatewright("principals", "create-role", "changed")
    until(lambda: "Invalid permissions on Lambda function" in tried(api, where))
    who = f"assumed-role/changed/BackplaneAssumeRoleSession is not authorized to perform: {INVOKE}"
    until(lambda: ask(api, "/") == NOBODY and any(who in line for line in dev.logged))
    gatewright("principals", "put-policy", "changed", "invoke", policy("lambda:*"))
    until(lambda: ask(api, "/") == (200, "hello"))
    assert "Successfully completed execution" in tried(api, where)
    gatewright("principals", "delete", "changed")
    until(lambda: ask(api, "/") == NOBODY)


def test_the_owners_log_says_how_to_make_the_role(dev: Gatewright, function: str) -> None:
    api = Api(dev)
    proxied(api, "/", role("missing"))
    api.deploy("dev")
    assert ask(api, "/") == NOBODY
    dev.log_line(
        f"there is no role '{role('missing')}' here: make it with `gatewright principals create-role`"
    )


def test_the_functions_policy_may_name_the_role(dev: Gatewright, function: str, gatewright: Run) -> None:
    gatewright("principals", "create-role", "named")
    api = Api(dev)
    proxied(api, "/", role("named"))
    api.deploy("dev")
    assert ask(api, "/") == NOBODY
    dev.client("lambda").add_permission(
        FunctionName=function, StatementId="named", Action=INVOKE, Principal=role("named")
    )
    until(lambda: ask(api, "/") == (200, "hello"))


def test_callers_invoke_with_their_own_permission(dev: Gatewright, function: str, gatewright: Run) -> None:
    api = Api(dev)
    proxied(api, "/", CALLER, {"authorizationType": "AWS_IAM"})
    api.deploy("dev")
    url = dev.stage_url(api.id, "dev", "/")
    for name, actions, expected in (
        ("may", ["execute-api:Invoke", INVOKE], (200, "hello")),
        ("may-not", ["execute-api:Invoke"], NOBODY),
    ):
        gatewright("principals", "create-user", name, "--policy", policy(*actions))
        keys = keys_of(gatewright("principals", "create-key", name))
        status, _, body = signed(keys, url).send()
        assert (status, body) == expected
    status, _, body = signed(Keys("test", "test"), url).send()  # the account's root
    assert (status, body) == (200, "hello")


def test_callers_without_a_name_cannot_be_passed_on(dev: Gatewright, function: str) -> None:
    api = Api(dev)
    where = proxied(api, "/", CALLER)
    with pytest.raises(ClientError, match="set authorizationType AWS_IAM"):
        api.deploy("dev")
    with pytest.raises(ClientError, match=r"a test has no caller whose credentials .* could pass on"):
        tried(api, where)


def guarded(api: Api, path: str, credentials: str) -> str:
    """A method behind an authorizer that is asked with a role's permission; the authorizer's id."""
    made = api.gateway.create_authorizer(
        restApiId=api.id,
        name=path,
        type="TOKEN",
        identitySource="method.request.header.Authorization",
        authorizerUri=URI,
        authorizerCredentials=credentials,
    )
    where = api.mock(path, "$context.authorizer.principalId")
    changes = {"/authorizationType": "CUSTOM", "/authorizerId": made["id"]}
    operations = [{"op": "replace", "path": name, "value": value} for name, value in changes.items()]
    api.gateway.update_method(**where, patchOperations=operations)
    return str(made["id"])


def test_a_role_asks_an_authorizer(dev: Gatewright, function: str) -> None:
    api = Api(dev)
    known = guarded(api, "/known", role("invoker"))
    unknown = guarded(api, "/unknown", role("missing"))
    api.deploy("dev")
    assert ask(api, "/known", Authorization="a token") == (200, "ann")
    assert ask(api, "/unknown", Authorization="a token") == (500, '{"message":null}')
    asked = {"restApiId": api.id, "headers": {"Authorization": "a token"}}
    assert api.gateway.test_invoke_authorizer(authorizerId=known, **asked)["principalId"] == "ann"
    log = api.gateway.test_invoke_authorizer(authorizerId=unknown, **asked)["log"]
    assert "API Gateway does not have permission to assume the provided role" in log


# ---- a Lambda somewhere else: the role's keys sign ------------------------------------------------------


class RemoteLambda(BaseHTTPRequestHandler):
    """Answers with the access key that signed."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        answer = json.dumps({"statusCode": 200, "body": key}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return None


def test_a_roles_keys_sign_for_a_remote_lambda(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), RemoteLambda)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = tmp_path / "gatewright.toml"
    keys = '{access_key = "AKIAOFTHEROLE", secret_key = "secret"}'
    settings.write_text(
        f'lambda_endpoint = "http://127.0.0.1:{server.server_port}"\n[roles]\n"{role("here")}" = {keys}\n'
    )
    node = Gatewright("dev", tmp_path / "data", "--config", str(settings), *LOCAL).ready()
    try:
        api = Api(node)
        proxied(api, "/here", role("here"))
        proxied(api, "/missing", role("missing"))
        proxied(api, "/caller", CALLER, {"authorizationType": "AWS_IAM"})
        api.deploy("dev")
        assert ask(api, "/here") == (200, "AKIAOFTHEROLE")
        assert ask(api, "/missing") == NOBODY
        node.log_line(f"the settings do not say where the keys of {role('missing')} come from")
        status, _, body = signed(Keys("test", "test"), node.stage_url(api.id, "dev", "/caller")).send()
        assert (status, body) == (200, "test")
    finally:
        node.close()
        server.shutdown()
        server.server_close()
