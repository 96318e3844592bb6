"""Which requests an authorizer is asked about, and by what their callers are told apart."""

from __future__ import annotations

import pytest
from tests.unit.gateway.conftest import make_exchange

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.authorizers.identity_sources import compile_identity

VARIABLES = {"tenant": "acme", "empty": ""}
HEADER, QUERY = "method.request.header.", "method.request.querystring."


def asked() -> Exchange:
    headers = [("X-Auth", "one"), ("x-auth", "two"), ("X-Empty", ""), ("X-Latin", "ä")]
    return make_exchange(
        "/dev/pets?t=1&t=2&none=", headers=[*headers, ("X-Forwarded-For", "203.0.113.1")], variables=VARIABLES
    )


@pytest.mark.parametrize(
    ("sources", "identity"),
    [
        (f"{HEADER}X-Auth", [["one", "two"]]),
        (f"{HEADER}x-aUTH", [["one", "two"]]),
        (f"{HEADER}X-Latin", [["ä"]]),
        (f"{HEADER}X-Forwarded-For", [["203.0.113.1, 198.51.100.7"]]),
        (f"{QUERY}t", [["1", "2"]]),
        ("stageVariables.tenant", [["acme"]]),
        ("context.httpMethod", [["GET"]]),
        ("context.identity.sourceIp", [["198.51.100.7"]]),
        (f"context.path,{QUERY}t, stageVariables.tenant", [["/dev/pets"], ["1", "2"], ["acme"]]),
        ("", []),
    ],
)
def test_what_is_read_in_the_order_configured(sources: str, identity: list[list[str]]) -> None:
    assert compile_identity(sources, None, VARIABLES).read(asked()) == identity


@pytest.mark.parametrize(
    "source",
    [
        f"{HEADER}X-Other",
        f"{HEADER}X-Empty",
        f"{HEADER}Connection",
        f"{QUERY}u",
        f"{QUERY}T",
        f"{QUERY}none",
        "stageVariables.other",
        "stageVariables.empty",
        "context.identity.user",
        "context.no.such",
    ],
)
def test_one_source_that_is_missing_or_empty_is_unauthorized(source: str) -> None:
    identity = compile_identity(f"{HEADER}X-Auth,{source}", None, VARIABLES)
    with pytest.raises(GatewayError) as refused:
        identity.read(asked())
    assert (refused.value.status, refused.value.message) == (401, "Unauthorized")
    assert refused.value.type.error_type == "UnauthorizedException"
    assert refused.value.detail == f"{source} is missing or empty"


@pytest.mark.parametrize(
    ("expression", "value", "matches"),
    [
        ("Bearer [-0-9a-z]+", "Bearer abc-1", True),
        ("Bearer [-0-9a-z]+", "Bearer abc-1 ", False),
        ("Bearer", "xBearer", False),
        ("(?i)bearer .*", "BEARER x", True),
        (r"\p{Upper}\Q.+\E\w++", "A.+bc", True),  # as Java reads it
        (r"\w+", "ä", False),
        ("a|ab", "ab", True),
    ],
)
def test_the_expression_must_match_the_whole_value(expression: str, value: str, matches: bool) -> None:
    identity = compile_identity(f"{HEADER}X", expression, {})
    exchange = make_exchange(headers=[("X", value)])
    if matches:
        assert identity.read(exchange) == [[value]]
    else:
        with pytest.raises(GatewayError) as refused:
            identity.read(exchange)
        assert (refused.value.status, refused.value.message) == (401, "Unauthorized")
        assert value not in str(refused.value)


def test_an_expression_that_runs_away_fails_its_request() -> None:
    identity = compile_identity(f"{HEADER}X", r"(?:(a|aa)+)+[^a]", {})
    with pytest.raises(GatewayError) as refused:
        identity.read(make_exchange(headers=[("X", "a" * 60)]))
    assert (refused.value.status, refused.value.message) == (500, None)
    assert "ran for more than 0.1 seconds" in refused.value.detail


@pytest.mark.parametrize(
    ("sources", "expression", "why"),
    [
        ("method.request.body", None, "'method.request.body' is no identity source"),
        ("method.request.path.id", None, "'method.request.path.id' is no identity source"),
        (f"{HEADER}A,", None, "'' is no identity source"),
        (f"{HEADER}A", "(", "identityValidationExpression: "),
        (f"{HEADER}A", "a" * 10_001, "identityValidationExpression: a regular expression is longer than"),
    ],
)
def test_what_cannot_be_read_is_refused(sources: str, expression: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compile_identity(sources, expression, {})


def test_what_is_shown_is_masked() -> None:
    identity = compile_identity(f"{HEADER}X-Auth,{QUERY}t", None, {})
    exchange = make_exchange("/dev/pets?t=short", headers=[("X-Auth", "secret-token-abcdef")])
    assert identity.shown(identity.read(exchange)) == {
        f"{HEADER}X-Auth": "*************abcdef",
        f"{QUERY}t": "*****",
    }
