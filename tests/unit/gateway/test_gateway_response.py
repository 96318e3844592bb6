"""The gateway's own answers, customised and not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatewright.gateway import errors
from gatewright.gateway.errors import GatewayError, ResponseType
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.gateway_response import (
    DEFAULT_TEMPLATE,
    DataPlaneRefusals,
    GatewayResponses,
    front_end,
)
from gatewright.gateway.plan import MethodResponse

MakeExchange = Callable[..., Exchange]


def failure(kind: ResponseType, message: str = "Nope", **more: Any) -> GatewayError:
    return GatewayError(kind, message, reason="secret", **more)


def answer(exchange: Exchange, error: GatewayError, *documents: dict[str, Any]) -> MethodResponse:
    exchange.failure = error
    return GatewayResponses(documents, exchange.stage.variables).answer(error, exchange)


def put(kind: str, **members: Any) -> dict[str, Any]:
    return {"responseType": kind, "defaultResponse": False, **members}


@pytest.mark.parametrize(
    ("kind", "message", "status", "error_type", "body"),
    [
        (
            errors.MISSING_AUTHENTICATION_TOKEN,
            "Missing Authentication Token",
            403,
            b"MissingAuthenticationTokenException",
            b'{"message":"Missing Authentication Token"}',
        ),
        (
            errors.API_CONFIGURATION_ERROR,
            "Internal server error",
            500,
            b"InternalServerErrorException",
            b'{"message": "Internal server error"}',
        ),
        (
            errors.INTEGRATION_TIMEOUT,
            "Endpoint request timed out",
            504,
            b"InternalServerErrorException",
            b'{"message": "Endpoint request timed out"}',
        ),
        (
            errors.INTEGRATION_FAILURE,
            "Network error communicating with endpoint",
            504,
            b"InternalServerErrorException",
            b'{"message": "Network error communicating with endpoint"}',
        ),
        (
            errors.BAD_REQUEST_BODY,
            "Invalid request body",
            400,
            b"BadRequestException",
            b'{"message": "Invalid request body"}',
        ),
        (
            errors.UNSUPPORTED_MEDIA_TYPE,
            "Unsupported Media Type",
            415,
            b"BadRequestException",
            b'{"message": "Unsupported Media Type"}',
        ),
        (errors.BAD_REQUEST_BODY, 'a"b', 400, b"BadRequestException", b'{"message": "a\\"b"}'),
    ],
)
def test_answers_that_nobody_customised(
    exchange: MakeExchange, kind: ResponseType, message: str, status: int, error_type: bytes, body: bytes
) -> None:
    response = answer(exchange(), failure(kind, message))
    assert (response.status, response.body) == (status, body)
    assert response.fields == [(b"Content-Type", b"application/json"), (b"x-amzn-ErrorType", error_type)]


def test_a_traced_error_tells_the_trace(exchange: MakeExchange) -> None:
    asked = exchange()
    response = answer(asked, failure(errors.BAD_REQUEST_BODY, traced=True))
    assert response.fields[-1] == (b"X-Amzn-Trace-Id", asked.trace)


def test_a_status_of_its_own_is_kept(exchange: MakeExchange) -> None:
    assert answer(exchange(), failure(errors.DEFAULT_5XX, status=502)).status == 502


def test_status_headers_and_template_are_customised(exchange: MakeExchange) -> None:
    custom = put(
        "BAD_REQUEST_BODY",
        statusCode="422",
        responseParameters={
            "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
            "gatewayresponse.header.X-Id": "context.requestId",
            "gatewayresponse.header.X-Env": "stageVariables.env",
            "gatewayresponse.header.X-Lost": "method.request.header.Nope",
            "gatewayresponse.header.X-Q": "method.request.multivaluequerystring.q",
            "gatewayresponse.path.ignored": "'x'",
        },
        responseTemplates={"application/json": '{"why":$context.error.messageString}'},
    )
    asked = exchange("/dev/pets?q=1&q=2", variables={"env": "prod"})
    response = answer(asked, failure(errors.BAD_REQUEST_BODY), custom)
    assert (response.status, response.body) == (422, b'{"why":"Nope"}')
    assert response.fields == [
        (b"Content-Type", b"application/json"),
        (b"x-amzn-ErrorType", b"BadRequestException"),
        (b"Access-Control-Allow-Origin", b"*"),
        (b"X-Id", b"7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11"),
        (b"X-Env", b"prod"),
        (b"X-Q", b"1,2"),
    ]


def test_a_customised_header_replaces_the_gateways(exchange: MakeExchange) -> None:
    custom = put(
        "BAD_REQUEST_BODY",
        responseParameters={
            "gatewayresponse.header.content-type": "'text/x'",
            "gatewayresponse.header.X-Amzn-ErrorType": "'Mine'",
        },
    )
    response = answer(exchange(), failure(errors.BAD_REQUEST_BODY), custom)
    assert response.fields == [(b"content-type", b"text/x"), (b"X-Amzn-ErrorType", b"Mine")]
    assert response.body == b'{"message": "Nope"}'


def test_a_value_that_breaks_its_line_is_left_out(exchange: MakeExchange) -> None:
    custom = put(
        "BAD_REQUEST_BODY", responseParameters={"gatewayresponse.header.X": "method.request.querystring.q"}
    )
    asked = exchange("/dev/pets?q=a%0d%0aX-Forged:%201")
    assert len(answer(asked, failure(errors.BAD_REQUEST_BODY), custom).fields) == 2


@pytest.mark.parametrize(
    ("kind", "status", "own", "expected"),
    [
        (errors.BAD_REQUEST_BODY, None, None, b"4"),
        (errors.INTEGRATION_TIMEOUT, None, None, b"5"),
        (errors.DEFAULT_5XX, 502, None, b"5"),
        (errors.BAD_REQUEST_BODY, None, put("BAD_REQUEST_BODY"), None),
    ],
)
def test_types_that_were_not_put_inherit_by_class(
    exchange: MakeExchange,
    kind: ResponseType,
    status: int | None,
    own: dict[str, Any] | None,
    expected: bytes | None,
) -> None:
    documents = [
        put("DEFAULT_4XX", statusCode="499", responseParameters={"gatewayresponse.header.X": "'4'"}),
        put("DEFAULT_5XX", responseParameters={"gatewayresponse.header.X": "'5'"}),
        *([own] if own else []),
    ]
    response = answer(exchange(), failure(kind, status=status), *documents)
    assert dict(response.fields).get(b"X") == expected
    assert response.status == (499 if expected == b"4" else status or kind.status)


@pytest.mark.parametrize(
    ("kind", "stored", "own", "status"),
    [
        (errors.INTEGRATION_FAILURE, "504", 500, 500),
        (errors.INTEGRATION_FAILURE, "504", None, 504),
        (errors.INTEGRATION_FAILURE, "503", 500, 503),
        (errors.DEFAULT_5XX, "500", 502, 500),
        (errors.DEFAULT_5XX, None, 502, 502),
    ],
)
def test_a_stored_default_status_is_no_choice(
    exchange: MakeExchange, kind: ResponseType, stored: str | None, own: int | None, status: int
) -> None:
    custom = put(kind.name, statusCode=stored)
    assert answer(exchange(), failure(kind, status=own), custom).status == status


def test_a_customised_type_leaves_the_others_alone(exchange: MakeExchange) -> None:
    custom = put("THROTTLED", statusCode="503")
    assert answer(exchange(), failure(errors.BAD_REQUEST_BODY), custom).status == 400


def test_a_response_that_is_only_shown_as_default_changes_nothing(exchange: MakeExchange) -> None:
    shown = put("DEFAULT_4XX", statusCode="499") | {"defaultResponse": True}
    assert answer(exchange(), failure(errors.BAD_REQUEST_BODY), shown).status == 400


@pytest.mark.parametrize(
    ("accept", "content_type", "body"),
    [
        (None, b"application/json", b"json"),
        ("text/html;q=0.9, application/json", b"text/html", b"html"),
        ("TEXT/HTML", b"text/html", b"html"),
        ("image/png", b"application/json", b"json"),
    ],
)
def test_accept_chooses_the_template(
    exchange: MakeExchange, accept: str | None, content_type: bytes, body: bytes
) -> None:
    templates = {"text/html": "html", "application/json": "json"}
    asked = exchange(headers=[("Accept", accept)] if accept else [])
    response = answer(
        asked, failure(errors.BAD_REQUEST_BODY), put("BAD_REQUEST_BODY", responseTemplates=templates)
    )
    assert (response.fields[0], response.body) == ((b"Content-Type", content_type), body)


def test_without_a_json_template_the_first_serves(exchange: MakeExchange) -> None:
    custom = put("BAD_REQUEST_BODY", responseTemplates={"text/plain": "t", "text/html": "h"})
    assert answer(exchange(), failure(errors.BAD_REQUEST_BODY), custom).body == b"t"


def test_the_stored_default_template_means_the_services_bytes(exchange: MakeExchange) -> None:
    custom = put("BAD_REQUEST_BODY", responseTemplates={"application/json": DEFAULT_TEMPLATE})
    assert answer(exchange(), failure(errors.BAD_REQUEST_BODY), custom).body == b'{"message": "Nope"}'


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("plain #if(true) $util $ 5$", "plain #if(true) $util $ 5$"),
        ("$context.error.message.", "Nope."),
        ("${context.error.responseType}x", "BAD_REQUEST_BODYx"),
        ("[$context.error.validationErrorString]", "[too short]"),
        ("$stageVariables.env-$stageVariables.nope", "prod-"),
        ("$context.nope|$context.identity.sourceIp", "|198.51.100.7"),
        ("$method.request.header.X-A/$method.request.querystring.q", "1/2"),
        ("$method.request.path.id, $method.request.path.nope", "9, "),
    ],
)
def test_templates_replace_variables_and_nothing_else(
    exchange: MakeExchange, template: str, rendered: str
) -> None:
    asked = exchange(
        "/dev/pets?q=2",
        headers=[("X-A", "1")],
        path_parameters={"id": "9"},
        variables={"env": "prod"},
    )
    custom = put("BAD_REQUEST_BODY", responseTemplates={"application/json": template})
    error = failure(errors.BAD_REQUEST_BODY, validation="too short")
    assert answer(asked, error, custom).body.decode() == rendered


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"statusCode": "100"}, "BAD_REQUEST_BODY: .*statusCode '100'"),
        ({"statusCode": "abc"}, "statusCode 'abc'"),
        ({"responseParameters": {"method.response.header.X": "'x'"}}, "no parameter of a gateway response"),
        ({"responseParameters": {"gatewayresponse.header.X": "x"}}, "no mapping expression"),
        ({"responseParameters": {"gatewayresponse.header.X": "method.request.body"}}, "body"),
        ({"responseParameters": {"gatewayresponse.header.X": "'a\nb'"}}, "line break"),
        ({"responseParameters": {"gatewayresponse.header.Content-Length": "'1'"}}, "server writes"),
        ({"responseTemplates": {"application/json": "x" * 307_201}}, "at most 307200"),
    ],
)
def test_what_cannot_be_answered_is_refused(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        GatewayResponses([put("BAD_REQUEST_BODY", **members)], {})


def test_the_front_end_answers_before_an_api_is_known() -> None:
    response = front_end(403, "Forbidden", "ForbiddenException")
    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
    assert (b"x-amzn-ErrorType", b"ForbiddenException") in response.fields


def test_the_wires_refusals_use_the_services_words() -> None:
    refusals = DataPlaneRefusals(10_485_760)
    too_large = refusals.body_too_large()
    assert too_large.body == b"HTTP content length exceeded 10485760 bytes."
    assert (too_large.status, too_large.head) == (413, b"Content-Type: text/plain\r\n")
    assert (refusals.target_too_long().status, refusals.target_too_long().body) == (
        414,
        b"Request URI too long",
    )
    assert refusals.bad_request().body == b'{"message":"Bad Request"}'


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        ("bad_request", 400),
        ("timed_out", 408),
        ("body_too_large", 413),
        ("target_too_long", 414),
        ("expectation_failed", 417),
        ("headers_too_large", 431),
        ("overloaded", 503),
    ],
)
def test_each_refusal_has_its_status(refusal: str, status: int) -> None:
    assert getattr(DataPlaneRefusals(1), refusal)().status == status
