"""Request validation: which requests are refused, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.validation import Validator, compile_validator, hash_set_order

MakeExchange = Callable[..., Exchange]

ALL = {"id": "v1", "validateRequestBody": True, "validateRequestParameters": True}
BODY = ALL | {"validateRequestParameters": False}
PARAMETERS = ALL | {"validateRequestBody": False}
NAMED = {"name": "Named", "schema": '{"type": "object", "required": ["name"]}'}
LIMITED = {
    "method.request.querystring.limit": True,
    "method.request.querystring.q": True,
    "method.request.header.X-Tenant": True,
    "method.request.header.X-Optional": False,
}


def validator(switches: dict[str, Any], *, models: dict[str, str] | None = None, **method: Any) -> Validator:
    document = {"requestModels": models or {}, **method}
    compiled = compile_validator(document, switches, {"Named": NAMED}, "a1b2c3d4e5", "/pets")
    assert compiled is not None
    return compiled


def refusal(compiled: Validator, exchange: Exchange, body: bytes = b"") -> GatewayError:
    with pytest.raises(GatewayError) as refused:
        compiled.check(exchange, body)
    assert (refused.value.status, refused.value.type.error_type) == (400, "BadRequestException")
    assert refused.value.traced
    return refused.value


@pytest.mark.parametrize(
    ("target", "headers", "missing"),
    [
        ("/dev/pets", [], "q, X-Tenant, limit"),
        ("/dev/pets?q=&limit=1", [], "q, X-Tenant"),
        ("/dev/pets?q=%20+&limit=1", [("X-Tenant", "t")], "q"),
        ("/dev/pets?q=1&q=&limit=1", [("X-Tenant", "t")], "q"),
        ("/dev/pets?Q=1&limit=1", [("X-Tenant", "t")], "q"),
        ("/dev/pets?q=1&limit=1", [("x-tenant", "t")], "X-Tenant"),
        ("/dev/pets?q=1&limit=1", [("X-Tenant", " ")], "X-Tenant"),
    ],
)
def test_missing_and_blank_parameters_are_named_together(
    exchange: MakeExchange, target: str, headers: list[tuple[str, str]], missing: str
) -> None:
    error = refusal(validator(PARAMETERS, requestParameters=LIMITED), exchange(target, headers=headers))
    assert error.type.name == "BAD_REQUEST_PARAMETERS"
    assert error.message == error.reason == f"Missing required request parameters: [{missing}]"


def test_a_request_with_every_parameter_passes(exchange: MakeExchange) -> None:
    whole = exchange("/dev/pets?q=1&limit=1", headers=[("X-Tenant", "t")])
    validator(PARAMETERS, requestParameters=LIMITED).check(whole, b"")


def test_a_path_parameter_that_the_resource_lacks_is_always_missing(exchange: MakeExchange) -> None:
    compiled = validator(
        PARAMETERS, requestParameters={"method.request.path.issuer": True, "method.request.path.id": True}
    )
    assert "[issuer]" in str(refusal(compiled, exchange(path_parameters={"id": "9"})))


def test_a_name_missing_in_two_places_is_named_once(exchange: MakeExchange) -> None:
    compiled = validator(
        PARAMETERS, requestParameters={"method.request.header.a": True, "method.request.querystring.a": True}
    )
    assert "[a]" in str(refusal(compiled, exchange()))


# Recorded from the real service, but for the last: more names than a table of sixteen buckets takes.
@pytest.mark.parametrize(
    "ordered",
    [
        ["x-header-param", "issuer", "qs1"],
        ["divisor", "dividend"],
        ["di", "pi"],
        ["q", "X-Tenant", "limit"],
        [chr(ord("a") + index) for index in range(13)],
    ],
)
def test_names_come_in_the_order_of_a_java_hash_set(ordered: list[str]) -> None:
    assert hash_set_order(sorted(ordered)) == ordered


def test_a_body_is_checked_after_the_parameters(exchange: MakeExchange) -> None:
    compiled = validator(ALL, models={"application/json": "Named"}, requestParameters=LIMITED)
    assert refusal(compiled, exchange(), b"{}").type.name == "BAD_REQUEST_PARAMETERS"
    whole = exchange("/dev/pets?q=1&limit=1", headers=[("X-Tenant", "t")])
    assert refusal(compiled, whole, b"{}").type.name == "BAD_REQUEST_BODY"
    compiled.check(whole, b'{"name": "x"}')


@pytest.mark.parametrize(
    ("models", "content_type", "checked"),
    [
        ({"application/json": "Named"}, None, True),
        ({"application/json": "Named"}, "application/json; charset=utf-8", True),
        ({"Application/JSON": "Named"}, "APPLICATION/json", True),
        ({"application/json": "Named"}, "text/xml", False),
        ({"$default": "Named"}, "text/xml", True),
        ({"text/xml": "Named"}, None, False),
    ],
)
def test_the_content_type_chooses_the_model(
    exchange: MakeExchange, models: dict[str, str], content_type: str | None, checked: bool
) -> None:
    compiled = validator(BODY, models=models)
    asked = exchange(headers=[("Content-Type", content_type)] if content_type else [])
    if not checked:
        compiled.check(asked, b"{}")
        return
    assert refusal(compiled, asked, b"{}").message == "Invalid request body"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", 'object has missing required properties (["name"])'),
        (b"", "Unknown error parsing request body"),
        (b"{", "Unknown error parsing request body"),
        (b"\xff", "Unknown error parsing request body"),
        (
            b"[]",
            'instance type (array) does not match any allowed primitive type (allowed: ["object"])',
        ),
    ],
)
def test_the_owner_reads_why_a_body_is_refused(exchange: MakeExchange, body: bytes, problem: str) -> None:
    error = refusal(validator(BODY, models={"application/json": "Named"}), exchange(), body)
    assert error.message == "Invalid request body"
    assert error.validation == f"[{problem}]"
    assert error.reason == (
        f"Request body does not match model schema for content type application/json: [{problem}]"
    )


@pytest.mark.parametrize(
    "switches",
    [None, {"validateRequestBody": False, "validateRequestParameters": False}, {}],
)
def test_nothing_is_compiled_that_nothing_asks_for(switches: dict[str, Any] | None) -> None:
    method = {"requestModels": {"application/json": "Named"}, "requestParameters": LIMITED}
    assert compile_validator(method, switches, {"Named": NAMED}, "a1b2c3d4e5", "/pets") is None


def test_a_validator_without_anything_to_check_is_none() -> None:
    assert (
        compile_validator({"requestParameters": {"method.request.header.a": False}}, ALL, {}, "a", "/")
        is None
    )


def test_a_parameter_of_no_location_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'method\.request\.cookie\.a' is not method"):
        validator(PARAMETERS, requestParameters={"method.request.cookie.a": True})


def test_a_model_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no model named Nope"):
        validator(BODY, models={"application/json": "Nope"})


def test_an_empty_body_stands_for_an_empty_object(exchange: MakeExchange) -> None:
    models = {"Empty": {"name": "Empty", "schema": orjson.dumps({"type": "object"}).decode()}}
    method = {"requestModels": {"application/json": "Empty"}}
    compiled = compile_validator(method, BODY, models, "a1b2c3d4e5", "/pets")
    assert compiled is not None
    compiled.check(exchange(), b"")
