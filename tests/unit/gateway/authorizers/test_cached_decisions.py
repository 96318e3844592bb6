"""A cached policy decides as the function's answer would, for every route and stage."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.admission import let_on
from tests.support.scripted_functions import answered, failed
from tests.unit.gateway.authorizers.conftest import ARN, World, described, made

from gatewright.gateway.errors import GatewayError
from gatewright.gateway.trace import Trace

STAGES, VERBS, PATHS = ("dev", "prod"), ("GET", "POST"), ("pets", "pets/7", "dogs", "")
READ_OTHERWISE = ("pets/%37", "pets/../dogs", "pets/")
TOKENS = ("a", "b", "c")

PARTS = (
    st.sampled_from(("*", *STAGES)),
    st.sampled_from(("*", *VERBS)),
    st.sampled_from(("*", "pet?", *PATHS)),
)
RESOURCES = st.tuples(*PARTS).map(lambda parts: f"{ARN}/{'/'.join(parts)}") | st.just("*")
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(("Allow", "Allow", "Deny")),
        "Action": st.sampled_from(("execute-api:Invoke", "execute-api:*", "execute-api:ManageConnections")),
        "Resource": st.lists(RESOURCES, min_size=1, max_size=3),
    }
)
ANSWERS = st.fixed_dictionaries(
    {
        "principalId": st.sampled_from(("ann", "bob", None)),
        "policyDocument": st.fixed_dictionaries(
            {"Version": st.just("2012-10-17"), "Statement": st.lists(STATEMENTS, min_size=1, max_size=3)}
        ),
    }
)
REPLIES = ANSWERS.map(answered) | st.sampled_from((failed("Unauthorized"), failed("boom"), answered({})))
REQUESTS = st.tuples(*map(st.sampled_from, (STAGES, VERBS, PATHS + READ_OTHERWISE, TOKENS)))


def decision(
    world: World, ttl: int, request: tuple[str, str, str, str], deployment: str, *, traced: bool = False
) -> Any:
    """Status and message, or what is exposed of the caller."""
    stage, verb, path, token = request
    authorizer = made(described(authorizerResultTtlInSeconds=ttl), stage=stage, deployment=deployment)
    exchange = world.exchange(f"/{stage}/{path}", token, verb=verb, name=stage)
    exchange.tracing = Trace() if traced else None
    try:
        let_on(authorizer, exchange)
    except GatewayError as error:
        return error.status, error.message
    assert exchange.authorizer is not None
    return 200, exchange.authorizer["principalId"]


@pytest.fixture
def counted() -> list[int]:
    """How many examples there were: each has its own deployment, and so nothing cached."""
    return []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    replies=st.fixed_dictionaries(dict.fromkeys(TOKENS, REPLIES)),
    requests=st.lists(REQUESTS, min_size=1, max_size=12),
)
def test_cached_and_uncached_decisions_are_equal(
    world: World, counted: list[int], replies: dict[str, Any], requests: list[tuple[str, str, str, str]]
) -> None:
    counted.append(1)
    deployment = f"d{len(counted)}"
    world.functions.reply = lambda event: replies[event["authorizationToken"]]
    cached = [decision(world, 300, request, deployment) for request in requests]
    assert cached == [decision(world, 0, request, deployment) for request in requests]
    # and as it would without decisions that the process remembers
    assert cached == [decision(world, 0, request, deployment, traced=True) for request in requests]
