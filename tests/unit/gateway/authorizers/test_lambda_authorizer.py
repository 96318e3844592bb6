"""TOKEN and REQUEST authorizers: who is let on, what is asked of the function, what is told of it."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import orjson
import pytest
from tests.support.admission import let_on
from tests.support.moved_clock import MovedClock
from tests.support.scripted_functions import Reply, answered, failed
from tests.unit.gateway.authorizers.conftest import ARN, FUNCTION, URI, World, allowing, described, made

from gatewright.aws.policy.engine import Policy
from gatewright.catalog.api import Document
from gatewright.functions.api import (
    FunctionNotFound,
    FunctionThrottled,
    InvocationFailed,
    PermissionDenied,
    Source,
)
from gatewright.gateway.errors import GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.gateway_response import default_body
from gatewright.gateway.method_request.authorizers.lambda_ import LambdaAuthorizer
from gatewright.gateway.method_request.resource_policy import ResourcePolicy, compile_resource_policy
from gatewright.gateway.trace import Trace, tell_request
from gatewright.state.api import StateUnavailable
from gatewright.wire.pending import drive

EXPLICIT = "User is not authorized to access this resource with an explicit deny in an identity-based policy"
SILENT = (
    "User is not authorized to access this resource because no identity-based policy allows the "
    "execute-api:Invoke action"
)


def resource_policy(effect: str, **more: Any) -> ResourcePolicy | None:
    statement = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*", **more}
    return compile_resource_policy(json.dumps({"Statement": [statement]}), "eu-west-1", "123456789012", "a")


def refused(authorizer: LambdaAuthorizer, exchange: Exchange, policy: Any = None) -> GatewayError:
    with pytest.raises(GatewayError) as error:
        let_on(authorizer, exchange, policy)
    return error.value


# ---- what is asked --------------------------------------------------------------------------------------


def test_the_function_is_asked_on_the_authorizers_behalf(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing())
    let_on(made(described()), world.exchange("/dev/"))
    (invoked,) = world.functions.invoked
    assert invoked.function.arn == FUNCTION
    assert invoked.event == {
        "type": "TOKEN",
        "authorizationToken": "Bearer abc",
        "methodArn": f"{ARN}/dev/GET/",
    }
    assert invoked.source == Source("apigateway.amazonaws.com", f"{ARN}/authorizers/aid123", "123456789012")


def test_stage_variables_name_the_function(world: World) -> None:
    uri = URI.format("arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.name}")
    world.functions.reply = lambda event: answered(allowing())
    let_on(made(described(authorizerUri=uri), variables={"name": "blue"}), world.exchange())
    assert world.functions.invoked[0].function.name == "blue"
    bare = URI.format("${stageVariables.arn}")
    error = refused(made(described(authorizerUri=bare)), world.exchange(token="other"))
    assert (error.status, error.detail) == (500, "authorizerUri names no function")


@pytest.mark.parametrize(
    ("sent", "asks", "known"),
    [
        ("known-key-value", True, {"apiKey": "known-key-value", "apiKeyId": "key123"}),
        ("unknown", True, {"apiKey": "unknown"}),
        ("known-key-value", False, {}),
    ],
)
def test_a_method_with_a_key_tells_it_in_the_event(
    world: World, sent: str, asks: bool, known: dict[str, str]
) -> None:
    world.functions.reply = lambda event: answered(allowing())
    authorizer = made(described("REQUEST"), apiKeyRequired=asks)
    let_on(authorizer, world.exchange(headers=[("X-Api-Key", sent)]))
    identity = world.functions.invoked[0].event["requestContext"]["identity"]
    assert {name: value for name, value in identity.items() if name.startswith("apiKey")} == known


@pytest.mark.parametrize(
    ("document", "exchange"),
    [
        (described(), {"token": None}),
        (described(), {"token": ""}),
        (described(identityValidationExpression="Bearer x.*"), {}),
        (described("REQUEST"), {"token": None}),
        (described("REQUEST", authorizerResultTtlInSeconds=0), {"token": None}),
    ],
)
def test_without_an_identity_nothing_is_asked(world: World, document: Document, exchange: Any) -> None:
    error = refused(made(document), world.exchange(**exchange))
    assert (error.status, default_body(error)) == (401, b'{"message":"Unauthorized"}')
    assert error.reason == "Unauthorized request: 7b0c3e0e-5d0c-4c55-9d8e-0c5b0a4f6f11"
    assert not world.functions.invoked


def test_a_request_authorizer_without_sources_always_asks(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing())
    authorizer = made(described("REQUEST", identitySource=None, authorizerResultTtlInSeconds=0))
    for _ in range(2):
        let_on(authorizer, world.exchange(token=None))
    assert len(world.functions.invoked) == 2


# ---- what the function may do ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status", "body", "detail"),
    [
        (failed("Unauthorized"), 401, b'{"message":"Unauthorized"}', "the function says so"),
        (failed("unauthorized"), 500, b'{"message":null}', "the function failed: unauthorized"),
        (failed("boom"), 500, b'{"message":null}', "the function failed: boom. Lambda request id: f-1"),
        (replace(failed("x"), payload=b"gone"), 500, b'{"message":null}', "the function failed: None"),
        (answered({}), 500, b'{"message":null}', "policyDocument is missing"),
        (answered(b"no"), 500, b'{"message":null}', "is not JSON"),
        (answered("Unauthorized"), 500, b'{"message":null}', "the answer is no JSON object"),
        (PermissionDenied("not you"), 500, b'{"message":null}', "not you"),
        (FunctionNotFound("nowhere"), 500, b'{"message":null}', "nowhere"),
        (FunctionThrottled("many"), 500, b'{"message":null}', "TooManyRequestsException: many"),
        (InvocationFailed("dead"), 500, b'{"message":null}', "ServiceException: dead"),
    ],
)
def test_failures_are_answered_exactly_and_never_cached(
    world: World, reply: Reply, status: int, body: bytes, detail: str
) -> None:
    world.functions.reply = lambda event: reply
    authorizer = made(described())
    for calls in (1, 2):
        error = refused(authorizer, world.exchange(), resource_policy("Allow"))
        assert (error.status, default_body(error)) == (status, body)
        assert detail in error.detail
        assert len(world.functions.invoked) == calls


def test_a_function_that_never_answers_is_given_up(world: World) -> None:
    authorizer = made(described())
    authorizer = replace(authorizer, function=replace(authorizer.function, timeout=0.02))
    ended: asyncio.Future[GatewayError] = world.loop.create_future()

    async def outcome() -> GatewayError:
        try:
            await authorizer.authorize(world.exchange(), None)
        except GatewayError as error:
            return error
        raise AssertionError("the caller was let on")

    world.loop.call_soon(drive, outcome(), ended.set_result)
    error = world.loop.run_until_complete(ended)
    assert (error.status, error.message) == (500, None)
    assert error.detail == f"{FUNCTION} did not answer within 0.02 seconds"


# ---- what comes of the policies -------------------------------------------------------------------------

EXACT = f"{ARN}/dev/GET/pets"


@pytest.mark.parametrize(
    ("effect", "resource", "policy", "denied"),
    [
        ("Allow", "*", None, None),
        ("Allow", EXACT, None, None),
        ("Allow", f"{ARN}/*/GET/*", None, None),
        ("Allow", f"{ARN}/dev/POST/*", None, SILENT),
        ("Allow", f"{ARN}/prod/*", None, SILENT),
        ("Deny", "*", None, EXPLICIT),
        ("Deny", f"{ARN}/dev/POST/*", None, SILENT),
        ("Allow", f"{ARN}/dev/POST/*", "Allow", None),
        ("Allow", "*", "Allow", None),
        ("Deny", "*", "Allow", EXPLICIT),
        ("Allow", "*", "silent", None),
        ("Allow", f"{ARN}/dev/POST/*", "silent", SILENT),
    ],
)
def test_the_authorizers_policy_and_the_apis_decide_together(
    world: World, effect: str, resource: str, policy: str | None, denied: str | None
) -> None:
    policies = {
        None: None,
        "Allow": resource_policy("Allow"),
        "silent": resource_policy("Allow", Resource="arn:aws:execute-api:*:*:*/other/*"),
    }
    world.functions.reply = lambda event: answered(allowing(resource, effect))
    exchange = world.exchange()
    if denied is None:
        let_on(made(described()), exchange, policies[policy])
    else:
        error = refused(made(described()), exchange, policies[policy])
        assert (error.status, default_body(error)) == (403, orjson.dumps({"Message": denied}))
        assert error.type.error_type == "AccessDeniedException"
    assert exchange.authorizer is not None  # also for the gateway response of a denial
    assert exchange.authorizer["principalId"] == "user|a1"


def test_an_explicit_deny_of_the_api_comes_before_the_function(world: World) -> None:
    error = refused(made(described()), world.exchange(), resource_policy("Deny"))
    assert error.message == (
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:eu-west-1:********9012:a1b2c3d4e5/dev/GET/pets with an explicit deny in a "
        "resource-based policy"
    )
    assert not world.functions.invoked


def test_condition_keys_are_those_of_the_request(world: World) -> None:
    document = allowing()
    document["policyDocument"]["Statement"][0]["Condition"] = {
        "IpAddress": {"aws:SourceIp": "198.51.100.0/24"}
    }
    world.functions.reply = lambda event: answered(document)
    authorizer = made(described())
    let_on(authorizer, world.exchange())
    assert refused(authorizer, world.exchange(client="203.0.113.1")).message == SILENT
    assert len(world.functions.invoked) == 1


@pytest.mark.parametrize(("effect", "status"), [("Allow", 500), ("Deny", 403)])
def test_an_answer_without_a_principal_lets_nobody_on(world: World, effect: str, status: int) -> None:
    world.functions.reply = lambda event: answered(allowing(effect=effect) | {"principalId": None})
    for calls in (1, 2):
        assert refused(made(described()), world.exchange()).status == status
        assert len(world.functions.invoked) == calls


def test_the_api_key_of_the_answer_is_the_exchanges(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing(usageIdentifierKey="key-value", context={"n": 1}))
    authorizer = made(described())
    for _ in range(2):  # asked, then cached
        exchange = world.exchange()
        let_on(authorizer, exchange)
        assert exchange.usage_identifier_key == "key-value"
        assert exchange.authorizer is not None
        latency = exchange.authorizer["integrationLatency"]
        assert exchange.authorizer == {"principalId": "user|a1", "n": "1", "integrationLatency": latency}
    assert latency == 0


# ---- the cache ------------------------------------------------------------------------------------------


def test_a_policy_for_the_first_arn_only_denies_the_next(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing(event["methodArn"]))
    authorizer = made(described())
    let_on(authorizer, world.exchange("/dev/pets"))
    let_on(authorizer, world.exchange("/dev/pets"))
    assert refused(authorizer, world.exchange("/dev/dogs")).message == SILENT
    assert len(world.functions.invoked) == 1


Elsewhere = Callable[[World], tuple[LambdaAuthorizer, Exchange]]


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda world: (made(described()), world.exchange(token="Bearer abd")),
        lambda world: (made(described()), world.exchange(headers=[("Authorization", "Bearer abc")])),
        lambda world: (made(described(id="other1")), world.exchange()),
        lambda world: (made(described(), stage="prod"), world.exchange()),
        lambda world: (made(described(), deployment="d00000"), world.exchange()),
        lambda world: (made(described(), generation=1), world.exchange()),
        lambda world: (made(described(authorizerResultTtlInSeconds=0)), world.exchange()),
    ],
    ids=["token", "sent twice", "authorizer", "stage", "deployment", "flushed", "not cached"],
)
def test_what_was_cached_for_one_is_nobody_elses(world: World, elsewhere: Elsewhere) -> None:
    world.functions.reply = lambda event: answered(allowing())
    let_on(made(described()), world.exchange())
    let_on(made(described()), world.exchange())
    assert len(world.functions.invoked) == 1
    authorizer, exchange = elsewhere(world)
    let_on(authorizer, exchange)
    assert len(world.functions.invoked) == 2


@pytest.mark.parametrize(("ttl", "lives"), [(None, 300), (1, 1), (3600, 3600)])
def test_a_cached_answer_lives_as_long_as_configured(
    world: World, clock: MovedClock, ttl: int | None, lives: int
) -> None:
    world.functions.reply = lambda event: answered(allowing())
    authorizer = made(described(authorizerResultTtlInSeconds=ttl))
    for wait, calls in ((0, 1), (lives - 0.5, 1), (1, 2)):
        clock.move(seconds=wait)
        let_on(authorizer, world.exchange())
        assert len(world.functions.invoked) == calls


def test_sources_are_told_apart_in_their_order(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing())
    sources = "method.request.querystring.a,method.request.querystring.b"
    authorizer = made(described("REQUEST", identitySource=sources))
    for query in ("a=1&b=2", "a=2&b=1", "a=1&a=2&b=2", "b=2&a=1", "a=12&b=2"):
        let_on(authorizer, world.exchange(f"/dev/pets?{query}"))
    assert len(world.functions.invoked) == 4


class Unavailable:
    """A state whose store is gone."""

    def __init__(self) -> None:
        self.policies = self

    def at_hand(self, space: bytes, key: bytes) -> Any:
        raise StateUnavailable("gone")

    async def get(self, space: bytes, key: bytes) -> Any:
        raise StateUnavailable("gone")

    async def put(self, *what: Any) -> Any:
        raise StateUnavailable("full")


def test_without_the_store_the_function_is_asked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.functions.reply = lambda event: answered(allowing(event["methodArn"]))
    world.state = cast(Any, Unavailable())
    authorizer = made(described())
    for path in ("/dev/pets", "/dev/pets", "/dev/dogs"):
        let_on(authorizer, world.exchange(path))
    assert len(world.functions.invoked) == 3
    world.functions.reply = lambda event: answered(allowing(effect="Deny"))
    assert refused(authorizer, world.exchange()).message == EXPLICIT
    assert "cached policies cannot be read: gone" in caplog.text
    assert "a policy cannot be cached: full" in caplog.text


@pytest.mark.parametrize("path", ["admin/", "admin%2f", "x/../admin/", "%61dmin/x"])
def test_a_deny_holds_however_the_path_is_written(world: World, path: str) -> None:
    policy = allowing()
    policy["policyDocument"]["Statement"] += allowing(f"{ARN}/*/admin/*", "Deny")["policyDocument"][
        "Statement"
    ]
    world.functions.reply = lambda event: answered(policy)
    assert refused(made(described()), world.exchange(f"/dev/{path}")).message == EXPLICIT
    let_on(made(described()), world.exchange("/dev/admin"))
    *_, deny = told(world, made(described()), target=f"/dev/{path}")["statements"]
    assert "(Deny): matches" in deny


def policies() -> int:
    gc.collect()
    return sum(isinstance(one, Policy) for one in gc.get_objects())


def test_what_was_decided_holds_no_large_answer(world: World) -> None:
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Sid": "s" * 20_000}]}
    world.functions.reply = lambda event: answered({"principalId": "ann", "policyDocument": policy})
    before = policies()
    for _ in range(20):
        let_on(made(described()), world.exchange())
    assert policies() <= before + 1


def test_an_answer_remembers_some_decisions(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing(f"{ARN}/dev/GET/9*"))
    authorizer = made(described())
    for _ in range(2):
        for number in range(100):
            exchange = world.exchange(f"/dev/{number}")
            if str(number).startswith("9"):
                let_on(authorizer, exchange)
            else:
                assert refused(authorizer, exchange).message == SILENT


# ---- what is refused and what is told -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (
            described(authorizerCredentials="arn:aws:iam::*:user/*"),
            "authorizerCredentials .* are nobody's yet: name a role",
        ),
        (described(identitySource=None), "identitySource of a TOKEN authorizer must be"),
        (described(identitySource="context.path"), "identitySource of a TOKEN authorizer must be"),
        (described(identityValidationExpression="("), "identityValidationExpression: "),
        (described("REQUEST", identitySource="method.request.body"), "is no identity source"),
        (described("REQUEST", identitySource=None), "without an identitySource"),
        (
            described(authorizerUri="arn:aws:apigateway:eu-west-1:s3:path/x"),
            "does not invoke a Lambda function",
        ),
        (described(authorizerResultTtlInSeconds=3601), "3601 is not between 0 and 3600"),
        (described(authorizerResultTtlInSeconds=-1), "-1 is not between 0 and 3600"),
    ],
)
def test_what_cannot_be_enforced_is_refused(document: Document, why: str) -> None:
    with pytest.raises(ValueError, match=f"authorizer auth: .*{why}"):
        made(document)


def told(world: World, authorizer: LambdaAuthorizer, **asked: Any) -> dict[str, Any]:
    exchange = world.exchange(**asked)
    exchange.tracing = Trace()
    try:
        let_on(authorizer, exchange)
    except GatewayError:
        pass
    (step,) = exchange.tracing.steps
    assert step.name == "authorizer"
    assert "sekrit" not in json.dumps(step.facts)
    return step.facts


def test_each_verdict_is_told_without_the_secrets(world: World) -> None:
    world.functions.reply = lambda event: answered(allowing(usageIdentifierKey="sekrit-key-value"))
    authorizer = made(described())
    first = told(world, authorizer, token="sekrit-token")
    assert (first["allowed"], first["cached"], first["why"]) == (True, False, "")
    assert (first["kind"], first["name"], first["id"]) == ("TOKEN", "auth", "aid123")
    assert first["identity"] == {"method.request.header.Authorization": "******-token"}
    assert first["uri"].endswith(f"/functions/{FUNCTION}/invocations")
    assert len(first["statements"]) == 1
    again = told(world, authorizer, token="sekrit-token")
    assert (again["allowed"], again["cached"]) == (True, True)
    assert "event" not in again
    missing = told(world, authorizer, token=None)
    assert not missing["allowed"]
    assert "method.request.header.Authorization is missing or empty" in missing["why"]
    world.functions.reply = lambda event: answered(allowing(effect="Deny"))
    denied = told(world, authorizer, token="sekrit-other")
    assert (denied["allowed"], denied["why"]) == (False, EXPLICIT)


def test_what_was_sent_as_identity_is_hidden_from_later_steps(world: World) -> None:
    document = allowing(usageIdentifierKey="sekrit-key-value", context={"again": "sekrit-token"})
    world.functions.reply = lambda event: answered(document)
    sources = "method.request.header.X-Token,method.request.querystring.q"
    authorizer = made(described("REQUEST", identitySource=sources))
    for _ in range(2):  # asked, then cached
        exchange = world.exchange("/dev/pets?q=pets", headers=[("X-Token", "Hash sekrit-token")])
        trace = exchange.tracing = Trace()
        let_on(authorizer, exchange)
        tell_request(trace, exchange)
        trace.add("endpoint request", body="a sekrit-token, a sekrit-key-value", headers={})
        assert "sekrit" not in json.dumps([step.facts for step in trace.steps])
        assert trace.steps[1].facts["path"] == "/pets"  # an ordinary word stays
        assert trace.steps[2].facts["body"] == "a ******-token, a **********-value"


def test_a_function_that_repeats_the_token_does_not_bring_it_into_the_log(world: World) -> None:
    world.functions.reply = lambda event: failed(f"bad token {event['authorizationToken'].split()[1]}")
    error = refused(made(described()), world.exchange(token="Bearer sekrit-abcdef"))
    assert "the function failed: bad token *******abcdef" in str(error)
