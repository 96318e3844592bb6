"""Where AWS integrations go, of what their URIs say."""

from __future__ import annotations

import pytest

from gatewright.gateway.integrations.service_uri import ServiceUri
from gatewright.gateway.services import ServiceSettings

LOCAL = ServiceSettings("http://127.0.0.1:5000", {"sqs": "https://queue.example", "b.s3": "http://b:1"})

PLACES = {
    "sqs:path/1/q": ("sqs.eu-west-1.amazonaws.com", "/1/q", "", "sqs"),
    "s3:path/": ("s3.eu-west-1.amazonaws.com", "/", "", "s3"),
    "iam:action/ListUsers": ("iam.amazonaws.com", "/", "Action=ListUsers", "iam"),
    "abc.appsync-api:path/graphql": ("abc.appsync-api.eu-west-1.amazonaws.com", "/graphql", "", "appsync"),
    "data.iot:path/topics/a?qos=1": ("data.iot.eu-west-1.amazonaws.com", "/topics/a", "qos=1", "iotdata"),
    "s3:action/GetObject&Bucket={b}": ("s3.eu-west-1.amazonaws.com", "/", "Action=GetObject&Bucket=x", "s3"),
}


@pytest.mark.parametrize("text", PLACES)
def test_amazons_places(text: str) -> None:
    uri = ServiceUri(f"arn:aws:apigateway:eu-west-1:{text}", ServiceSettings())
    found = uri.endpoint({"b": "x"})
    assert (found.host.decode(), found.path, found.query, uri.signed_as) == PLACES[text]
    assert (found.target.scheme, found.target.host, found.target.port) == ("https", PLACES[text][0], 443)


@pytest.mark.parametrize(
    ("service", "reached", "host"),
    [
        ("sns", "127.0.0.1", "127.0.0.1:5000"),
        ("sqs", "queue.example", "queue.example"),
        ("a.s3", "127.0.0.1", "a.s3.us-east-1.amazonaws.com"),
        ("b.s3", "b", "b:1"),
    ],
)
def test_the_owners_places(service: str, reached: str, host: str) -> None:
    found = ServiceUri(f"arn:aws:apigateway:us-east-1:{service}:path/", LOCAL).endpoint({})
    assert (found.target.host, found.host.decode()) == (reached, host)


def test_a_value_stays_in_its_place() -> None:
    action = ServiceUri("arn:aws:apigateway:us-east-1:s3:action/GetObject&Key={key}", LOCAL)
    assert (
        action.endpoint({"key": "a&Action=x/%26#?"}).query
        == "Action=GetObject&Key=a%26Action%3Dx%2F%26%23%3F"
    )
    path = ServiceUri("arn:aws:apigateway:us-east-1:s3:path/b/{key}?x={x}", LOCAL)
    found = path.endpoint({"key": "a/b?c#d%zz é%20", "x": "1=2"})
    assert (found.path, found.query) == ("/b/a/b%3Fc%23d%25zz%20%C3%A9%20", "x=1%3D2")


@pytest.mark.parametrize(
    "text", ["sqs", "sqs:action/", "sqs:action/&a=b", "s q s:path/", ":path/x", "s3:path/a#b"]
)
def test_what_names_no_service_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no AWS service's URI: write arn:aws:apigateway:"):
        ServiceUri(f"arn:aws:apigateway:us-east-1:{text}", LOCAL)
