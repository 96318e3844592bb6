"""TestInvokeMethod on a real node: the draft is run, and the log tells the run in the recorded words."""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.apis import MOCK_TEMPLATE, Api
from tests.support.processes import Gatewright

DATE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : ")


def texts(log: str) -> list[str]:
    """The lines' texts, each line's date proven and taken off."""
    first, *lines = log.splitlines()
    assert re.fullmatch(r"Execution log for request [0-9a-f-]{36}", first)
    assert log.endswith("\n")
    found = []
    for line in lines:
        date = DATE.match(line)
        assert date, line
        found.append(line[date.end() :])
    return found


@pytest.fixture
def api(dev: Gatewright) -> Api:
    return Api(dev)


def invoke(api: Api, where: dict[str, str], **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.gateway.test_invoke_method(**where, **asked)
    return answer


def test_a_mock_as_recorded(api: Api) -> None:
    method = {"authorizationType": "NONE", "requestParameters": {"method.request.path.petId": True}}
    where = api.method("/pets/{petId}", "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}, method)
    api.gateway.put_method_response(**where, statusCode="200")
    api.gateway.put_integration_response(**where, statusCode="200")
    answer = invoke(api, where, pathWithQueryString="/pets/123?foo=bar")
    assert (answer["status"], answer["body"]) == (200, "")
    assert answer["headers"] == {"Content-Type": "application/json"}
    assert answer["multiValueHeaders"] == {"Content-Type": ["application/json"]}
    assert answer["latency"] >= 0
    lines = texts(answer["log"])
    assert re.fullmatch(r"Starting execution for request: [0-9a-f-]{36}", lines[0])
    assert lines[1:] == [
        "HTTP Method: GET, Resource Path: /pets/123",
        "Method request path: {petId=123}",
        "Method request query string: {foo=bar}",
        "Method request headers: {}",
        "Method request body before transformations: ",
        "Method response body after transformations: ",
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
    ]


@pytest.mark.parametrize(
    ("asked", "path", "parameters"),
    [
        ({}, "/pets/{petId}", "{petId={petId}}"),
        ({"pathWithQueryString": "/elsewhere"}, "/elsewhere", "{}"),
        ({"pathWithQueryString": "pets/7"}, "/pets/7", "{petId=7}"),
    ],
)
def test_the_path_as_asked(api: Api, asked: dict[str, str], path: str, parameters: str) -> None:
    where = api.mock("/pets/{petId}", "$input.params('petId')")
    answer = invoke(api, where, **asked)
    lines = texts(answer["log"])
    assert lines[1:3] == [f"HTTP Method: GET, Resource Path: {path}", f"Method request path: {parameters}"]
    assert answer["body"] == (parameters[1:-1].partition("=")[2])


def test_the_draft_is_run_not_the_deployment(api: Api) -> None:
    where = api.mock("/", '"one"')
    api.deploy("dev")
    api.change_mock(where, '"two"')
    assert invoke(api, where)["body"] == '"two"'


def test_templates_see_the_test_context(api: Api) -> None:
    where = api.mock(
        "/", "$context.stage $context.identity.sourceIp $context.domainName $context.path $stageVariables.who"
    )
    answer = invoke(api, where, stageVariables={"who": "me"})
    assert answer["body"] == "test-invoke-stage test-invoke-source-ip testPrefix.testDomainName / me"


def test_access_control_is_skipped_and_validation_is_not(api: Api) -> None:
    validator = api.gateway.create_request_validator(
        restApiId=api.id, name="all", validateRequestParameters=True
    )["id"]
    method = {
        "authorizationType": "AWS_IAM",
        "apiKeyRequired": True,
        "requestValidatorId": validator,
        "requestParameters": {"method.request.querystring.q": True},
    }
    where = api.method("/", "GET", {"type": "MOCK", "requestTemplates": MOCK_TEMPLATE}, method)
    api.gateway.put_method_response(**where, statusCode="200")
    api.gateway.put_integration_response(**where, statusCode="200")
    assert invoke(api, where, pathWithQueryString="/?q=1")["status"] == 200
    refused = invoke(api, where)
    assert (refused["status"], refused["body"]) == (
        400,
        '{"message": "Missing required request parameters: [q]"}',
    )
    assert refused["headers"] == {"x-amzn-ErrorType": "BadRequestException"}
    assert texts(refused["log"])[-2:] == [
        "Missing required request parameters: [q]",
        "Method completed with status: 400",
    ]


def test_a_backend_that_cannot_be_found(api: Api) -> None:
    where = api.method(
        "/", "GET", {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://gone.invalid/x"}
    )
    answer = invoke(api, where)
    assert (answer["status"], answer["body"]) == (500, '{"message": "Internal server error"}')
    assert answer["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert texts(answer["log"])[-3:] == [
        "Sending request to http://gone.invalid/x",
        "Execution failed due to configuration error: Invalid endpoint address",
        "Method completed with status: 500",
    ]


def echo(api: Api) -> str:
    """The invocation URI of a function that answers its event."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        source = "import json\ndef handler(event, context):\n    return {'body': json.dumps(event)}\n"
        opened.writestr("app.py", source)
    functions: Any = api.node.client("lambda")
    name = f"echo-{api.id}"
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/test",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=name,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/test-invoke-stage/POST/f/*",
    )
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def test_a_function_gets_a_test_event(api: Api) -> None:
    integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": echo(api)}
    where = api.method("/f/{id}", "POST", integration)
    answer = invoke(api, where, pathWithQueryString="/f/7", body="hi")
    assert answer["status"] == 200
    lines = texts(answer["log"])
    assert lines[6].startswith(
        "Endpoint request URI: https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/"
    )
    assert [line.partition(":")[0] for line in lines[6:]] == [
        "Endpoint request URI",
        "Endpoint request headers",
        "Endpoint request body after transformations",
        "Sending request to https",
        "Received response. Status",
        "Endpoint response headers",
        "Endpoint response body before transformations",
        "Method response body after transformations",
        "Method response headers",
        "Successfully completed execution",
        "Method completed with status",
    ]
    assert list(answer["headers"]) == ["X-Amzn-Trace-Id", "Content-Type"]
    event = answer["body"]
    assert '"headers": null' in event
    assert '"stage": "test-invoke-stage"' in event
    assert '"apiKey": "test-invoke-api-key"' in event


@pytest.mark.parametrize(("asked", "ran"), [("PATCH", "PATCH"), ("ANY", "GET")])
def test_a_method_for_any_verb_is_run_with_the_one_asked(api: Api, asked: str, ran: str) -> None:
    template = {"application/json": '{"statusCode": 200, "verb": "$context.httpMethod"}'}
    where = api.method("/{proxy+}", "ANY", {"type": "MOCK", "requestTemplates": template})
    api.gateway.put_method_response(**where, statusCode="200")
    api.gateway.put_integration_response(
        **where, statusCode="200", responseTemplates={"application/json": "$context.httpMethod"}
    )
    answer = invoke(api, where | {"httpMethod": asked})
    assert (answer["status"], answer["body"]) == (200, ran)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"a": "x\r\nEvil: 1"}, "Invalid header value specified: a must not have line breaks or NUL"),
        ({"a: b\r\nc": "x"}, r"Invalid header name specified: 'a: b\r\nc' is no name that HTTP allows"),
    ],
)
def test_headers_that_no_client_could_send_are_refused(
    api: Api, headers: dict[str, str], message: str
) -> None:
    where = api.mock("/", "x")
    with pytest.raises(ClientError) as refused:
        invoke(api, where, headers=headers)
    assert refused.value.response["Error"] == {"Code": "BadRequestException", "Message": message}


def test_a_header_without_a_value_is_none(api: Api) -> None:
    where = api.mock("/", "$input.params().header")
    path = f"/restapis/{where['restApiId']}/resources/{where['resourceId']}/methods/GET"
    asked = {"headers": {"a": None, "b": "1"}, "multiValueHeaders": {"c": None}}
    with closing(HTTPConnection("127.0.0.1", api.node.port)) as connection:
        connection.request("POST", path, json.dumps(asked))  # the SDKs send no null
        answer = json.load(connection.getresponse())
    assert (answer["status"], answer["body"]) == (200, "{b=1}")


@pytest.mark.parametrize(
    ("resource", "verb", "message"),
    [
        ("nope12", "GET", "Invalid Resource identifier specified"),
        (None, "PATCH", "Invalid Method identifier specified"),
    ],
)
def test_what_is_not_there(api: Api, resource: str | None, verb: str, message: str) -> None:
    where = api.mock("/", "x")
    asked = {**where, "httpMethod": verb} | ({"resourceId": resource} if resource else {})
    with pytest.raises(ClientError) as refused:
        invoke(api, asked)
    assert refused.value.response["Error"] == {"Code": "NotFoundException", "Message": message}


def test_a_method_that_cannot_be_compiled_is_refused_with_the_place(api: Api) -> None:
    where = api.mock("/", "#if(true)never ended")
    with pytest.raises(ClientError, match=r"response mapping template application/json: .*line 1"):
        invoke(api, where)
