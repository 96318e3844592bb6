"""A resource policy as methods ask it: before a function is called, after a token, of anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.policies import document, resource_policy, statement

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.method_request.resource_policy import ResourcePolicy, compile_resource_policy

MakeExchange = Callable[..., Exchange]

PETS = "arn:aws:execute-api:*:*:*/*/GET/pets"
OTHERS = "arn:aws:execute-api:*:*:*/*/GET/others"


@pytest.mark.parametrize(
    ("effect", "resource", "admitted", "let_on_to_the_function"),
    [
        ("Allow", PETS, True, True),
        ("Allow", OTHERS, False, True),
        ("Deny", PETS, False, False),
        ("Deny", OTHERS, False, True),
    ],
)
def test_silence_refuses_but_before_a_function(
    exchange: MakeExchange, effect: str, resource: str, admitted: bool, let_on_to_the_function: bool
) -> None:
    policy = ResourcePolicy(resource_policy(statement(effect, Resource=resource)))
    for ask, let_on in ((policy.admit, admitted), (policy.refuse_beforehand, let_on_to_the_function)):
        if let_on:
            ask(exchange("/dev/pets"))
            continue
        with pytest.raises(GatewayError) as caught:
            ask(exchange("/dev/pets"))
        assert caught.value.error_type == "AccessDeniedException"
        assert str(caught.value.message).startswith("User: anonymous is not authorized to perform: ")


@pytest.mark.parametrize(
    "path", ["/%61dmin", "/x/../admin", "/./admin", "/x/%2e%2e/admin", "//admin", "/admin/"]
)
def test_a_deny_holds_however_a_path_is_written(exchange: MakeExchange, path: str) -> None:
    admin = statement("Deny", Resource="arn:aws:execute-api:*:*:*/*/*/admin")
    policy = ResourcePolicy(resource_policy(statement(), admin))
    for ask in (policy.admit, policy.refuse_beforehand):
        with pytest.raises(GatewayError):
            ask(exchange(f"/dev{path}"))


BELOW_ADMIN = ["/admin%2f", "/x/../admin/", "//admin//", "/%61dmin/.", "/admin/x/%2e%2e"]


@pytest.mark.parametrize("path", BELOW_ADMIN)
def test_a_deny_below_a_path_holds_for_that_path_with_a_slash(exchange: MakeExchange, path: str) -> None:
    below = statement("Deny", Resource="arn:aws:execute-api:*:*:*/*/*/admin/*")
    policy = ResourcePolicy(resource_policy(statement(), below))
    policy.admit(exchange("/dev/x/../admin"))
    for ask in (policy.admit, policy.refuse_beforehand):
        with pytest.raises(GatewayError):
            ask(exchange(f"/dev{path}"))


def test_an_allow_is_about_the_path_as_it_was_sent(exchange: MakeExchange) -> None:
    policy = ResourcePolicy(
        resource_policy(statement(Resource="arn:aws:execute-api:*:*:a1b2c3d4e5/dev/GET/open"))
    )
    policy.admit(exchange("/dev/open"))
    for path in ("/%6fpen", "/x/../open", "/open/"):
        with pytest.raises(GatewayError):
            policy.admit(exchange(f"/dev{path}"))


@pytest.mark.parametrize(
    "key", ["aws:SourceVpce", "aws:VpcSourceIp", "aws:PrincipalOrgPaths", "aws:RequestedRegion", "s3:prefix"]
)
def test_what_no_request_has_cannot_be_deployed(key: str) -> None:
    looking: dict[str, Any] = statement(Principal="*", Condition={"StringNotEquals": {key: "x"}})
    with pytest.raises(ValueError, match=f"looks at {key.lower()}, "):
        compile_resource_policy(json.dumps(document(looking)), "eu-west-1", "123456789012", "a1b2c3d4e5")
