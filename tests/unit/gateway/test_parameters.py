"""Parameter mappings, both ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.parameters import (
    Mapped,
    RequestMappings,
    compile_request_mappings,
    compile_response_mappings,
)
from gatewright.gateway.plan import IntegrationAnswer
from gatewright.wire.types import Field

MakeExchange = Callable[..., Exchange]
NOTHING = Mapped({}, {}, [])


def mappings(parameters: dict[str, str], kind: str = "HTTP", **variables: str) -> RequestMappings:
    compiled = compile_request_mappings(parameters, kind, variables)
    assert compiled is not None
    return compiled


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("method.request.path.id", "a%20b"),
        ("method.request.querystring.q", "2"),
        ("method.request.multivaluequerystring.q", "1,2"),
        ("method.request.header.X-A", "second"),
        ("method.request.multivalueheader.X-A", "first,second"),
        ("method.request.body", '{"a": 1}'),
        ("stageVariables.env", "prod"),
        ("context.requestId", "7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11"),
        ("context.identity.sourceIp", "198.51.100.7"),
        ("'a, b'", "a, b"),
        ("''", ""),
    ],
)
def test_sources(exchange: MakeExchange, source: str, value: str) -> None:
    asked = exchange(
        "/dev/pets?q=1&q=2",
        headers=[("X-A", "first"), ("X-A", "second")],
        body=b'{"a": 1}',
        path_parameters={"id": "a%20b"},
    )
    mapped = mappings({"integration.request.header.X": source}, env="prod").apply(asked)
    assert mapped.headers == [(b"X", value.encode())]


@pytest.mark.parametrize(
    "source",
    [
        "method.request.path.nope",
        "method.request.querystring.nope",
        "method.request.multivaluequerystring.nope",
        "method.request.header.nope",
        "method.request.header.x-a",
        "method.request.multivalueheader.nope",
        "stageVariables.nope",
        "context.nope",
    ],
)
def test_a_source_without_a_value_leaves_its_target_out(exchange: MakeExchange, source: str) -> None:
    targets = ("path.a", "querystring.b", "header.c")
    compiled = mappings({f"integration.request.{target}": source for target in targets})
    assert compiled.apply(exchange(headers=[("X-A", "1")])) == NOTHING


def test_every_value_of_a_parameter_becomes_a_repeated_one(exchange: MakeExchange) -> None:
    compiled = mappings({"integration.request.querystring.to": "method.request.multivaluequerystring.q"})
    assert compiled.apply(exchange("/dev/pets?q=1&q=2")).query == {"to": ["1", "2"]}


def test_an_empty_body_maps_as_an_empty_object(exchange: MakeExchange) -> None:
    compiled = mappings({"integration.request.querystring.b": "method.request.body"})
    assert compiled.apply(exchange()).query == {"b": ["{}"]}


BODY = b'{"id": 7, "name": "Rex", "tags": ["a", {"b": "c/d"}], "no": null, "big": {"x": 1.50}, "yes": true}'


@pytest.mark.parametrize(
    ("path", "body", "value"),
    [
        (".name", BODY, "Rex"),
        (".id", BODY, "7"),
        (".yes", BODY, "true"),
        (".big", BODY, '{"x":1.5}'),
        (".tags[0]", BODY, "a"),
        (".tags[1].b", BODY, "c/d"),
        ("['name']", BODY, "Rex"),
        (".tags", BODY, '["a",{"b":"c/d"}]'),
        (".nope", BODY, None),
        (".no", BODY, None),
        (".name.deeper", BODY, None),
        (".name", b"plain text", None),
        (".name", b"", None),
    ],
)
def test_a_json_path_reads_the_body(
    exchange: MakeExchange, path: str, body: bytes, value: str | None
) -> None:
    compiled = mappings({"integration.request.querystring.to": f"method.request.body{path}"})
    assert compiled.apply(exchange(body=body)).query == ({} if value is None else {"to": [value]})


def test_a_json_path_into_a_broken_body_is_the_clients_fault(exchange: MakeExchange) -> None:
    compiled = mappings({"integration.request.querystring.to": "method.request.body.id"})
    with pytest.raises(GatewayError) as refused:
        compiled.apply(exchange(body=b"{broken"))
    assert (refused.value.status, refused.value.message) == (400, "Invalid JSON in request body")


@pytest.mark.parametrize(
    ("path", "body", "value"),
    [
        (".id", b'{"id": 7}', b"7"),
        (".nope", b'{"id": 7}', None),
        (".errorMessage.code", b'{"errorMessage": "{\\"code\\": 42}"}', b"42"),
        (".errorMessage", b'{"errorMessage": "{\\"code\\": 42}"}', b'{"code": 42}'),
        (".errorMessage.code", b'{"errorMessage": "{broken"}', None),
        (".errorMessage.code", b'{"errorMessage": "text"}', None),
        (".id", b"", None),
    ],
)
def test_a_json_path_reads_the_answer(
    exchange: MakeExchange, path: str, body: bytes, value: bytes | None
) -> None:
    expected = [] if value is None else [(b"To", value)]
    assert answered(exchange(), f"integration.response.body{path}", body=body) == expected


def test_a_json_path_into_a_broken_answer_is_the_owners_fault(exchange: MakeExchange) -> None:
    with pytest.raises(GatewayError) as refused:
        answered(exchange(), "integration.response.body.id", body=b"{broken")
    assert (refused.value.status, refused.value.message) == (500, "Internal server error")


def test_constant_mappings_are_made_once(exchange: MakeExchange) -> None:
    compiled = mappings(
        {
            "integration.request.path.a": "'1'",
            "integration.request.querystring.b": "stageVariables.env",
            "integration.request.header.c": "'3'",
            "integration.request.header.d": "stageVariables.nope",
        },
        env="prod",
    )
    assert compiled.apply(exchange()) == Mapped({"a": "1"}, {"b": ["prod"]}, [(b"c", b"3")])
    assert compiled.apply(exchange()) is compiled.apply(exchange())


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("HTTP", "Content-Length"),
        ("MOCK", "content-length"),
        ("HTTP_PROXY", "Transfer-Encoding"),
        ("AWS", "Authorization"),
        ("AWS_PROXY", "Expect"),
    ],
)
def test_an_illegal_header_fails_the_request_only_with_a_value(
    exchange: MakeExchange, kind: str, header: str
) -> None:
    compiled = mappings({f"integration.request.header.{header}": "method.request.header.X"}, kind)
    assert compiled.apply(exchange()) == NOTHING
    with pytest.raises(GatewayError) as refused:
        compiled.apply(exchange(headers=[("X", "1")]))
    assert (refused.value.status, refused.value.message) == (500, "Internal server error")
    assert refused.value.reason == (
        f"Execution failed due to configuration error: {header} header already present"
    )
    assert not refused.value.traced


def test_a_constant_illegal_header_fails_every_request(exchange: MakeExchange) -> None:
    with pytest.raises(GatewayError, match="Content-Length header already present"):
        mappings({"integration.request.header.Content-Length": "'x'"}, "MOCK").apply(exchange())


@pytest.mark.parametrize("header", ["Via", "Connection", "Expect", "TE", "Proxy-Authenticate"])
def test_some_mapped_headers_never_leave(exchange: MakeExchange, header: str) -> None:
    parameters = {f"integration.request.header.{header}": "'x'"}
    assert compile_request_mappings(parameters, "HTTP", {}) is None


@pytest.mark.parametrize("header", ["Server", "Upgrade", "Date", "Host", "User-Agent", "Content-MD5"])
def test_other_reserved_headers_leave_when_mapped(exchange: MakeExchange, header: str) -> None:
    compiled = mappings({f"integration.request.header.{header}": "'x'"}, "HTTP_PROXY")
    assert compiled.apply(exchange()).headers == [(header.encode(), b"x")]


@pytest.mark.parametrize("kind", ["MOCK", "AWS_PROXY"])
def test_types_that_take_no_parameters_map_none(kind: str) -> None:
    parameters = {"integration.request.header.X": "'a'", "integration.request.path.y": "'b'"}
    assert compile_request_mappings(parameters, kind, {}) is None


@pytest.mark.parametrize("breaking", ["%0d%0aX-Forged:%201", "%0a", "%0d", "%00"])
def test_no_value_splits_a_header(exchange: MakeExchange, breaking: str) -> None:
    compiled = mappings({"integration.request.header.X": "method.request.querystring.q"})
    with pytest.raises(GatewayError, match="header X holds a line break or a NUL") as refused:
        compiled.apply(exchange(f"/dev/pets?q=a{breaking}"))
    assert refused.value.status == 500


@pytest.mark.parametrize(
    ("target", "source", "reason"),
    [
        ("integration.request.cookie.a", "'x'", "no target of a request parameter"),
        ("integration.request.header.a b", "'x'", "no target of a request parameter"),
        ("integration.request.header.a", "x", "'x' is no mapping expression"),
        ("integration.request.header.a", "'x", "no mapping expression"),
        ("integration.request.header.a", "method.request.cookie.x", "no mapping expression"),
        ("integration.request.header.a", "method.request.header.", "no mapping expression"),
        ("integration.request.header.a", "integration.response.header.x", "no mapping expression"),
        ("integration.request.header.a", "method.request.body.", "no mapping expression"),
        ("integration.request.header.a", "method.request.body['x", "no mapping expression"),
        ("integration.request.header.a", "method.request.bodyx", "no mapping expression"),
        ("integration.request.header.a", "'x\ny'", "line break"),
    ],
)
@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY", "AWS"])
def test_what_is_no_mapping_is_refused(target: str, source: str, reason: str, kind: str) -> None:
    with pytest.raises(ValueError, match=reason):
        compile_request_mappings({target: source}, kind, {})


def answered(
    exchange: Exchange, source: str, *fields: Field, body: bytes = b"", **variables: str
) -> list[Field]:
    compiled = compile_response_mappings({"method.response.header.To": source}, variables)
    answer = IntegrationAnswer(200, "200", list(fields), body)
    return [] if compiled is None else compiled.apply(exchange, answer)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("integration.response.header.X-A", b"2"),
        ("integration.response.header.x-a", b"2"),
        ("integration.response.multivalueheader.X-A", b"1,2"),
        ("integration.response.body", b'{"b": 1}'),
        ("context.stage", b"dev"),
        ("stageVariables.env", b"prod"),
        ("'*'", b"*"),
        ("integration.response.header.nope", None),
        ("integration.response.multivalueheader.nope", None),
        ("stageVariables.nope", None),
        ("context.nope", None),
    ],
)
def test_response_sources(exchange: MakeExchange, source: str, value: bytes | None) -> None:
    fields = answered(exchange(), source, (b"X-A", b"1"), (b"x-a", b"2"), body=b'{"b": 1}', env="prod")
    assert fields == ([] if value is None else [(b"To", value)])


def test_an_empty_answer_maps_no_body(exchange: MakeExchange) -> None:
    assert answered(exchange(), "integration.response.body") == []


def test_response_mappings_know_when_they_are_constant() -> None:
    fixed = compile_response_mappings(
        {"method.response.header.A": "'1'", "method.response.header.B": "stageVariables.b"}, {"b": "2"}
    )
    assert fixed is not None
    assert fixed.constant == [(b"A", b"1"), (b"B", b"2")]
    moving = compile_response_mappings({"method.response.header.A": "context.requestId"}, {})
    assert moving is not None
    assert moving.constant is None
    assert compile_response_mappings({}, {}) is None


def test_no_answer_splits_a_header(exchange: MakeExchange) -> None:
    with pytest.raises(GatewayError, match="header To holds a line break"):
        answered(exchange(), "integration.response.body", body=b"a\r\nX-Forged: 1")


@pytest.mark.parametrize(
    ("target", "source", "reason"),
    [
        ("method.response.querystring.a", "'x'", "no target of a response parameter"),
        ("method.response.header.a", "method.request.header.x", "no mapping expression"),
        ("method.response.header.a", "integration.response.path.x", "no mapping expression"),
        ("method.response.header.a", "integration.response.body.[", "no mapping expression"),
        ("method.response.header.a", "'x\r\n'", "line break"),
    ],
)
def test_what_is_no_response_mapping_is_refused(target: str, source: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        compile_response_mappings({target: source}, {})
