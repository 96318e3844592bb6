"""PutIntegration: shape and defaults by type, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.control.context import Limits
from gatewright.control.rest.integration import delete_integration, get_integration, put_integration
from gatewright.control.rest.integration_response import put_integration_response
from gatewright.control.rest.method import get_method, put_method

Refused = Callable[..., tuple[str, int, str]]
Do = Callable[..., Any]

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:pets"
LAMBDA = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
STREAMING = (
    f"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{FUNCTION}/response-streaming-invocations"
)
DEFAULTS = {
    "passthroughBehavior": "WHEN_NO_MATCH",
    "timeoutInMillis": 29000,
    "cacheNamespace": "pets01",
    "cacheKeyParameters": [],
}
MAPPING = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
LINK_ALONE = (
    "connectionId 'link01' is for connectionType VPC_LINK: set connectionType to VPC_LINK, or leave "
    "connectionId out"
)
BAD_ARN = "Invalid ARN specified in the request"
BAD_HTTP = "Invalid HTTP endpoint specified for URI"
NO_PATH_OR_ACTION = "AWS ARN for integration must contain path or action"
NOT_PROXIED = (
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream "
    "invocations."
)


@pytest.fixture(autouse=True)
def method(do: Do) -> None:
    declared = {"method.request.querystring.kind": True, "method.request.header.X-Id": False}
    do(put_method, httpMethod="GET", authorizationType="NONE", requestParameters=declared)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"type": "MOCK"}, {"type": "MOCK"}),
        (
            {"type": "MOCK", "integrationHttpMethod": "POST", "uri": "anything at all"},
            {"type": "MOCK"},
        ),
        (
            {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://backend/pets"},
            {"type": "HTTP", "httpMethod": "GET", "uri": "http://backend/pets", "connectionType": "INTERNET"},
        ),
        (
            {"type": "HTTP_PROXY", "integrationHttpMethod": "ANY", "uri": "https://backend/{proxy}"},
            {
                "type": "HTTP_PROXY",
                "httpMethod": "ANY",
                "uri": "https://backend/{proxy}",
                "connectionType": "INTERNET",
            },
        ),
        (
            {
                "type": "AWS_PROXY",
                "integrationHttpMethod": "POST",
                "uri": LAMBDA,
                "connectionType": "INTERNET",
            },
            {"type": "AWS_PROXY", "httpMethod": "POST", "uri": LAMBDA},
        ),
    ],
)
def test_each_type_shows_its_members_and_defaults(
    do: Do, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert do(put_integration, httpMethod="GET", **given) == {**shown, **DEFAULTS}
    assert do(get_integration, httpMethod="GET") == {**shown, **DEFAULTS}
    assert do(get_method, httpMethod="GET")["methodIntegration"] == {**shown, **DEFAULTS}


def test_what_was_set_is_shown(do: Do) -> None:
    given: dict[str, Any] = {
        "uri": "https://backend/${stageVariables.path}",
        "connectionType": "VPC_LINK",
        "connectionId": "${stageVariables.vpcLinkId}",
        "credentials": "arn:aws:iam::111122223333:role/caller",
        "contentHandling": "CONVERT_TO_TEXT",
        "passthroughBehavior": "NEVER",
        "timeoutInMillis": 50,
        "cacheNamespace": "shared",
        "cacheKeyParameters": ["method.request.querystring.kind", "integration.request.header.id"],
        "requestParameters": {"integration.request.header.id": "method.request.header.X-Id"},
        "requestTemplates": {"application/json": "{}", "text/plain": "{}", "$default": "{}"},
        "tlsConfig": {"insecureSkipVerification": True},
        "responseTransferMode": "BUFFERED",
        "integrationTarget": "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/1",
    }
    put = do(put_integration, httpMethod="GET", type="HTTP", integrationHttpMethod="POST", **given)
    assert put == {"type": "HTTP", "httpMethod": "POST", **given}


def test_an_empty_template_is_null(do: Do) -> None:
    put = do(put_integration, httpMethod="GET", type="MOCK", requestTemplates={"application/json": ""})
    assert put["requestTemplates"] == {"application/json": None}


def test_a_template_need_not_be_json(do: Do) -> None:
    templates = {"application/json": "{statusCode: 200"}
    put = do(put_integration, httpMethod="GET", type="MOCK", requestTemplates=templates)
    assert put["requestTemplates"] == templates


def test_a_second_put_replaces_the_integration_and_its_responses(do: Do) -> None:
    do(put_integration, httpMethod="GET", type="MOCK")
    do(put_integration_response, httpMethod="GET", statusCode="200")
    assert "integrationResponses" in do(get_integration, httpMethod="GET")
    do(put_integration, httpMethod="GET", type="MOCK", cacheNamespace="other")
    assert do(get_integration, httpMethod="GET") == {"type": "MOCK", **DEFAULTS, "cacheNamespace": "other"}


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"])
def test_a_backend_needs_a_verb(refused: Refused, kind: str) -> None:
    answer = refused(put_integration, httpMethod="GET", type=kind)
    assert answer == ("BadRequestException", 400, "Enumeration value for HttpMethod must be non-empty")


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
@pytest.mark.parametrize(
    "uri",
    [
        "",
        "backend",
        "ftp://backend",
        "http://",
        "https:///path",
        "http://back end/",
        "http://b/\r\nX: y",
        LAMBDA,
    ],
)
def test_http_needs_an_absolute_url(refused: Refused, kind: str, uri: str) -> None:
    answer = refused(put_integration, httpMethod="GET", type=kind, integrationHttpMethod="GET", uri=uri)
    assert answer == ("BadRequestException", 400, BAD_HTTP)


@pytest.mark.parametrize(
    "uri",
    [
        "${stageVariables.url}",
        "http://${stageVariables.host}",
        "http://${stageVariables.host}:${stageVariables.port}/x",
        "https://a.example:8443/{proxy}?a=b",
        "http://127.0.0.1:5000",
        "http://[::1]:5000/",
    ],
)
def test_these_are_http_endpoints(do: Do, uri: str) -> None:
    put = do(put_integration, httpMethod="GET", type="HTTP", integrationHttpMethod="GET", uri=uri)
    assert put["uri"] == uri


@pytest.mark.parametrize(
    ("kind", "uri", "message"),
    [
        ("AWS", "", BAD_ARN),
        ("AWS", "http://backend", BAD_ARN),
        ("AWS_PROXY", "http://backend", BAD_ARN),
        ("AWS", "arn:aws:apigateway", BAD_ARN),
        ("AWS", "arn:aws:apigateway:us-east-1:s3:other/bucket", NO_PATH_OR_ACTION),
        ("AWS", FUNCTION, NO_PATH_OR_ACTION),
        ("AWS_PROXY", FUNCTION, NO_PATH_OR_ACTION),
        ("AWS_PROXY", "arn:aws:apigateway:us-east-1:s3:path/bucket", NOT_PROXIED),
        ("AWS_PROXY", "arn:aws:apigateway:us-east-1:lambda:path/functions/x/invocations", NOT_PROXIED),
        ("AWS_PROXY", LAMBDA.removesuffix("s"), NOT_PROXIED),
        (
            "AWS_PROXY",
            STREAMING,
            "Invalid ResponseTransferMode. Cannot use ResponseTransferMode BUFFERED for Lambda functions "
            "invoked by InvokeWithResponseStream for AWS_PROXY integrations.",
        ),
    ],
)
def test_service_uris_are_checked(refused: Refused, kind: str, uri: str, message: str) -> None:
    answer = refused(put_integration, httpMethod="GET", type=kind, integrationHttpMethod="POST", uri=uri)
    assert answer == ("BadRequestException", 400, message)


def test_streaming_wants_the_streaming_uri(refused: Refused) -> None:
    answer = refused(
        put_integration,
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=LAMBDA,
        responseTransferMode="STREAM",
    )
    message = (
        "Invalid ResponseTransferMode. ResponseTransferMode STREAM is only supported for Lambda functions "
        "invoked by InvokeWithResponseStream for AWS_PROXY integrations"
    )
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    ("kind", "uri", "mode"),
    [
        ("AWS", "arn:aws:apigateway:us-east-1:sqs:action/SendMessage", None),
        ("AWS", "arn:aws:apigateway:us-east-1:s3:path/{bucket}/{key}", None),
        ("AWS", "arn:aws:apigateway:us-east-1:sqs:${stageVariables.action}", None),
        ("AWS", "arn:aws:apigateway:${stageVariables.region}:${stageVariables.to}:path/", None),
        ("AWS", LAMBDA.replace("pets", "${stageVariables.fn}"), None),
        ("AWS_PROXY", LAMBDA.replace("pets", "pets:${stageVariables.alias}"), None),
        ("AWS_PROXY", LAMBDA.replace("path/2015", "path//2015"), None),
        ("AWS_PROXY", "arn:aws:apigateway:us-east-1:firehose:action/PutRecord", None),
        ("AWS_PROXY", STREAMING, "STREAM"),
    ],
)
def test_these_are_service_uris(do: Do, kind: str, uri: str, mode: str | None) -> None:
    put = do(
        put_integration,
        httpMethod="GET",
        type=kind,
        integrationHttpMethod="POST",
        uri=uri,
        responseTransferMode=mode,
    )
    assert put["uri"] == uri


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"credentials": "role"}, BAD_ARN),
        ({"timeoutInMillis": 49}, "Timeout should be between 50 ms and 29000 ms"),
        ({"timeoutInMillis": 29001}, "Timeout should be between 50 ms and 29000 ms"),
        (
            {"connectionType": "VPC_LINK"},
            "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK",
        ),
        ({"connectionId": "link01"}, LINK_ALONE),
        ({"connectionType": "INTERNET", "connectionId": "link01"}, LINK_ALONE),
        (
            {"passthroughBehavior": "SOMETIMES"},
            "Invalid passthroughBehavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER",
        ),
        (
            {"requestParameters": {"integration.request.header.x": "value"}},
            f"{MAPPING}[Invalid mapping expression specified: value]",
        ),
        (
            {"requestParameters": {"integration.request.header.x": "'a\r\nb: c'"}},
            f"{MAPPING}[Invalid mapping expression specified: 'a\r\nb: c']",
        ),
        (
            {"requestParameters": {"integration.request.header.x": "method.request.header.y"}},
            f"{MAPPING}[Invalid mapping expression parameter specified: method.request.header.y]",
        ),
        (
            {"requestParameters": {"header.x": "'a'", "integration.request.path.y": "nothing"}},
            f"{MAPPING}[Invalid mapping expression parameter specified: header.x, "
            "Invalid mapping expression specified: nothing]",
        ),
        (
            {"requestParameters": {"integration.request.header.x": None}},
            f"{MAPPING}[Invalid mapping expression specified: null]",
        ),
        *[
            (
                {"requestTemplates": {key: "{}"}},
                f"Validation Result: warnings : [], errors : [Invalid content type specified: {key}]",
            )
            for key in ("", "a/b\r\nc: d", "a/b;c=\n", "é/b", "text")
        ],
        ({"cacheKeyParameters": ["method.request.path.id"]}, "Invalid cache key parameter specified"),
        (
            {"requestTemplates": {"123": "{}"}},
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        ),
    ],
)
def test_bad_integrations_are_refused(refused: Refused, given: dict[str, Any], message: str) -> None:
    good = {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://backend"}
    answer = refused(put_integration, httpMethod="GET", **good, **given)
    assert answer == ("BadRequestException", 400, message)


@pytest.mark.parametrize(
    "value",
    [
        "method.request.querystring.kind",
        "method.request.multivaluequerystring.kind",
        "method.request.body",
        "method.request.body.pets[0].name",
        "context.identity.sourceIp",
        "stageVariables.version",
        "'GET,POST'",
        "''",
    ],
)
def test_these_are_request_mappings(do: Do, value: str) -> None:
    parameters = {"integration.request.querystring.x": value}
    put = do(put_integration, httpMethod="GET", type="MOCK", requestParameters=parameters)
    assert put["requestParameters"] == parameters


def test_the_callers_own_credentials_may_be_passed(do: Do) -> None:
    credentials = "arn:aws:iam::*:user/*"
    put = do(put_integration, httpMethod="GET", type="MOCK", credentials=credentials)
    assert put["credentials"] == credentials


def test_a_bad_integration_verb_is_named_as_a_methods_is(refused: Refused) -> None:
    answer = refused(
        put_integration, httpMethod="GET", type="HTTP", integrationHttpMethod="FETCH", uri="http://b"
    )
    assert (
        answer[2]
        == "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
    )


class TestRaisedTimeout:
    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(integration_timeout_ms=60_000)

    def test_the_owners_limit_is_in_force(self, do: Do, refused: Refused) -> None:
        put = do(put_integration, httpMethod="GET", type="MOCK", timeoutInMillis=60_000)
        assert put["timeoutInMillis"] == 60_000
        answer = refused(put_integration, httpMethod="GET", type="MOCK", timeoutInMillis=60_001)
        assert answer[2] == "Timeout should be between 50 ms and 60000 ms"


class TestLoweredTimeout:
    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(integration_timeout_ms=1000)

    def test_the_default_stays_below_it(self, do: Do) -> None:
        assert do(put_integration, httpMethod="GET", type="MOCK")["timeoutInMillis"] == 1000


def test_missing_parents_have_their_words(refused: Refused) -> None:
    no_resource = ("NotFoundException", 404, "Invalid Resource identifier specified")
    no_method = ("NotFoundException", 404, "Invalid Method identifier specified")
    no_integration = ("NotFoundException", 404, "Invalid Integration identifier specified")
    assert refused(put_integration, restApiId="fake", httpMethod="GET", type="MOCK") == no_resource
    assert refused(put_integration, httpMethod="PUT", type="MOCK") == no_method
    assert refused(get_integration, httpMethod="PUT") == no_method
    assert refused(get_integration, httpMethod="GET") == no_integration
    assert refused(delete_integration, httpMethod="GET") == no_integration


def test_a_deleted_integration_leaves_the_method(do: Do, refused: Refused) -> None:
    do(put_integration, httpMethod="GET", type="MOCK")
    assert do(delete_integration, httpMethod="GET") is None
    assert "methodIntegration" not in do(get_method, httpMethod="GET")
    assert refused(get_integration, httpMethod="GET")[2] == "Invalid Integration identifier specified"
