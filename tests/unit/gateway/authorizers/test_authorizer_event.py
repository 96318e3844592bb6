"""The events that ask a function, byte for byte."""

from __future__ import annotations

import orjson
from tests.unit.gateway.conftest import make_exchange

from gatewright.gateway.method_request.authorizers.authorizer_event import (
    rendered,
    request_event,
    shown_event,
    token_event,
)

ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/pets/7"
TRACE = ("X-Amzn-Trace-Id", "Root=1-66ab5aa0-0123456789abcdef01234567;Parent=a;Sampled=0")

REQUEST = (
    b'{"type":"REQUEST","methodArn":"arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/GET/pets/7",'
    b'"resource":"/pets/{id}","path":"/pets/7","httpMethod":"GET","headers":'
    b'{"Host":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",'
    b'"X-Amzn-Trace-Id":"Root=1-66ab5aa0-0123456789abcdef01234567;Parent=a;Sampled=0",'
    b'"X-Forwarded-For":"198.51.100.7","X-Forwarded-Port":"443","X-Forwarded-Proto":"https"},'
    b'"multiValueHeaders":{"Host":["a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"],'
    b'"X-Amzn-Trace-Id":["Root=1-66ab5aa0-0123456789abcdef01234567;Parent=a;Sampled=0"],'
    b'"X-Forwarded-For":["198.51.100.7"],"X-Forwarded-Port":["443"],"X-Forwarded-Proto":["https"]},'
    b'"queryStringParameters":{},"multiValueQueryStringParameters":{},"pathParameters":{"id":"7"},'
    b'"stageVariables":{},"requestContext":{"resourceId":"k3x9a1","resourcePath":"/pets/{id}",'
    b'"httpMethod":"GET","extendedRequestId":"OkTz-Fm25PgFdlg=","requestTime":"01/Aug/2024:10:00:00 +0000",'
    b'"path":"/dev/pets/7","accountId":"123456789012","protocol":"HTTP/1.1","stage":"dev",'
    b'"domainPrefix":"a1b2c3d4e5","requestTimeEpoch":1722506400000,'
    b'"requestId":"7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11","identity":{"cognitoIdentityPoolId":null,'
    b'"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"198.51.100.7","principalOrgId":null,'
    b'"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,'
    b'"userAgent":null,"user":null},"domainName":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",'
    b'"apiId":"a1b2c3d4e5"}}'
)


def test_a_token_event() -> None:
    assert rendered(token_event(make_exchange(), ARN, "Bearer abc")) == (
        b'{"type":"TOKEN","authorizationToken":"Bearer abc","methodArn":"' + ARN.encode() + b'"}'
    )


def test_a_request_event() -> None:
    asked = make_exchange(
        "/dev/pets/7", headers=[TRACE], resource_path="/pets/{id}", path_parameters={"id": "7"}
    )
    assert rendered(request_event(asked, ARN, "")) == REQUEST


def test_a_request_event_has_values_and_no_body() -> None:
    asked = make_exchange(
        "/dev/pets?x=1&x=2&y=%2B",
        verb="POST",
        body=b"hi",
        headers=[("X-A", "1"), ("X-A", "2")],
        variables={"env": "prod"},
    )
    event = orjson.loads(rendered(request_event(asked, ARN, "")))
    assert not event.keys() & {"body", "isBase64Encoded"}
    assert (event["headers"]["X-A"], event["multiValueHeaders"]["X-A"]) == ("2", ["1", "2"])
    assert event["queryStringParameters"] == {"x": "2", "y": "+"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["+"]}
    assert event["stageVariables"] == {"env": "prod"}


def test_what_is_shown_holds_no_secret() -> None:
    asked = make_exchange(
        "/dev/pets?access_token=sekrit-1-abcdef&hash=sekrit-2-abcdef&plain=1",
        headers=[("Authorization", "sekrit-3-abcdef"), ("x-HASH", "sekrit-4-abcdef"), ("X-Plain", "2")],
    )
    asked.identity = {"apiKey": "sekrit-5-abcdef"}
    identity = {
        "method.request.header.X-Hash": "*********abcdef",
        "method.request.querystring.hash": "*********abcdef",
    }
    shown = shown_event(request_event(asked, ARN, ""), identity)
    assert "sekrit" not in shown
    event = orjson.loads(shown)
    assert (event["headers"]["x-HASH"], event["headers"]["X-Plain"]) == ("*********abcdef", "2")
    assert event["multiValueQueryStringParameters"]["plain"] == ["1"]
    assert event["requestContext"]["identity"]["apiKey"] == "*********abcdef"
    token = shown_event(token_event(asked, ARN, "sekrit-3-abcdef"), {})
    assert orjson.loads(token)["authorizationToken"] == "*********abcdef"
