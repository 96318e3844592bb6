"""`gatewright policy simulate` says what requests meet: its verdicts are compared with real ones."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from http.client import HTTPConnection
from typing import Any

import pytest
from tests.support.apis import MOCK_TEMPLATE, Api
from tests.support.policies import document, statement
from tests.support.processes import ACCOUNT, REGION, Gatewright
from tests.support.signing import Keys, keys_of, signed

from gatewright.cli.main import run as command

ROUTES = (
    ("/", "ANY", "NONE"),
    ("/pets", "GET", "NONE"),
    ("/pets", "POST", "AWS_IAM"),
    ("/pets/{id}", "GET", "AWS_IAM"),
    ("/pets/{id}", "DELETE", "NONE"),
    ("/all/{proxy+}", "GET", "NONE"),
)
MORE_PATHS = ("/pets/", "/pets/%61", "/all/x/../admin", "/all/%61dmin", "/nowhere")
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:${{stageVariables.function}}"
ALL: dict[str, Any] = {"Principal": "*", "Action": "*", "Resource": "*"}
HERE = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
POLICIES: dict[str, list[dict[str, Any]] | None] = {
    "none": None,
    "open": [statement(**ALL)],
    "here": [statement(**ALL, Condition=HERE)],
    "not here": [statement(**ALL), statement("Deny", **ALL, Condition=HERE)],
    "reading": [statement(**ALL | {"Resource": "execute-api:/*/GET/*"})],
    "no admin": [statement(**ALL), statement("Deny", **ALL | {"Resource": "execute-api:/*/*/all/admin"})],
    "named": [statement(**ALL | {"Principal": {"AWS": "arn:aws:iam::000000000000:user/sim"}})],
    "browsers": [statement(**ALL, Condition={"StringLike": {"aws:UserAgent": "Mozilla*"}})],
    "linked": [statement(**ALL, Condition={"StringEquals": {"aws:Referer": "https://example.com/"}})],
}
CALLERS: dict[str, dict[str, str]] = {
    "plain": {},
    "browser": {"User-Agent": "Mozilla/5.0", "Referer": "https://example.com/"},
}


def gatewright(dev: Gatewright, *arguments: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        assert command([*arguments, "--data-dir", str(dev.data_dir)]) == 0
    return out.getvalue()


@pytest.fixture(scope="module")
def sim(dev: Gatewright) -> Keys:
    """A user who may only read pets."""
    reading = statement(Resource="arn:aws:execute-api:*:*:*/*/GET/pets/*")
    gatewright(dev, "principals", "create-user", "sim", "--policy", json.dumps(document(reading)))
    return keys_of(gatewright(dev, "principals", "create-key", "sim"))


def deployed(dev: Gatewright, statements: list[dict[str, Any]] | None) -> Api:
    api = Api(dev, **({} if statements is None else {"policy": json.dumps(document(*statements))}))
    for path, verb, kind in ROUTES:
        integration = {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}
        where = api.method(path, verb, integration, {"authorizationType": kind})
        api.gateway.put_method_response(**where, statusCode="200")
        api.gateway.put_integration_response(**where, statusCode="200")
    api.deploy("dev")
    return api


def simulated(dev: Gatewright, api: Api, *arguments: str) -> list[dict[str, Any]]:
    printed = gatewright(dev, "policy", "simulate", api.id, "dev", "--json", *arguments)
    decoder, found = json.JSONDecoder(), []
    while printed := printed.lstrip():
        answer, end = decoder.raw_decode(printed)
        found.append(answer)
        printed = printed[end:]
    return found


def asked(
    dev: Gatewright, api: Api, route: dict[str, str], headers: dict[str, str], keys: Keys | None
) -> int:
    """The status of a real request; it signs what asks for a signature."""
    url = dev.stage_url(api.id, "dev", route["path"])
    is_iam = any(
        kind == "AWS_IAM" and verb == route["verb"] and _is(path, route) for path, verb, kind in ROUTES
    )
    if keys is not None and is_iam:
        return signed(keys, url, method=route["verb"], headers=headers).send()[0]
    host, _, target = url.removeprefix("http://").partition("/")
    connection = HTTPConnection(host, timeout=30)
    try:
        connection.request(route["verb"], f"/{target}", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _is(template: str, route: dict[str, str]) -> bool:
    fixed = template.partition("{")[0]
    return route["path"].startswith(fixed) if "{" in template else route["path"].rstrip("/") == fixed


@pytest.mark.parametrize("name", POLICIES)
def test_no_verdict_differs_from_the_pipelines(dev: Gatewright, sim: Keys, name: str) -> None:
    api = deployed(dev, POLICIES[name])
    for headers in CALLERS.values():
        given = [text for one in headers.items() for text in ("--header", ":".join(one))]
        for keys in (None, sim):
            who = [] if keys is None else ["--access-key", keys.access_key]
            answers = simulated(dev, api, *given, *who)
            assert len(answers) == 7 + len(ROUTES) - 1
            for path in MORE_PATHS if headers and keys else ():
                answers += simulated(dev, api, *given, *who, "--path", path)
            for answer in answers:
                status = asked(dev, api, answer["route"], headers, keys)
                expected = (True, None) if status == 200 else (False, status)
                assert (answer["allowed"], answer["status"]) == expected, answer
                assert answer["reason"]


def test_another_address_and_the_reason(dev: Gatewright) -> None:
    api = deployed(dev, POLICIES["here"])
    (answer,) = simulated(dev, api, "--path", "/pets", "--source-ip", "203.0.113.7")
    assert (answer["allowed"], answer["status"], answer["resource"]) == (False, 403, "/pets")
    assert answer["reason"] == "resource policy: no statement allows"
    (answer,) = simulated(dev, api, "--path", "/pets")
    assert answer["reason"] == "resource policy: Statement[0] allows"


def test_a_disabled_endpoint_lets_nobody_in(dev: Gatewright) -> None:
    api = deployed(dev, None)
    change = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=[change])
    api.deploy("dev")
    (answer,) = simulated(dev, api, "--path", "/pets")
    assert (answer["allowed"], answer["status"]) == (False, 403)
    assert answer["reason"] == "the API's execute-api endpoint is disabled"


def test_a_key_that_is_asked_for_is_named(dev: Gatewright) -> None:
    api = Api(dev)
    method = {"authorizationType": "NONE", "apiKeyRequired": True}
    where = api.method("/", "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}, method)
    api.gateway.put_integration_response(**where, statusCode="200")
    api.deploy("dev")
    (answer,) = simulated(dev, api)
    assert (answer["allowed"], answer["reason"]) == (True, "open to everybody; also asks for an API key")


def test_a_function_is_asked_only_about_who_says_who_calls(dev: Gatewright) -> None:
    api = deployed(dev, [statement(**ALL)])
    made = api.gateway.create_authorizer(
        restApiId=api.id,
        name="tokens",
        type="TOKEN",
        identitySource="method.request.header.X-Token",
        identityValidationExpression="t-[0-9]+",
        authorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
    )
    method = {"authorizationType": "CUSTOM", "authorizerId": made["id"]}
    where = api.method("/guarded", "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}, method)
    api.gateway.put_integration_response(**where, statusCode="200")
    api.deploy("dev", function="mine")
    said = [
        (answer["allowed"], answer["status"], answer["reason"])
        for token in ([], ["--token", "other"], ["--token", "t-7"])
        for answer in simulated(dev, api, "--path", "/guarded", *token)
    ]
    assert said == [
        (False, 401, "method.request.header.X-Token is missing or empty"),
        (False, 401, "method.request.header.X-Token does not match identityValidationExpression"),
        (None, None, f"asks the function {FUNCTION.replace('${stageVariables.function}', 'mine')}"),
    ]
    api.gateway.update_stage(
        restApiId=api.id, stageName="dev", patchOperations=[{"op": "remove", "path": "/variables/function"}]
    )
    (answer,) = simulated(dev, api, "--path", "/guarded", "--token", "t-7")
    assert (answer["status"], answer["reason"]) == (500, "authorizerUri names no function")


def test_a_stages_canary_answers_for_itself(dev: Gatewright) -> None:
    api = deployed(dev, [statement(**ALL)])
    denying = [statement(**ALL), statement("Deny", **ALL, Condition=HERE)]
    change = {"op": "replace", "path": "/policy", "value": json.dumps(document(*denying))}
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=[change])
    api.gateway.create_deployment(restApiId=api.id, stageName="dev", canarySettings={"percentTraffic": 12.5})
    told = io.StringIO()
    with redirect_stderr(told):
        (own,) = simulated(dev, api, "--path", "/pets")
    assert told.getvalue() == (
        "The stage's canary gets 12.5 % of the requests: see its answers with --canary.\n"
    )
    (canary,) = simulated(dev, api, "--path", "/pets", "--canary")
    assert (own["allowed"], canary["allowed"], canary["status"]) == (True, False, 403)
    assert canary["reason"] == "resource policy: Statement[1] denies"


def test_for_people(dev: Gatewright, sim: Keys) -> None:
    api = deployed(dev, POLICIES["no admin"])
    table = gatewright(dev, "policy", "simulate", api.id, "dev", "--access-key", sim.access_key)
    first, *rows = table.splitlines()
    assert first.split() == ["route", "verdict", "because"]
    assert any(row.startswith("GET /pets/id") and "allowed" in row for row in rows)


@pytest.fixture(scope="module")
def plain(dev: Gatewright) -> Api:
    return deployed(dev, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothere", "dev"), "there is no API nothere"),
        (("{api}", "nothere"), "has no stage nothere; it has dev"),
        (("{api}", "dev", "--canary"), "has no canary; ask without --canary"),
        (("{api}", "dev", "--access-key", "AKIANONE"), "there is no access key AKIANONE"),
        (("{api}", "dev", "--source-ip", "here"), "--source-ip here: is no IP address"),
        (("{api}", "dev", "--path", "pets"), "--path pets: write it as it is sent"),
        (("{api}", "dev", "--path", "/pets?a=1"), "a query goes to --query"),
        (("{api}", "dev", "--query", "é"), "--query é: write it as it is sent"),
        (("{api}", "dev", "--header", "X-A"), "write NAME:VALUE"),
    ],
)
def test_what_cannot_be_simulated(
    dev: Gatewright, plain: Api, arguments: tuple[str, ...], message: str
) -> None:
    errors = io.StringIO()
    with redirect_stderr(errors):
        code = command(
            [
                "policy",
                "simulate",
                *(one.format(api=plain.id) for one in arguments),
                "--data-dir",
                str(dev.data_dir),
            ]
        )
    assert code in (1, 2)
    assert message in errors.getvalue()
