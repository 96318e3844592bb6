"""The Lambda proxy event."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from gatewright.gateway import lambda_event
from gatewright.gateway.exchange import Exchange

MakeExchange = Callable[..., Exchange]

# The service's own event for this request, key order and all.
PETS_9 = (
    b'{"resource":"/pets/{petId}","path":"/pets/9","httpMethod":"GET","headers":'
    b'{"Host":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",'
    b'"X-Amzn-Trace-Id":"Root=1-66ab5aa0-0123456789abcdef01234567;Parent=a;Sampled=0",'
    b'"X-Forwarded-For":"198.51.100.7","X-Forwarded-Port":"443","X-Forwarded-Proto":"https"},'
    b'"multiValueHeaders":{"Host":["a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"],'
    b'"X-Amzn-Trace-Id":["Root=1-66ab5aa0-0123456789abcdef01234567;Parent=a;Sampled=0"],'
    b'"X-Forwarded-For":["198.51.100.7"],"X-Forwarded-Port":["443"],"X-Forwarded-Proto":["https"]},'
    b'"queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":{"petId":"9"},'
    b'"stageVariables":{"env":"prod"},"requestContext":{"resourceId":"k3x9a1","resourcePath":"/pets/{petId}",'
    b'"httpMethod":"GET","extendedRequestId":"OkTz-Fm25PgFdlg=","requestTime":"01/Aug/2024:10:00:00 +0000",'
    b'"path":"/dev/pets/9","accountId":"123456789012","protocol":"HTTP/1.1","stage":"dev",'
    b'"domainPrefix":"a1b2c3d4e5","requestTimeEpoch":1722506400000,'
    b'"requestId":"7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11","identity":{"cognitoIdentityPoolId":null,'
    b'"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"198.51.100.7","principalOrgId":null,'
    b'"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,'
    b'"userAgent":null,"user":null},"domainName":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",'
    b'"deploymentId":"d9q2wz","apiId":"a1b2c3d4e5"},"body":null,"isBase64Encoded":false}'
)


def test_an_event_is_the_services_byte_for_byte(exchange: MakeExchange) -> None:
    asked = exchange(
        "/dev/pets/9",
        headers=[("X-Amzn-Trace-Id", "Root=1-66ab5aa0-0123456789abcdef01234567;Parent=a;Sampled=0")],
        resource_path="/pets/{petId}",
        path_parameters={"petId": "9"},
        variables={"env": "prod"},
    )
    assert lambda_event.build(asked, b"", False) == PETS_9


def test_values_single_and_multiple_decoded_and_raw(exchange: MakeExchange) -> None:
    asked = exchange(
        "/dev/a%20b/c/?x=1&x=2&y=%2B",
        verb="POST",
        headers=[("X-A", "1"), ("X-A", "2"), ("Content-Type", "text/plain")],
        resource_path="/{proxy+}",
        path_parameters={"proxy": "a%20b/c"},
    )
    event = orjson.loads(lambda_event.build(asked, b"hi", False))
    assert event["path"] == "/a%20b/c/"
    assert event["requestContext"]["path"] == "/dev/a%20b/c/"
    assert event["pathParameters"] == {"proxy": "a%20b/c"}
    assert (event["headers"]["X-A"], event["multiValueHeaders"]["X-A"]) == ("2", ["1", "2"])
    assert event["headers"].keys() == event["multiValueHeaders"].keys()
    assert event["queryStringParameters"] == {"x": "2", "y": "+"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["+"]}
    assert event["stageVariables"] is None
    assert (event["body"], event["isBase64Encoded"]) == ("hi", False)


@pytest.mark.parametrize(
    ("body", "binary", "shown", "encoded"),
    [
        (b"", False, None, False),
        (b"", True, None, False),
        ("grün".encode(), False, "grün", False),
        (b"\xff\xfe", False, "\ufffd\ufffd", False),
        (b"\xff\xfe", True, "//4=", True),
    ],
)
def test_bodies(exchange: MakeExchange, body: bytes, binary: bool, shown: str | None, encoded: bool) -> None:
    event = orjson.loads(lambda_event.build(exchange(), body, binary))
    assert (event["body"], event["isBase64Encoded"]) == (shown, encoded)


def test_what_is_removed_on_entry_is_in_no_event(exchange: MakeExchange) -> None:
    asked = exchange(headers=[("Content-Length", "2"), ("Connection", "close"), ("Via", "1.1 x")])
    headers = orjson.loads(lambda_event.build(asked, b"", False))["headers"]
    assert "Via" in headers
    assert not headers.keys() & {"Content-Length", "Connection"}
